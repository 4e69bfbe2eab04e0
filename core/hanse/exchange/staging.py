"""The rows of an import in the database: put there once, read in pieces, each told what became of it.

What is read and written at a time is bounded, so that memory does not grow with the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import select, text

from hanse.actions.write import array, dumps, execute, insert_columns
from hanse.database.session import note_change
from hanse.errors import BusinessError
from hanse.exchange.headings import LOOKED_AT, Headings, find_headings, fingerprint
from hanse.exchange.mapping import ColumnMap
from hanse.exchange.models import Import, ImportRow, ImportState, RowResult
from hanse.exchange.reading import read_rows
from hanse.exchange.records import Draft, Fault, Row
from hanse.i18n import _

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.files import FileStore

#: Rows that are read, and records that are made, at a time.
PIECE = 1_000
#: What an import may change of its own row.
_OWN = ("state", "headers", "fingerprint", "mapping", "rows", "counts", "job_id")


def add_import(
    ctx: Context, model: str, file: BinaryIO, file_name: str, files: FileStore, row: int | None = None
) -> int:
    """Keep an uploaded file and its rows; give the id of the new import.

    :param row: the number of the row with the headings; None: it is found
    :raises BusinessError: the file cannot be read as a table, or has no rows
    """
    file.seek(0)
    key = files.store(file)
    ctx.bind()
    columns: dict[str, Any] = {
        "model": [model],
        "user_id": [ctx.user.id],
        "at": [ctx.now],
        "file_name": [file_name[:255]],
        "file_key": [key],
    }
    insert_columns(ctx.session, Import.__table__, columns, {"company_id": ctx.company.id})
    query = select(Import.id).where(Import.company_id == ctx.company.id, Import.user.is_(ctx.user.id))
    batch = ctx.session.scalars(query.order_by(Import.id.desc()).limit(1)).one()
    stage(ctx, batch, file, row)
    return batch


def stage(ctx: Context, batch: int, file: BinaryIO, row: int | None = None) -> None:
    """Put the rows of a file into the database, in place of those that were there.

    :raises BusinessError: the file cannot be read as a table, or has no rows
    """
    execute(ctx.session, "DELETE FROM core_import_row WHERE batch_id = %(batch)s", {"batch": batch})
    rows = read_rows(file)
    first = list(islice(rows, LOOKED_AT))
    headings = find_headings(first, row)
    count = _put(ctx, batch, headings, first[headings.last :], rows)
    if not count:
        raise BusinessError(_("The file has no rows below its headings."), field="file")
    change(
        ctx,
        batch,
        headers=list(headings.names),
        fingerprint=fingerprint(headings.names),
        rows=count,
        state=ImportState.READ,
        mapping={},
        counts={"headings": headings.row},
    )


def _put(ctx: Context, batch: int, headings: Headings, first: Sequence[list[str]], rows: Iterator[list[str]]) -> int:
    numbered = enumerate([*first], start=headings.last + 1)
    rest = enumerate(rows, start=LOOKED_AT + 1)
    total = 0
    for source in (numbered, rest):
        filled = ((number, cells) for number, cells in source if cells)
        while piece := list(islice(filled, PIECE)):
            numbers = [number for number, _cells in piece]
            columns: dict[str, Any] = {
                "batch_id": [batch] * len(piece),
                "number": numbers,
                "head": numbers,
                "cells": [dumps([cell.replace("\0", "") for cell in cells]) for _number, cells in piece],
                "errors": ["[]"] * len(piece),
            }
            insert_columns(ctx.session, ImportRow.__table__, columns, {"company_id": ctx.company.id})
            total += len(piece)
    if total >= PIECE:
        execute(ctx.session, "SELECT hanse_count('core_import_row'::regclass)", {})
    return total


def change(ctx: Context, batch: int, **values: Any) -> None:
    """Change an import's own row, which is none of people's records and so is in no audit."""
    ctx.bind()
    names = [name for name in _OWN if name in values]
    stored = {name: dumps(values[name]) if name in ("headers", "mapping", "counts") else values[name] for name in names}
    parts = ", ".join(f"{name} = %({name})s" for name in names)
    sql = f"UPDATE core_import SET {parts}, rev = rev + 1 WHERE id = %(batch)s"  # noqa: S608  names of ours
    execute(ctx.session, sql, {**stored, "batch": batch})
    note_change(ctx.session)
    loaded = ctx.session.identity_map.get((Import, (batch,), None))
    if loaded is not None:
        ctx.session.expire(loaded)


# --- which rows are one record ----------------------------------------------------------------------------------------


def plan(ctx: Context, batch: int, mapping: ColumnMap) -> None:
    """Say which rows are one record, forget earlier results, and refuse rows whose key another record has already.

    Rows belong together where the key stays the same, or all cells but those of lines are empty.
    """
    own = [place for place, path in enumerate(mapping.columns) if path and "." not in path]
    keys = [place for place, path in enumerate(mapping.columns) if path in mapping.match]
    has_lines = any("." in path for path in mapping.columns)
    clear = "result = NULL, record = NULL, stamp = NULL, entry = NULL, before = NULL, errors = '[]'"
    params: dict[str, Any] = {"batch": batch}
    if not has_lines or not own:
        sql = (
            f"UPDATE core_import_row SET {clear}, head = number "  # noqa: S608  literals of ours
            "WHERE batch_id = %(batch)s AND (result IS NOT NULL OR head <> number)"
        )
        execute(ctx.session, sql, params)
    else:
        execute(ctx.session, _gathered(own, keys, clear), params)
    if keys:
        _refuse_repeated(ctx, batch, keys)


def _cells(places: Sequence[int]) -> str:
    """Write the cells at some places as one text, their separator being none that a cell can hold."""
    return " || chr(31) || ".join(f"coalesce(cells->>{place}, '')" for place in places)


def _gathered(own: Sequence[int], keys: Sequence[int], clear: str) -> str:
    starts = f"translate({_cells(own)}, chr(31), '') <> ''"
    if keys:
        key = _cells(keys)
        starts += (
            f" AND (translate({key}, chr(31), '') = '' OR ({key}) IS DISTINCT FROM lag({key}) OVER (ORDER BY number))"
        )
    return (
        f"UPDATE core_import_row r SET {clear}, head = g.head FROM (SELECT id, coalesce(max(CASE WHEN begins "  # noqa: S608
        "THEN number END) OVER (ORDER BY number), min(number) OVER ()) AS head FROM (SELECT id, number, "
        f"({starts}) AS begins FROM core_import_row WHERE batch_id = %(batch)s) b) g WHERE r.id = g.id "
        "AND r.batch_id = %(batch)s"
    )


def _refuse_repeated(ctx: Context, batch: int, keys: Sequence[int]) -> None:
    key = _cells(keys)
    sql = (
        f"SELECT number, first FROM (SELECT number, min(number) OVER (PARTITION BY {key}) AS first "  # noqa: S608
        f"FROM core_import_row WHERE batch_id = %(batch)s AND head = number AND translate({key}, chr(31), '') <> '') k "
        "WHERE number > first ORDER BY number"
    )
    repeated = execute(ctx.session, sql, {"batch": batch})
    drafts: list[Draft] = []
    for number, first in repeated:
        draft = Draft(number)
        message = _("Row %(first)s has the same key. Put both into one row, or choose a key that differs.", first=first)
        draft.refuse(Fault(message))
        drafts.append(draft)
    keep_results(ctx, batch, drafts)


# --- reading ----------------------------------------------------------------------------------------------------------

_HEADS = text(
    "SELECT number FROM core_import_row WHERE batch_id = :batch AND head = number AND result IS NULL ORDER BY number"
)


def open_heads(ctx: Context, batch: int) -> list[int]:
    """Give the number of each record's first row that nothing has become of yet."""
    ctx.bind()
    return list(ctx.session.scalars(_HEADS, {"batch": batch}))


def rows_of(ctx: Context, batch: int, heads: Sequence[int]) -> list[list[Row]]:
    """Give the rows of some records, as they stand in the file."""
    sql = (
        "SELECT head, number, cells FROM core_import_row WHERE batch_id = %(batch)s "
        "AND head = ANY(%(heads)s::bigint[]) ORDER BY head, number"
    )
    found: dict[int, list[Row]] = {}
    for head, number, cells in execute(ctx.session, sql, {"batch": batch, "heads": array(heads)}):
        found.setdefault(head, []).append(Row(number, cells))
    return list(found.values())


def first_rows(ctx: Context, batch: int, count: int) -> list[Row]:
    """Give the first rows of a file, for people to look at."""
    query = select(ImportRow.number, ImportRow.cells).where(ImportRow.batch_id == batch)
    found = ctx.session.execute(query.order_by(ImportRow.number).limit(count))
    return [Row(number, [str(cell) for cell in cells]) for number, cells in found]


# --- results ----------------------------------------------------------------------------------------------------------


def keep_results(ctx: Context, batch: int, drafts: Iterable[Draft]) -> None:
    """Write what became of records beside their rows, one statement for a piece."""
    every = iter(drafts)
    while piece := list(islice(every, PIECE)):
        write_results(
            ctx,
            batch,
            {
                "number": [one.number for one in piece],
                "result": [one.result.value if one.result else None for one in piece],
                "record": [one.record if one.result is not RowResult.REFUSED else None for one in piece],
                "stamp": [one.stamp for one in piece],
                "entry": [one.entry for one in piece],
                "before": [dumps(one.before) if one.before and one.record else None for one in piece],
                "errors": [dumps([fault.stored() for fault in one.faults]) for one in piece],
            },
        )


_RESULT_TYPES = {
    "number": "bigint",
    "result": "text",
    "record": "bigint",
    "stamp": "bigint",
    "entry": "bigint",
    "before": "jsonb",
    "errors": "jsonb",
}


def write_results(ctx: Context, batch: int, columns: Mapping[str, Sequence[Any]]) -> None:
    """Write columns of results, ``number`` among them saying into which rows."""
    if not columns["number"]:
        return
    arrays = ", ".join(f"%({name})s::{_RESULT_TYPES[name]}[]" for name in columns)
    settings = ", ".join(f"{name} = u.{name}" for name in columns if name != "number")
    sql = (
        f"UPDATE core_import_row r SET {settings} FROM unnest({arrays}) AS u({', '.join(columns)}) "  # noqa: S608
        "WHERE r.batch_id = %(batch)s AND r.number = u.number"
    )
    execute(ctx.session, sql, {name: array(values) for name, values in columns.items()} | {"batch": batch})


_COUNTS = text(
    "SELECT result, count(*) FROM core_import_row WHERE batch_id = :batch AND head = number AND result IS NOT NULL "
    "GROUP BY result"
)


def count_results(ctx: Context, batch: int) -> dict[str, int]:
    """Count what became of the records of an import."""
    return {str(result): count for result, count in ctx.session.execute(_COUNTS, {"batch": batch})}


__all__ = [
    "PIECE",
    "add_import",
    "change",
    "count_results",
    "first_rows",
    "keep_results",
    "open_heads",
    "plan",
    "rows_of",
    "stage",
    "write_results",
]
