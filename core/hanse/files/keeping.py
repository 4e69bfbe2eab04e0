"""Which contents rows of the database need: what is missing, what is damaged, and what can go.

A content is stored before the transaction that names it commits, and removed long after the last row that did: whoever
is killed in between leaves a content without a row, never a row without its content.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from hanse.files.store import FileStore
from hanse.models import Kind, metadata

#: So long a content may be without a row: transactions that store files end sooner.
GRACE = timedelta(days=1)
#: Columns besides those of ``file()`` fields that hold one key alone.
_KEYS = (
    ("core_attachment", "key"),
    ("core_company", "logo"),
    ("core_import", "file_key"),
)
#: Columns that may hold keys somewhere in their JSON.
_TEXTS = (
    ("core_job_progress", "result"),
    ("core_user", "preferences"),
    ("core_held_action", "params"),
    ("core_merge_move", "changes"),
)
#: A key alone, or a :class:`StoredFile`.
_KEY = "^[0-9a-f]{64}(/|$)"
_ALL_COMPANIES = text(
    "SELECT set_config('hanse.companies', '{' || coalesce(string_agg(id::text, ','), '') || '}', true), "
    "set_config('hanse.company', '0', true) FROM core_company"
)
#: Text columns of the database; those of addons that are not installed at present are in no model.
_COLUMNS = text("""
    SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
      AND a.atttypid IN ('text'::regtype, 'varchar'::regtype)
      AND has_column_privilege(c.oid, a.attnum, 'SELECT')
    ORDER BY 1, 2
""")


@dataclass(frozen=True)
class Checked:
    """What a check has found.

    :ivar missing: keys that rows name and nobody has, each with the places that name it
    :ivar unneeded: keys that no row names, stored longer ago than :data:`GRACE`
    :ivar damaged: keys whose bytes are others by now
    """

    kept: int
    needed: int
    missing: Mapping[str, Sequence[str]]
    unneeded: Sequence[str]
    damaged: Sequence[str] = ()

    @property
    def is_well(self) -> bool:
        """Whether no row lacks its content."""
        return not self.missing and not self.damaged


def needed_keys(connection: Connection) -> dict[str, list[str]]:
    """Give every key that a row of any company names, with the columns that name it.

    The companies of the transaction are all companies afterwards.
    """
    connection.execute(_ALL_COMPANIES)
    found: dict[str, list[str]] = {}
    for table, column, sql in _questions(connection):
        for (key,) in connection.execute(text(sql), {"key": _KEY}):
            found.setdefault(key, []).append(f"{table}.{column}")
    return found


def _questions(connection: Connection) -> Iterator[tuple[str, str, str]]:
    """Write a statement for each column in which keys may stand; names of tables and columns are the database's own."""
    known = {(one.name, column.name) for one in metadata.tables.values() for column in one.columns}
    there = [(table, column) for table, column in connection.execute(_COLUMNS)]
    kinds = {
        (table.name, column.name)
        for table in metadata.tables.values()
        for column in table.columns
        if (field := column.info.get("field")) is not None and field.kind is Kind.FILE
    }
    keys = {*_KEYS, *kinds, *(one for one in there if one not in known)}
    for table, column in sorted(keys & set(there)):
        yield table, column, f'SELECT DISTINCT left("{column}", 64) FROM "{table}" WHERE "{column}" ~ :key'  # noqa: S608
    for table, column in _TEXTS:
        if (table, column) in known:
            sql = f"SELECT DISTINCT (regexp_matches(\"{column}\"::text, '[0-9a-f]{{64}}', 'g'))[1] FROM \"{table}\""  # noqa: S608
            yield table, column, sql


def check(connection: Connection, files: FileStore, now: datetime, *, hashes: bool = False) -> Checked:
    """Compare rows with contents; with ``hashes`` read every content that a row needs."""
    kept = {one.key: one for one in files.contents()}  # before the rows: what is stored later is nobody's loss
    needed = needed_keys(connection)
    unneeded = sorted(key for key, one in kept.items() if key not in needed and one.touched < now - GRACE)
    missing = {key: places for key, places in sorted(needed.items()) if key not in kept}
    damaged = [key for key in sorted(needed) if key in kept and not files.is_whole(key)] if hashes else []
    return Checked(len(kept), len(needed), missing, unneeded, damaged)


def sweep(connection: Connection, files: FileStore, now: datetime) -> int:
    """Take away contents that no row has named for a day, and what killed processes left; give their number."""
    since = now - GRACE
    gone = files.clear(untouched_since=since)
    for key in check(connection, files, now).unneeded:
        gone += files.remove(key, untouched_since=since)
        (files.thumbnails / key[:2] / f"{key[2:]}.webp").unlink(missing_ok=True)
    return gone


__all__ = ["GRACE", "Checked", "check", "needed_keys", "sweep"]
