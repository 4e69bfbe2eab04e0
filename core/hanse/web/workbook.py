"""Workbooks (XLSX) as we write them: row by row, and what looks like a formula or an address stays text."""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from xlsxwriter import Workbook

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
