"""A pivot as CSV and XLSX: exact numbers, groups in columns of their own, a column for each currency."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from decimal import Decimal
from typing import IO

from hanse.exchange.sheets import harmless, new_workbook, write_number
from hanse.i18n import _
from hanse.screens.pivot import Cube, Sheet
from hanse.screens.pivot.sheet import codes_of

Row = list[str | Decimal | None]


def write_sheet(form: str, cube: Cube, sheet: Sheet, target: IO[bytes]) -> None:
    """Write a pivot as ``csv`` or ``xlsx``."""
    (_write_csv if form == "csv" else _write_xlsx)(_rows(cube, sheet), target)


def _rows(cube: Cube, sheet: Sheet) -> list[Row]:
    """Give heads and lines; a line of a group names it in its own column and leaves those of its parts empty."""
    rows = cube.question.rows
    columns = [(place, code) for place in sheet.places for code in codes_of(cube, place.measure) or [""]]
    head: Row = [str(one.label) for one in rows] or [""]
    for place, code in columns:
        words = [place.text] if cube.question.columns else []
        words += [str(place.measure.label)] if len(cube.question.measures) > 1 or not words else []
        head.append(", ".join([*words, *([code] if code else [])]))
    found = [head]
    names: dict[tuple[object, ...], str] = {line.path: line.text for line in sheet.lines}
    for line in sheet.lines:
        path = [names[line.path[: at + 1]] for at in range(len(line.path))]
        first: Row = [str(_("Total"))] if line.is_total else [*path]
        values = {(at, code): value for at, cell in enumerate(line.cells) for code, value in cell.values}
        places = [at for at, place in enumerate(sheet.places) for _code in codes_of(cube, place.measure) or [""]]
        figures: Row = [values.get((at, code)) for at, (_place, code) in zip(places, columns, strict=True)]
        found.append([*first, *([None] * (max(1, len(rows)) - len(first))), *figures])
    return found


def _write_csv(rows: Sequence[Row], target: IO[bytes]) -> None:
    text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    for row in rows:
        writer.writerow(
            ["" if one is None else f"{one:f}" if isinstance(one, Decimal) else harmless(one) for one in row]
        )
    text.flush()
    text.detach()


def _write_xlsx(rows: Sequence[Row], target: IO[bytes]) -> None:
    book = new_workbook(target)
    sheet = book.add_worksheet()
    bold = book.add_format({"bold": True})
    sheet.freeze_panes(1, 1)
    for number, row in enumerate(rows):
        for place, one in enumerate(row):
            if isinstance(one, Decimal):
                write_number(sheet, number, place, one, None)
            elif one is not None:
                sheet.write_string(number, place, one, bold if number == 0 else None)
    book.close()
