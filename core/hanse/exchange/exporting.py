"""Lists as CSV and XLSX: all rows in the list's order, read by a server-side cursor, at constant memory.

What is written here :mod:`hanse.exchange.importing` reads again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import Select

from hanse.exchange.sheets import harmless, new_workbook, write_number
from hanse.models import Choice, Kind
from hanse.screens.cells import text_writer, told
from hanse.screens.formats import AMOUNTS
from hanse.screens.listing import Slot

if TYPE_CHECKING:
    from hanse.actions import Context

_PIECE = 2_000
XLSX_ROWS = 1_048_575
_XLSX_LETTERS = 32_767  # in a cell; a longer text would be left out as a whole


def write_list(ctx: Context, form: str, statement: Select[Any], slots: Sequence[Slot], target: IO[bytes]) -> bool:
    """Write the rows of a list as ``csv`` or ``xlsx``; tell whether all had room."""
    return _WRITERS[form](ctx, slots, stream(ctx, statement, slots), target)


def stream(ctx: Context, statement: Select[Any], slots: Sequence[Slot]) -> Iterator[Sequence[Any]]:
    """Read the rows of a list by a server-side cursor, their told columns worded."""
    connection = ctx.session.connection()
    found = connection.execution_options(stream_results=True, yield_per=_PIECE).execute(statement)
    for piece in found.partitions(_PIECE):
        yield from told(ctx, slots, piece)


def _write_csv(ctx: Context, slots: Sequence[Slot], rows: Iterator[Sequence[Any]], target: IO[bytes]) -> bool:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([harmless(str(slot.column.label)) for slot in slots])
    values = [_csv_value(ctx, slot) for slot in slots]
    writer.writerows([value(row) for value in values] for row in rows)
    text.flush()
    text.detach()
    return True


def _csv_value(ctx: Context, slot: Slot) -> Callable[[Sequence[Any]], str]:
    """Give plain values: exact numbers without grouping, days as ISO, the rest as people read it."""
    kind, (spot, *_more) = slot.column.kind, slot.places
    if kind in AMOUNTS:
        return lambda row: "" if row[spot] is None else f"{row[spot]:f}"
    if kind is Kind.DAY:
        return lambda row: "" if row[spot] is None else row[spot].isoformat()
    write = text_writer(ctx, slot)
    if kind is Kind.NUMBER and slot.column.field is not None and slot.column.field.python_type is int:
        return write
    return lambda row: harmless(write(row))


def _write_xlsx(ctx: Context, slots: Sequence[Slot], rows: Iterator[Sequence[Any]], target: IO[bytes]) -> bool:
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
    writers = [_xlsx_writer(ctx, slot, sheet, place, formats) for place, slot in enumerate(slots)]
    number = 0
    for number, row in enumerate(rows, start=1):
        if number > XLSX_ROWS:
            break
        for write in writers:
            write(number, row)
    book.close()
    return number <= XLSX_ROWS


def _xlsx_writer(
    ctx: Context, slot: Slot, sheet: Any, place: int, formats: dict[str, Any]
) -> Callable[[int, Sequence[Any]], None]:
    kind, (spot, *_more) = slot.column.kind, slot.places
    text = text_writer(ctx, slot)
    zone = ctx.company.zone

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


_WRITERS: dict[str, Callable[[Context, Sequence[Slot], Iterator[Sequence[Any]], Any], bool]] = {
    "csv": _write_csv,
    "xlsx": _write_xlsx,
}

__all__ = ["XLSX_ROWS", "write_list"]
