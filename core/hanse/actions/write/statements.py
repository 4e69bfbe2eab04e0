"""Statements over whole columns: each column travels as one array."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import NoneType
from typing import Any, cast

from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hanse.actions.explain import explain
from hanse.models import Field, Kind

_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
#: What is written is made here and holds no circle; to look for one takes a third of the time.
_JSON = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"), check_circular=False)
#: Types whose text needs no quotes inside an array.
_PLAIN = frozenset({int, bool, Decimal, date, datetime})


def execute(session: Session, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement with psycopg's own parameters; give its rows.

    :raises BusinessError: a rule of the database says no, in the words its model declares for it
    """
    try:
        result = session.connection().exec_driver_sql(sql, dict(params))
        if not result.returns_rows:
            return []
        assert result.cursor is not None
        rows = cast("list[tuple[Any, ...]]", result.cursor.fetchall())  # as the driver gives them, in half the time
        result.close()
        return rows
    except DBAPIError as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from error


def dumps(value: Any) -> str:
    """Write JSON; exact numbers and days as strings."""
    return _JSON.encode(value)


def sql_type(table: Table, name: str) -> str:
    """Give the SQL name of a column's type."""
    kind = table.c[name].type
    return "text" if isinstance(kind, String) else kind.compile(_DIALECT)  # an explicit cast to varchar(n) would cut


def quoted(names: Iterable[str]) -> str:
    """Write names of columns."""
    return ", ".join(f'"{name}"' for name in names)


def array(values: Sequence[Any]) -> str:
    """Write values as PostgreSQL writes arrays: ``{1,NULL,3}``.

    As text, because the driver would ask each value how it is written: five times the work.
    """
    kinds = set(map(type, values))
    if kinds <= _PLAIN:
        return "{" + ",".join(map(str, values)) + "}"
    kinds.discard(NoneType)
    if kinds <= _PLAIN:
        return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"
    texts = values if kinds == {str} else [None if value is None else _text(value) for value in values]
    everything = "\0".join([text for text in texts if text is not None])  # looked through once, not text by text
    if "\\" in everything or '"' in everything:
        texts = [None if text is None else text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return "{" + ",".join(["NULL" if text is None else f'"{text}"' for text in texts]) + "}"


def _text(value: Any) -> str:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else str(value)


def bound(field: Field, values: list[Any]) -> list[Any]:
    """Give values of a field as they travel."""
    if field.kind is Kind.STRUCTURE:
        return [None if value is None else dumps(value) for value in values]
    return values


def insert_columns(
    session: Session, table: Table, columns: Mapping[str, Sequence[Any]], constants: Mapping[str, Any] | None = None
) -> None:
    """Insert rows given by the column, checked already.  For what the kernel itself keeps; addons use ctx.insert().

    :param constants: values that all rows share
    """
    constants = constants or {}
    sql = insert_sql(table, tuple(columns), tuple(constants))
    execute(session, sql, {f"p{n}": array(values) for n, values in enumerate(columns.values())} | dict(constants))


@lru_cache(maxsize=1024)
def insert_sql(table: Table, names: tuple[str, ...], constants: tuple[str, ...], prefix: str = "p") -> str:
    """Write an INSERT of columns whose arrays are called ``<prefix>0`` and on, and of values that all rows share."""
    arrays = arrays_sql(table, names, prefix)
    fixed = "".join(f", %({name})s::{sql_type(table, name)}" for name in constants)
    return f"INSERT INTO {table.name} ({quoted((*names, *constants))}) SELECT u.*{fixed} FROM unnest({arrays}) AS u"  # noqa: S608


def arrays_sql(table: Table, names: Iterable[str], prefix: str = "p") -> str:
    """Write the arrays of columns, each with its type."""
    return ", ".join(f"%({prefix}{n})s::{sql_type(table, name)}[]" for n, name in enumerate(names))
