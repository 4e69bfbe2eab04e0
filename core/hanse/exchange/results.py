"""Files about imports: the uploaded rows with what became of each, and an empty file to fill in."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.exchange.importing import find_import
from hanse.exchange.models import RowResult
from hanse.exchange.sheets import harmless, new_workbook
from hanse.exchange.targets import Target, needed, targets_of
from hanse.i18n import _, format_value
from hanse.models import Field, Kind, Model

if TYPE_CHECKING:
    from hanse.actions import Context

_PIECE = 2_000
_ROWS = text(
    "SELECT r.number, r.cells, h.result, h.record, coalesce(h.errors, '[]') FROM core_import_row r "
    "LEFT JOIN core_import_row h ON h.batch_id = r.batch_id AND h.number = r.head AND h.company_id = r.company_id "
    "WHERE r.batch_id = :batch AND r.number > :after ORDER BY r.number LIMIT :limit"
)


def write_results_file(ctx: Context, batch: int, form: str, target: IO[bytes], *, bad: bool = False) -> None:
    """Write the rows of an import with three columns more: result, record, errors.

    :param bad: only the refused rows, to be corrected and uploaded again
    """
    found = find_import(ctx, batch)
    heads = [str(name) for name in found.headers]
    more = [str(_("Result")), str(_("Record")), str(_("What is wrong"))]
    rows = _rows(ctx, batch, len(heads), bad)
    _WRITERS[form]([*heads, *more], rows, target)


def _rows(ctx: Context, batch: int, width: int, bad: bool) -> Iterator[list[str]]:
    after = 0
    while piece := ctx.session.execute(_ROWS, {"batch": batch, "after": after, "limit": _PIECE}).all():
        after = piece[-1][0]
        for number, cells, result, record, errors in piece:
            if bad and result != RowResult.REFUSED:
                continue
            padded = [*cells[:width], *[""] * (width - len(cells))]
            label = str(RowResult(result).label) if result else ""
            yield [*padded, label, "" if record is None else str(record), _told(errors, number)]


def _told(errors: Sequence[Any], number: int) -> str:
    """Write the errors of a row: its own, and those of the record as a whole."""
    own = [error for error in errors if error["row"] == number] or errors
    return " ".join(dict.fromkeys(_sentence(error) for error in own))


def _sentence(error: Any) -> str:
    message, field = str(error["message"]), str(error["field"])
    return message if not field or field in message else f"{field}: {message}"


# --- a file to fill in ------------------------------------------------------------------------------------------------


def write_template(ctx: Context, model: type[Model], form: str, target: IO[bytes]) -> None:
    """Write a file whose headings are what this person may import, those that are needed first, with an example."""
    targets = targets_of(ctx, model)
    wanted = {one.name for one in needed(model)}
    order = sorted(targets.values(), key=lambda one: (one.path not in wanted, one.lines is not None))
    _WRITERS[form]([str(one.label) for one in order], iter([[_example(ctx, one) for one in order]]), target)


def _example(ctx: Context, target: Target) -> str:
    field: Field = target.field
    if field.kind is Kind.CHOICE and field.choices is not None:
        return str(next(iter(field.choices)).label)
    if field.kind is Kind.FLAG:
        return str(_("Yes"))
    if field.kind is Kind.DAY:
        return ctx.today.isoformat()
    if field.kind is Kind.MOMENT:
        return f"{ctx.today.isoformat()} 09:30"
    if field.kind in (Kind.MONEY, Kind.QUANTITY, Kind.RATE):
        return "1234.5"
    return str(format_value(1)) if field.kind is Kind.NUMBER and field.python_type is int else ""


# --- writing ----------------------------------------------------------------------------------------------------------


def _write_csv(heads: Sequence[str], rows: Iterator[list[str]], target: IO[bytes]) -> None:
    text_file = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text_file)
    writer.writerow([harmless(head) for head in heads])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    text_file.flush()
    text_file.detach()


def _write_xlsx(heads: Sequence[str], rows: Iterator[list[str]], target: IO[bytes]) -> None:
    book = new_workbook(target)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, max(0, len(heads) - 1), 20)
    for place, head in enumerate(heads):
        sheet.write_string(0, place, head, bold)
    for number, row in enumerate(rows, start=1):
        for place, cell in enumerate(row):
            if cell:
                sheet.write_string(number, place, cell)
    book.close()


_WRITERS = {"csv": _write_csv, "xlsx": _write_xlsx}
__all__ = ["write_results_file", "write_template"]
