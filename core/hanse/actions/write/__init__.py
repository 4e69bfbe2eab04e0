"""Set-based writing: few statements for many rows, whatever their number, with the audit's notes taken on the way."""

from __future__ import annotations

from hanse.actions.write.delete import delete
from hanse.actions.write.insert import insert
from hanse.actions.write.lines import save_lines
from hanse.actions.write.running import OutsideRun, take_numbers
from hanse.actions.write.statements import array, dumps, execute, insert_columns, insert_sql
from hanse.actions.write.update import Each, expire, stored_values, target, update

__all__ = [
    "Each",
    "OutsideRun",
    "array",
    "delete",
    "dumps",
    "execute",
    "expire",
    "insert",
    "insert_columns",
    "insert_sql",
    "save_lines",
    "stored_values",
    "take_numbers",
    "target",
    "update",
]
