"""Spreadsheets as we write them: row by row, and what looks like a formula or an address stays text."""

from __future__ import annotations

from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xlsxwriter import Workbook

TYPES = {
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
#: What a spreadsheet would take for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
_PLAIN = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def new_workbook(target: IO[bytes]) -> Workbook:
    """Begin a workbook that is written to ``target`` when it is closed."""
    from xlsxwriter import Workbook  # here, because it would take 20 ms of every start

    return Workbook(target, _PLAIN)


def harmless(text: str) -> str:
    """Give text that a spreadsheet does not take for a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_number(sheet: Any, number: int, place: int, value: Decimal, form: Any) -> None:
    """Write an exact number; one that a float cannot hold stays text."""
    if len(value.as_tuple().digits) <= 15:
        sheet.write_number(number, place, float(value), form)
    else:
        sheet.write_string(number, place, f"{value:f}")


__all__ = ["FORMULA", "TYPES", "harmless", "new_workbook", "write_number"]
