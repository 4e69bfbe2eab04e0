"""Uploaded files as rows of text, one at a time: CSV in any usual encoding, and XLSX.

What an uploaded file claims is not believed: its size when unpacked, its number of columns, its entities.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any, BinaryIO

from hanse.errors import BusinessError
from hanse.exchange.encodings import encoding_of, separator_of
from hanse.i18n import _

#: More than a spreadsheet holds; what is larger comes in several files.
MOST_ROWS = 1_048_576
MOST_COLUMNS = 300
#: Bytes of a whole workbook when unpacked, and of the texts in it, which are kept in memory.
_UNPACKED, _TEXTS = 600 * 2**20, 150 * 2**20
_SAMPLE = 2**16
_ENTITIES = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
Cells = list[str]


def read_rows(file: BinaryIO) -> Iterator[Cells]:
    """Give the rows of a CSV or XLSX file; cells are stripped, empty ones at the end left out.

    :raises BusinessError: it is neither, is broken, or would become too large
    """
    file.seek(0)
    start = file.read(8)
    if start.startswith(b"PK\x03\x04"):
        rows = _xlsx_rows(file)
    elif start.startswith(b"\xd0\xcf\x11\xe0"):
        raise BusinessError(
            _("This is a workbook of Excel 97, or one with a password. Save it as XLSX, without a password."),
            field="file",
        )
    else:
        rows = _csv_rows(file)
    for number, row in enumerate(rows, start=1):
        if number > MOST_ROWS:
            raise BusinessError(
                _("The file has more than %(most)s rows. Split it into several.", most=MOST_ROWS), field="file"
            )
        yield _tidy(row)


def _tidy(row: list[str]) -> Cells:
    cells = [cell.strip() for cell in row]
    while cells and not cells[-1]:
        cells.pop()
    if len(cells) > MOST_COLUMNS:
        raise BusinessError(
            _("The file has more than %(most)s columns. Leave out what is not to be imported.", most=MOST_COLUMNS),
            field="file",
        )
    return cells


def _csv_rows(file: BinaryIO) -> Iterator[list[str]]:
    encoding = encoding_of(file)
    file.seek(0)
    text = io.TextIOWrapper(file, encoding=encoding, newline="")
    try:
        separator = separator_of(text.read(_SAMPLE))
        text.seek(0)
        yield from csv.reader(text, delimiter=separator)
    except csv.Error as error:
        raise BusinessError(
            _("The file cannot be read as a table (%(why)s). Is a quotation mark missing?", why=str(error)),
            field="file",
        ) from None
    finally:
        text.detach()


# --- XLSX -------------------------------------------------------------------------------------------------------------


def _xlsx_rows(file: BinaryIO) -> Iterator[list[str]]:
    from openpyxl import load_workbook  # type: ignore[import-untyped]  # here, because it would take 100 ms of every start

    _refuse_bombs(file)
    try:
        book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheet = next((one for one in book.worksheets if one.sheet_state == "visible"), None)
        if sheet is None:
            raise BusinessError(_("The workbook has no sheet."), field="file")
        sheet.reset_dimensions()
        for row in sheet.iter_rows():
            yield [_cell_text(cell) for cell in row]
        book.close()
    except BusinessError:
        raise
    except Exception as error:  # whatever a broken file makes of its reader
        raise BusinessError(
            _(
                "The workbook cannot be read (%(why)s). Save it anew in your spreadsheet program.",
                why=type(error).__name__,
            ),
            field="file",
        ) from error


def _refuse_bombs(file: BinaryIO) -> None:
    """Refuse what would unpack to more than a workbook can be, or defines entities.

    zipfile never gives more bytes of a part than it declares, so that the declared sizes are what can happen.
    """
    try:
        with zipfile.ZipFile(file) as packed:
            parts = packed.infolist()
            if "xl/workbook.xml" not in packed.namelist():
                raise BusinessError(_("This is no XLSX workbook. Save it as XLSX or CSV."), field="file")
            texts = sum(one.file_size for one in parts if "sharedStrings" in one.filename)
            if sum(one.file_size for one in parts) > _UNPACKED or texts > _TEXTS or len(parts) > 10_000:
                raise BusinessError(
                    _("Unpacked, this workbook is too large. Save the sheet as CSV, or split it."), field="file"
                )
            for one in parts:
                with packed.open(one) as part:
                    if one.filename.endswith((".xml", ".rels")) and _ENTITIES.search(part.read(4096)):
                        raise BusinessError(_("This is no XLSX workbook. Save it as XLSX or CSV."), field="file")
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError):
        raise BusinessError(
            _("The workbook is broken. Save it anew in your spreadsheet program."), field="file"
        ) from None
    file.seek(0)


def _cell_text(cell: Any) -> str:
    """Write a cell as people see it, exactly: 0.1 and 15%, not 0.1000000000000000055 and 0.15."""
    value = cell.value
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        number = Decimal(repr(value))
        if "%" in (cell.number_format or ""):
            return f"{(number * 100).normalize():f}%"
        return f"{number.normalize():f}"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="seconds")
    return value.isoformat() if isinstance(value, (date, time)) else str(value)


__all__ = ["MOST_COLUMNS", "MOST_ROWS", "read_rows"]
