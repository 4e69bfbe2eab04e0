"""Lists as CSV and XLSX: all rows in the list's order, read by a server-side cursor, at constant memory."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, Any
from urllib.parse import quote

from pyramid.response import FileIter, Response
from sqlalchemy import Select

from hanse.i18n import Label, _
from hanse.models import Choice, Kind
from hanse.screens import Screen, listing
from hanse.screens.cells import text_writer, told
from hanse.screens.formats import AMOUNTS
from hanse.screens.listing import Slot
from hanse.screens.reports import find_report
from hanse.security.permissions import verb
from hanse.web.request import WebRequest
from hanse.web.views.actions import selected
from hanse.web.views.found import screen_for
from hanse.web.views.lists import ask
from hanse.web.workbook import new_workbook

_PIECE = 2_000
_IN_MEMORY = 2**20
#: What a spreadsheet would take for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPES = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_XLSX_ROWS = 1_048_575
_XLSX_LETTERS = 32_767  # in a cell; a longer text would be left out as a whole


def export(request: WebRequest) -> Response:
    """Send the list, or a report, as a file; POST sends the selected rows only."""
    report = find_report(request.matchdict["key"], request.matchdict["model"])
    if report is not None:
        from hanse.web.views.reports import export_report

        return export_report(request, report, request.matchdict["form"])
    screen, ctx = screen_for(request), request.ctx
    ctx.require(verb(screen.model, "export"))
    form = request.matchdict["form"]
    ids = selected(request) if request.method == "POST" else None
    slots, statement = listing.every_row(ctx, screen, ask(request, screen), ids)
    rows = _stream(request, statement, slots)
    target = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115  the answer closes it
    _WRITERS[form](request, screen, slots, rows, target)
    return send_file(screen.title, form, target, ctx.today)


def send_file(title: Label, form: str, target: Any, day: date) -> Response:
    """Send what was written into ``target`` under a title and the day."""
    size = target.tell()
    target.seek(0)
    response = Response(app_iter=FileIter(target), content_length=size)
    response.headers["Content-Type"] = TYPES[form]
    name = f"{title} {day.isoformat()}.{form}"
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}"
    return response


def _stream(request: WebRequest, statement: Select[Any], slots: Sequence[Slot]) -> Iterator[Sequence[Any]]:
    connection = request.db.connection()
    found = connection.execution_options(stream_results=True, yield_per=_PIECE).execute(statement)
    for piece in found.partitions(_PIECE):
        yield from told(request.ctx, slots, piece)


def harmless(text: str) -> str:
    """Give text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _write_csv(
    request: WebRequest, screen: Screen, slots: Sequence[Slot], rows: Iterator[Sequence[Any]], target: IO[bytes]
) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([harmless(str(slot.column.label)) for slot in slots])
    values = [_csv_value(request, slot) for slot in slots]
    writer.writerows([value(row) for value in values] for row in rows)
    text.flush()
    text.detach()


def _csv_value(request: WebRequest, slot: Slot) -> Callable[[Sequence[Any]], str]:
    """Give plain values: exact numbers without grouping, days as ISO, the rest as people read it."""
    kind, (spot, *_more) = slot.column.kind, slot.places
    if kind in AMOUNTS:
        return lambda row: "" if row[spot] is None else f"{row[spot]:f}"
    if kind is Kind.DAY:
        return lambda row: "" if row[spot] is None else row[spot].isoformat()
    write = text_writer(request.ctx, slot)
    if kind is Kind.NUMBER and slot.column.field is not None and slot.column.field.python_type is int:
        return write
    return lambda row: harmless(write(row))


def _write_xlsx(
    request: WebRequest, screen: Screen, slots: Sequence[Slot], rows: Iterator[Sequence[Any]], target: IO[bytes]
) -> None:
    book = new_workbook(target)
    sheet = book.add_worksheet()
    formats = {
        "head": book.add_format({"bold": True}),
        "date": book.add_format({"num_format": "yyyy-mm-dd"}),
        "moment": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        "money": book.add_format({"num_format": "#,##0.00"}),
    }
    sheet.freeze_panes(1, 0)
    for place, slot in enumerate(slots):
        sheet.set_column(place, place, 12 if slot.column.kind in AMOUNTS or slot.column.kind is Kind.DAY else 24)
        sheet.write_string(0, place, str(slot.column.label), formats["head"])
    writers = [_xlsx_writer(request, slot, sheet, place, formats) for place, slot in enumerate(slots)]
    number = 0
    for number, row in enumerate(rows, start=1):
        if number > _XLSX_ROWS:
            break
        for write in writers:
            write(number, row)
    if number > _XLSX_ROWS:
        request.say(
            _("An XLSX sheet holds %(most)s rows; the rest was left out. Export as CSV instead.", most=_XLSX_ROWS),
            "warn",
        )
    book.close()


def _xlsx_writer(
    request: WebRequest, slot: Slot, sheet: Any, place: int, formats: dict[str, Any]
) -> Callable[[int, Sequence[Any]], None]:
    kind, (spot, *_more) = slot.column.kind, slot.places
    text = text_writer(request.ctx, slot)
    zone = request.ctx.company.zone

    def write(number: int, row: Sequence[Any]) -> None:
        value = row[spot]
        if value is None and kind is not Kind.LINK:
            return
        if isinstance(value, (bool, Choice)) or kind is Kind.LINK:
            sheet.write_string(number, place, text(row))
        elif isinstance(value, Decimal):
            write_number(sheet, number, place, value, formats["money"] if kind is Kind.MONEY else None)
        elif isinstance(value, int):
            sheet.write_number(number, place, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(number, place, value.astimezone(zone).replace(tzinfo=None), formats["moment"])
        elif isinstance(value, date):
            sheet.write_datetime(number, place, datetime(value.year, value.month, value.day), formats["date"])
        else:
            sheet.write_string(number, place, text(row)[:_XLSX_LETTERS])

    return write


def write_number(sheet: Any, number: int, place: int, value: Decimal, form: Any) -> None:
    """Write an exact number; one that a float cannot hold stays text."""
    if len(value.as_tuple().digits) <= 15:
        sheet.write_number(number, place, float(value), form)
    else:
        sheet.write_string(number, place, f"{value:f}")


_WRITERS: dict[str, Callable[[WebRequest, Screen, Sequence[Slot], Iterator[Sequence[Any]], Any], None]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
}
