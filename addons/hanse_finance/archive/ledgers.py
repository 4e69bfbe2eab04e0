"""What finance puts into an archive: vouchers with what is attached to them, lists of them, balances, the journal."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Any, BinaryIO, Final

from sqlalchemy import select

from hanse import Context, _, link_id
from hanse.directory.models import Attachment
from hanse.exchange.report_files import every_row, write_pdf
from hanse.exchange.sheets import TYPES, new_workbook, write_number
from hanse.exchange.sheets import harmless as no_formula
from hanse.i18n import speaking
from hanse.screens import Given, Report
from hanse.screens.reports import find_report
from hanse.security.permissions import model_name
from hanse_finance import journals, printing
from hanse_finance.archive.parts import (
    ANNUAL_REPORTS,
    LEDGERS,
    PERIOD_REPORTS,
    SOURCES,
    VOUCHERS,
    ArchivedFile,
    Request,
    named,
    register_part,
)
from hanse_finance.chart import Chart
from hanse_finance.journals.content import Books
from hanse_finance.models import Period, Voucher, VoucherState, VoucherWord
from hanse_finance.printed import voucher_forms
from hanse_finance.reports import Span, trial_balance

ADDON: Final = "hanse_finance"
_LAST_MONTH: Final = 12
#: Rows a sheet of a workbook takes besides its heading.
_ROWS_OF_SHEET: Final = 1_000_000
Rows = Iterable[Sequence[Any]]


def vouchers(wanted: Request) -> Iterator[ArchivedFile]:
    """Print the vouchers, a file for each period, on the first form that an addon brings."""
    ctx = wanted.ctx
    forms = voucher_forms(ctx.enabled)
    if not forms:
        return
    for span in _months(ctx, wanted.span):
        ids = _posted(ctx, span)
        if not ids:
            continue
        title = _("Vouchers %(period)s", period=span.label)

        def write(out: BinaryIO, ids: list[int] = ids, title: str = str(title)) -> None:
            printing.print_to(ctx, ids, forms[0], out, files=wanted.files, locale=ctx.company.locale, title=title)

        yield ArchivedFile(f"vouchers/{named(span.label)}.pdf", str(title), VOUCHERS, "application/pdf", write)


def attachments(wanted: Request) -> Iterator[ArchivedFile]:
    """Give what is attached to vouchers, unchanged, in a folder for each voucher: ``2025-03/记-0012``."""
    ctx = wanted.ctx
    query = (
        select(Period.code, VoucherWord.code, Voucher.number, Attachment.name, Attachment.media_type, Attachment.key)
        .select_from(Attachment)
        .join(Voucher, Voucher.id == Attachment.record)
        .join(Period, Period.id == link_id(Voucher.period))
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(
            Attachment.company_id == ctx.company.id,
            Attachment.model == model_name(Voucher),
            Voucher.state == VoucherState.POSTED,
            link_id(Period.year) == wanted.span.year,
            Period.number.between(wanted.span.first, wanted.span.last),
        )
        .order_by(Period.number, VoucherWord.position, VoucherWord.code, Voucher.number, Attachment.id)
    )
    for period, word, number, name, media_type, key in ctx.session.execute(query):
        folder = f"attachments/{named(period)}/{named(f'{word}-{number:04}')}"
        title = _("%(name)s, attached to %(voucher)s", name=name, voucher=f"{period} {word}-{number}")
        yield ArchivedFile(f"{folder}/{named(name)}", str(title), SOURCES, media_type, partial(_copy, wanted, key))


def _copy(wanted: Request, key: str, out: BinaryIO) -> None:
    with wanted.files.open(key) as stored:
        shutil.copyfileobj(stored, out)


def journal(wanted: Request) -> Iterator[ArchivedFile]:
    """Give the journal that other programs can check the balances with."""
    form = journals.JournalFormat.HLEDGER

    def write(out: BinaryIO) -> None:
        books = journals.read_books(wanted.ctx, wanted.span)
        journals.write_text(out, lambda text: journals.write_journal(books, form, text))

    path = f"ledgers/journal-{named(wanted.span.label)}.{journals.file_ending(form)}"
    title = _("Journal %(period)s in plain text", period=wanted.span.label)
    yield ArchivedFile(path, str(title), LEDGERS, journals.MEDIA_TYPE, write)


# --- tables -----------------------------------------------------------------------------------------------------------


def balances(wanted: Request) -> Iterator[ArchivedFile]:
    """Give the trial balance of each period, and of the year."""
    spans = _months(wanted.ctx, wanted.span)
    for span in [*spans, *([wanted.span] if len(spans) > 1 else [])]:
        title = _("Trial balance %(period)s", period=span.label)
        yield from _tables(f"ledgers/trial-balance-{named(span.label)}", str(title), partial(_balances, wanted, span))


def _balances(wanted: Request, span: Span) -> Rows:
    yield [
        str(label)
        for label in (
            _("Code"), _("Account"), _("Currency"), _("Opening"), _("Debit"), _("Credit"), _("Closing"),
            _("Base opening"), _("Base debit"), _("Base credit"), _("Base closing"),
        )
    ]  # fmt: skip
    for row in trial_balance(wanted.ctx, span):
        yield [
            row.code, row.name, row.currency, row.opening, row.debit, row.credit, row.closing,
            row.base_opening, row.base_debit, row.base_credit, row.base_closing,
        ]  # fmt: skip


def chronological(wanted: Request) -> Iterator[ArchivedFile]:
    """Give the chronological list of vouchers with their lines (序时账)."""
    title = _("Chronological list %(period)s", period=wanted.span.label)
    yield from _tables(f"ledgers/chronological-{named(wanted.span.label)}", str(title), partial(_chronological, wanted))


def _chronological(wanted: Request) -> Rows:
    yield [
        str(label)
        for label in (
            _("Date"), _("Number"), _("Summary"), _("Code"), _("Account"), _("Dimensions"), _("Currency"), _("Debit"),
            _("Credit"), _("Base amount"), _("Foreign currency"), _("Foreign amount"), _("Rate"), _("Made by"),
            _("Audited by"), _("Posted by"),
        )
    ]  # fmt: skip
    books = journals.read_books(wanted.ctx, wanted.span)
    yield from _lines(books)


def _lines(books: Books) -> Rows:
    chart = {one.id: one for one in books.accounts}
    currencies = {one.id: one.code for one in books.commodities}
    for entry in books.entries:
        signed = [entry.tags.get(name, "") for name in ("maker", "auditor", "poster")]
        for line in entry.lines:
            account, foreign = chart[line.account], line.foreign
            analysis = " ".join(f"{one.code} {one.name}" if one.code != one.name else one.code for one in line.analysis)
            sides = (line.amount, None) if line.is_debit else (None, -line.amount)
            yield [
                entry.day.isoformat(), entry.code, line.summary, account.code, account.title, analysis,
                currencies[line.commodity], *sides, line.base,
                foreign and foreign.currency, foreign and foreign.amount, foreign and foreign.rate, *signed,
            ]  # fmt: skip


def _tables(path: str, title: str, rows: Callable[[], Rows]) -> Iterator[ArchivedFile]:
    """Give a table as CSV and as a workbook."""
    yield ArchivedFile(f"{path}.csv", title, LEDGERS, "text/csv", lambda out: write_csv(rows(), out))
    yield ArchivedFile(f"{path}.xlsx", title, LEDGERS, TYPES["xlsx"], lambda out: write_workbook(rows(), out))


def write_csv(rows: Rows, out: BinaryIO) -> None:
    """Write rows, the first of which are headings, with a mark at the beginning by which Excel knows UTF-8."""

    def write(text: Any) -> None:
        writer = csv.writer(text)
        for row in rows:
            writer.writerow([_cell(value) for value in row])

    out.write("\ufeff".encode())
    journals.write_text(out, write)


def _cell(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return "" if value is None else no_formula(str(value))


def write_workbook(rows: Rows, out: BinaryIO) -> None:
    """Write rows, the first of which are headings, as a workbook; what one sheet does not hold goes on in another."""
    numbered = iter(rows)
    headings = next(numbered)
    opened: Any = new_workbook(out)
    with opened as workbook:
        strong = workbook.add_format({"bold": True})
        plain = workbook.add_format({"num_format": "#,##0.00######"})
        sheet, place = _sheet(workbook, headings, strong), 0
        for row in numbered:
            if place == _ROWS_OF_SHEET:
                sheet, place = _sheet(workbook, headings, strong), 0
            place += 1
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    write_number(sheet, place, column, value, plain)
                elif value is not None:
                    sheet.write_string(place, column, str(value))


def _sheet(workbook: Any, headings: Sequence[Any], strong: Any) -> Any:
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, heading in enumerate(headings):
        sheet.write_string(0, column, heading, strong)
    return sheet


# --- spans ------------------------------------------------------------------------------------------------------------


def _months(ctx: Context, span: Span) -> list[Span]:
    """Give the periods of a span one by one."""
    query = (
        select(Period.number, Period.start, Period.end, Period.code)
        .where(
            Period.company_id == ctx.company.id,
            link_id(Period.year) == span.year,
            Period.number.between(span.first, span.last),
        )
        .order_by(Period.number)
    )
    return [
        replace(span, first=number, last=number, start=start, end=end, label=code)
        for number, start, end, code in ctx.session.execute(query)
    ]


def _posted(ctx: Context, span: Span) -> list[int]:
    """Give the ids of the posted vouchers of one period, by word and number."""
    query = (
        select(Voucher.id)
        .join(Period, Period.id == link_id(Voucher.period))
        .join(VoucherWord, VoucherWord.id == link_id(Voucher.word))
        .where(
            Voucher.company_id == ctx.company.id,
            Voucher.state == VoucherState.POSTED,
            link_id(Period.year) == span.year,
            Period.number == span.first,
        )
        .order_by(VoucherWord.position, VoucherWord.code, Voucher.number)
    )
    return list(ctx.session.scalars(query))


def statements(wanted: Request) -> Iterator[ArchivedFile]:
    """Print the statements of each month on their official forms."""
    from hanse_finance.statements.printing import print_all  # WeasyPrint is loaded by whoever packs

    ctx = wanted.ctx
    for span in _months(ctx, wanted.span):

        def write(out: BinaryIO, span: Span = span) -> None:
            with speaking(ctx.company.locale):
                out.write(print_all(ctx, span, wanted.files))

        kind = ANNUAL_REPORTS if span.last == _LAST_MONTH else PERIOD_REPORTS
        title = _("Statements %(period)s", period=span.label)
        yield ArchivedFile(f"statements/{named(span.label)}.pdf", str(title), kind, "application/pdf", write)


#: Books that are printed for an archive: file, report, and what is chosen besides the period.
_ON_PAPER: Final[tuple[tuple[str, str, dict[str, str]], ...]] = (
    ("trial-balance", "trial-balance", {"levels": "1"}),
    ("general-ledger", "general-ledger", {}),
    ("account-ledger", "account-ledger", {}),
    ("chronological", "chronological", {}),
)
#: And where accounts count in units.
_COUNTED: Final = ("quantity-ledger", "quantity-ledger", {"divided": "1"})


def on_paper(wanted: Request) -> Iterator[ArchivedFile]:
    """Print the books as PDF/A: trial balance, general ledger, ledgers of all accounts, chronological list.

    Where accounts count in units, the quantity ledger too.
    """
    ctx = wanted.ctx
    counts = any(node.unit for node in Chart.read(ctx).nodes.values())
    for name, report_name, chosen in (*_ON_PAPER, *([_COUNTED] if counts else [])):
        report = find_report("finance", report_name)
        if report is None:  # an addon may have put another in its place
            continue

        def write(out: BinaryIO, report: Report = report, chosen: dict[str, str] = chosen) -> None:
            with speaking(ctx.company.locale):
                given = Given({"period": wanted.span.label, **chosen}, whole=True)
                reading = report.read(ctx, given)
                write_pdf(ctx, report, given, reading.columns, every_row(reading), out, files=wanted.files)

        yield ArchivedFile(f"ledgers/{name}.pdf", str(report.title), LEDGERS, "application/pdf", write)


for _name, _part in (
    ("vouchers", vouchers),
    ("attachments", attachments),
    ("balances", balances),
    ("chronological", chronological),
    ("journal", journal),
    ("statements", statements),
    ("on_paper", on_paper),
):
    register_part(_name, ADDON, _part)
