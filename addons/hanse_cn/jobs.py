"""Long work of China: a year of books as the data interface of accounting software has them."""

from __future__ import annotations

import tempfile
import zipfile

from hanse import Context, Progress, _, job
from hanse_cn import archive as archive  # what China adds to archives is known once jobs are
from hanse_cn.gbt24589 import Books, interface, write_file
from hanse_finance.reports import year_of


@job(label=_("Export for auditors (GB/T 24589)"))
def export_gbt24589(ctx: Context, progress: Progress, *, year: str) -> None:
    """Write the books of a fiscal year as XML files of GB/T 24589.1 into one ZIP file, and leave it to the person.

    :raises BusinessError: there is no such year
    :raises Forbidden: the person may not take the books out
    """
    edition = interface()
    books = Books(ctx, year_of(ctx, year), edition)
    written = 0

    def tell(done: int) -> None:
        progress(written + done, None, _("%(count)s records written", count=written + done))

    with tempfile.TemporaryFile() as out:
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in edition.files:
                with archive.open(file.name, "w", force_zip64=True) as member:
                    counts = write_file(edition, file, books.source, member, progress=tell)
                written += sum(counts.values())
        out.seek(0)
        progress.give_file(out, f"{ctx.company.name} {year} GBT24589.zip", "application/zip")
    progress(written, written, _("%(count)s records written", count=written))
