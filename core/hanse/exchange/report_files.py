"""Reports as files: CSV and XLSX with exact numbers, and PDF as it is printed."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any, BinaryIO, cast

from hanse.errors import BusinessError
from hanse.exchange.sheets import harmless, new_workbook, write_number
from hanse.i18n import KERNEL, Label, Text, _, current_locale, format_moment
from hanse.models import Kind
from hanse.paper import PaperKind, register_paper
from hanse.paper.reading import letterhead
from hanse.screens.cells import NUMBERS
from hanse.screens.formats import TEMPLATE_KINDS, formatter
from hanse.screens.names import names_of
from hanse.screens.reports import Given, Parameter, Reading, Report, ReportColumn, ReportRow

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.documents.stamp import StampReport
    from hanse.documents.tables import Column, Row
    from hanse.files import FileStore

#: Whose letterhead stands on reports.
REPORT_PAPER = register_paper(PaperKind("core.report", _("Reports"), KERNEL))
#: Up to so many rows are printed while the person waits.
AT_ONCE = 2_000


def every_row(reading: Reading) -> Iterable[ReportRow]:
    """Give the rows, and the totals as the last one."""
    yield from reading.rows
    if reading.totals is not None:
        yield ReportRow(reading.totals, strong=True)


def writer(ctx: Context, column: ReportColumn) -> Callable[[Any], str]:
    """Give a function that writes a value for reading; texts and labels are what they are."""
    write = formatter(ctx, column.kind)
    return lambda value: str(value) if isinstance(value, (str, Text)) else write(value)


# --- spreadsheets -----------------------------------------------------------------------------------------------------


def _head(column: ReportColumn) -> str:
    return f"{column.group} {column.label}" if column.group else str(column.label)


def _write_csv(columns: Sequence[ReportColumn], rows: Iterable[ReportRow], target: Any) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    out = csv.writer(text)
    out.writerow([harmless(_head(column)) for column in columns])
    out.writerows([_csv_value(value) for value in row.values] for row in rows)
    text.flush()
    text.detach()


def _csv_value(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return value.isoformat() if isinstance(value, date) else harmless(str(value))


def _write_xlsx(columns: Sequence[ReportColumn], rows: Iterable[ReportRow], target: Any) -> None:
    book = new_workbook(target)
    sheet = book.add_worksheet()
    faces = {
        (kind, strong): book.add_format({"bold": strong, "num_format": number})
        for kind, number in (("money", "#,##0.00"), ("date", "yyyy-mm-dd"), ("text", "General"))
        for strong in (False, True)
    }
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(columns):
        sheet.set_column(place, place, 16 if column.kind in (Kind.MONEY, Kind.DAY) else 24)
        sheet.write_string(0, place, _head(column), faces["text", True])
    for number, row in enumerate(rows, start=1):
        for place, value in enumerate(row.values):
            _write_cell(sheet, number, place, value, faces, row.strong)
    book.close()


def _write_cell(
    sheet: Any, number: int, place: int, value: Any, faces: Mapping[tuple[str, bool], Any], strong: bool
) -> None:
    if value is None:
        return
    if isinstance(value, Decimal):
        write_number(sheet, number, place, value, faces["money", strong])
    elif isinstance(value, date):
        sheet.write_datetime(number, place, datetime(value.year, value.month, value.day), faces["date", strong])
    else:
        sheet.write_string(number, place, str(value), faces["text", strong])


WRITERS: dict[str, Callable[[Sequence[ReportColumn], Iterable[ReportRow], Any], None]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
}


# --- paper ------------------------------------------------------------------------------------------------------------


def write_pdf(
    ctx: Context,
    report: Report,
    given: Given,
    columns: Sequence[ReportColumn],
    rows: Iterable[ReportRow],
    target: IO[bytes],
    progress: Callable[[int], None] | None = None,
    *,
    files: FileStore | None = None,
) -> StampReport:
    """Print rows of a report as PDF/A; columns that headings tell are left out.  Memory does not grow with the rows.

    :param files: where logo and seal are; None: neither is printed
    :raises BusinessError: fonts or Pango are missing
    """
    from hanse.documents.errors import DocumentError
    from hanse.documents.tables import Heading, print_table

    printed = Printed(ctx, columns)
    head = letterhead(ctx, files, REPORT_PAPER)
    owned = (_("Company: %(name)s", name=head.name), _("Currency: %(code)s", code=ctx.company.currency))
    heading = Heading(
        title=str(report.title),
        owner="\N{EM SPACE}".join(map(str, owned)),
        about=str(told(ctx, report, given)),
        foot=str(_("Printed by %(user)s, %(at)s", user=ctx.user.name, at=format_moment(ctx.now, ctx.company.zone))),
        page=str(_("Page {page} of ")),
        pages=str(_("{pages}")),
        carried=str(_("Carried forward")),
        brought=str(_("Brought forward")),
        language=current_locale().replace("_", "-"),
    )
    out = cast("BinaryIO", target)
    try:
        return print_table(
            out, printed.heads(), printed.rows(rows), heading, created=ctx.now, progress=progress, letterhead=head
        )
    except DocumentError as error:  # trying again would not help, and the person can be told what would
        raise BusinessError(str(error)) from error


class Printed:
    """Rows of a report as texts on paper."""

    def __init__(self, ctx: Context, columns: Sequence[ReportColumn]) -> None:
        self._places = [at for at, column in enumerate(columns) if not column.told]
        self._columns = [columns[at] for at in self._places]
        self._writers = [writer(ctx, column) for column in self._columns]
        titles = [at for at, column in enumerate(self._columns) if column.small == "title"]
        self._title = titles[0] if titles else 0

    def heads(self) -> list[Column]:
        """Give the heads of the columns."""
        from hanse.documents.tables import Column

        return [
            Column(str(one.label), str(one.group or ""), TEMPLATE_KINDS[one.kind] in NUMBERS) for one in self._columns
        ]

    def rows(self, rows: Iterable[ReportRow]) -> Iterator[Row]:
        """Give each row as it is printed."""
        from hanse.documents.tables import Row

        def row_of(values: Sequence[Any], *, strong: bool, part: str | None = None, carry: Any = None) -> Row:
            own = [values[at] for at in self._places]
            texts = ["" if value is None else write(value) for value, write in zip(own, self._writers, strict=True)]
            red = frozenset(at for at, value in enumerate(own) if isinstance(value, Decimal) and value < 0)
            return Row(texts, strong, red, part, None if carry is None else lambda label: carried(carry, label))

        def carried(values: Sequence[Any], label: str) -> Row:
            row = row_of(values, strong=True)
            return Row([label if at == self._title else text for at, text in enumerate(row.texts)], True, row.red)

        for row in rows:
            yield row_of(row.values, strong=row.strong, part=str(row.part) or None, carry=row.carry)


def told(ctx: Context, report: Report, given: Given) -> Label:
    """Say what was chosen, as it stands above the printed table."""
    words = [_chosen(ctx, one, given.text(one.name)) for one in report.parameters if given.text(one.name)]
    return "\N{EM SPACE}".join(word for word in words if word)


def _chosen(ctx: Context, one: Parameter, value: str) -> str:
    if one.choices is not None:
        choices = one.choices(ctx)
        label = next((str(label) for key, label in choices if key == value), "")
        return str(_("%(label)s: %(value)s", label=one.label, value=label)) if len(choices) > 1 else ""
    if one.target is not None:
        name = names_of(ctx, one.target, [int(value)]).get(int(value), "") if value.isdigit() else ""
        return str(_("%(label)s: %(value)s", label=one.label, value=name)) if name else ""
    if one.kind is not None:
        return str(_("%(label)s: %(value)s", label=one.label, value=value))
    return str(one.label) if given_flag(value) else ""


def given_flag(value: str) -> bool:
    """Tell whether a switch is on."""
    return Given({"flag": value}).flag("flag")


__all__ = ["AT_ONCE", "WRITERS", "Printed", "every_row", "told", "write_pdf", "writer"]
