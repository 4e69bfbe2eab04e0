"""Long reports are printed in the background."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from hanse.errors import NotFound
from hanse.exchange.report_files import every_row, write_pdf
from hanse.i18n import _
from hanse.jobs import Progress, job
from hanse.screens.reports import Given, find_report

if TYPE_CHECKING:
    from hanse.actions import Context


@job(label=_("Print a report"))
def print_report(ctx: Context, progress: Progress, *, report: str, values: dict[str, str]) -> None:
    """Print a report into one file and leave it to the person.

    :param report: key of the addon and name, with a dot between
    :param values: its parameters
    :raises NotFound: there is no such report for this person
    """
    key, _dot, name = report.partition(".")
    found = find_report(key, name)
    if found is None or not found.is_for(ctx):
        raise NotFound(_("There is no such page, or it is not for you."))
    given = Given(values, whole=True)
    reading = found.read(ctx, given)
    done = 0

    def tell(rows: int) -> None:
        nonlocal done
        done = rows
        progress(rows, None, _("%(count)s rows printed", count=f"{rows:,}"))

    with tempfile.TemporaryFile() as out:
        written = write_pdf(ctx, found, given, reading.columns, every_row(reading), out, tell, files=progress.files)
        out.seek(0)
        progress.give_file(out, f"{ctx.company.name} {found.title}.pdf", "application/pdf")
    progress(done, done, _("%(rows)s rows on %(pages)s pages", rows=f"{done:,}", pages=f"{written.pages:,}"))


__all__ = ["print_report"]
