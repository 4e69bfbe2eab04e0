"""Long work of finance: a period's vouchers as one file, on paper or as a journal."""

from __future__ import annotations

import tempfile
from typing import Any

from hanse import Context, Progress, _, job
from hanse_finance import archive, journals, printing
from hanse_finance.choosing import print_layout, read_choice
from hanse_finance.documents import MEDIA_TYPE, file_name
from hanse_finance.printed import voucher_form
from hanse_finance.reports import span_of


@job(label=_("Print vouchers"))
def print_period(
    ctx: Context, progress: Progress, *, period: str, form: str, locale: str = "zh_CN", unposted: bool = False
) -> None:
    """Print the vouchers of a period or year into one file with bookmarks, and leave it to the person.

    :raises BusinessError: there is no such period or form, or nothing to print
    """
    chosen_form = voucher_form(form, ctx.enabled)
    ids = printing.chosen(ctx, printing.Selection(span_of(ctx, period), unposted))
    name = file_name(ctx, period)

    def tell(done: int) -> None:
        progress(done, len(ids), _("%(done)s of %(total)s vouchers printed", done=done, total=len(ids)))

    with tempfile.TemporaryFile() as out:
        report = printing.print_to(
            ctx,
            ids,
            chosen_form,
            out,
            files=progress.files,
            locale=locale,
            look=print_layout(ctx, chosen_form),
            title=name,
            progress=tell,
        )
        out.seek(0)
        progress.give_file(out, f"{name}.pdf", MEDIA_TYPE)
    progress(len(ids), len(ids), _("%(count)s vouchers on %(pages)s pages", count=report.vouchers, pages=report.pages))


@job(label=_("Print vouchers"))
def print_batch(
    ctx: Context, progress: Progress, *, vouchers: list[int], choice: dict[str, Any], name: str, locale: str
) -> None:
    """Print chosen vouchers, in the order of their ids, as the person chose on the page, and leave the file to them.

    :raises BusinessError: the form is not there any more, or the person may no longer print
    """
    how = read_choice(choice)
    total = len(vouchers)

    def tell(done: int) -> None:
        progress(done, total, _("%(done)s of %(total)s vouchers printed", done=done, total=total))

    with tempfile.TemporaryFile() as out:
        report = printing.print_to(
            ctx,
            vouchers,
            voucher_form(how.form, ctx.enabled),
            out,
            files=progress.files,
            locale=locale,
            look=how.look,
            binding=how.binding,
            title=name,
            progress=tell,
        )
        out.seek(0)
        progress.give_file(out, f"{name}.pdf", MEDIA_TYPE)
    progress(total, total, _("%(count)s vouchers on %(pages)s pages", count=report.vouchers, pages=report.pages))


@job(label=_("Export journal"))
def export_journal(ctx: Context, progress: Progress, *, period: str, form: journals.JournalFormat) -> None:
    """Write the posted vouchers of a period or year as a journal, and leave the file to the person.

    :raises BusinessError: there is no such period
    :raises Forbidden: the person may not take the books out
    """
    books = journals.read_books(ctx, span_of(ctx, period))

    def tell(done: int) -> None:
        progress(done, None, _("%(count)s vouchers written", count=done))

    with tempfile.TemporaryFile() as out:
        count = journals.write_text(out, lambda text: journals.write_journal(books, form, text, progress=tell))
        out.seek(0)
        name = f"{ctx.company.name} {period}.{journals.file_ending(form)}"
        progress.give_file(out, name, journals.MEDIA_TYPE)
    progress(count, count, _("%(count)s vouchers written", count=count))


@job(label=_("Archive the books"))
def archive_books(ctx: Context, progress: Progress, *, period: str) -> None:
    """Pack the books of a closed period or year into one sealed file; the last word of the job is the seal.

    :raises BusinessError: there is no such period, or something of it is open
    :raises Forbidden: the person may not take the books out
    """
    wanted = archive.request(ctx, period, progress.files)
    with tempfile.TemporaryFile() as out:
        packed = archive.pack(wanted, out, progress=lambda done, title: progress(done, None, title))
        out.seek(0)
        progress.give_file(out, f"{ctx.company.name} {period} {_('archive')}.zip", "application/zip")
    progress(packed.files, packed.files, _("%(count)s files, seal %(seal)s", count=packed.files, seal=packed.seal))
