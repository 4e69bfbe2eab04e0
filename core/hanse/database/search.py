"""Searching by content and sorting by name, on any PostgreSQL: trigrams where there are any, GB18030 order.

Operators that are not leakproof cannot use an index under row security, so content is searched by one function of the
owner that takes the companies and gives ids; what it finds passes through ``visible()`` like everything else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, cast

from sqlalchemy import BigInteger, ColumnElement, Select, Table, and_, false, func, literal_column, select, true
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import ARRAY

from hanse.database.policies import is_scoped
from hanse.models import Field, Model, display_fields
from hanse.models.columns import quoted

#: Function of the kernel's first migration.
SORT_FUNCTION = (
    "CREATE FUNCTION hanse_sort(text) RETURNS bytea LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT "
    "AS $body$ SELECT convert_to(lower($1), 'GB18030') $body$"
)
#: More matches than this are not looked for: a search that finds so much is no search.
MOST = 20_000


def searched_fields(table: Table, addons: Collection[str] | None = None, without: Collection[str] = ()) -> list[Field]:
    """Give the fields of a table that the search box looks into, of all addons or of some, ``without`` some columns."""
    fields = (cast("Field | None", column.info.get("field")) for column in table.columns if column.name not in without)
    return [one for one in fields if one is not None and one.search and (addons is None or one.addon in addons)]


def expression(
    table: Table, source: str = "", addons: Collection[str] | None = None, without: Collection[str] = ()
) -> str:
    """Write the text of a row that is searched.

    :param source: name or alias of the table, where a statement joins others
    """
    prefix = f"{source}." if source else ""
    parts = [f"coalesce({prefix}{quoted(field.column)}, '')" for field in searched_fields(table, addons, without)]
    return "lower(" + " || ' ' || ".join(parts) + ")"


def search_statements(table: Table, addons: Collection[str] | None, without: Collection[str] = ()) -> Iterator[str]:
    """Write the indexes for searching and for sorting by name, and for companies' own tables the searching function.

    :param addons: whose fields are searched; None: those of all
    :param without: columns that are not there yet, or no longer
    """
    if not searched_fields(table, addons, without):
        return
    content = expression(table, addons=addons, without=without)
    if is_scoped(table):
        yield (
            f"CREATE FUNCTION find_{table.name}(bigint[], text, int) RETURNS SETOF bigint "  # noqa: S608  our own names
            f"LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $body$ SELECT id FROM {table.name} "
            f"WHERE company_id = ANY ($1) AND {content} LIKE $2 LIMIT $3 $body$"
        )
        yield f"REVOKE ALL ON FUNCTION find_{table.name}(bigint[], text, int) FROM PUBLIC"
        yield f"GRANT EXECUTE ON FUNCTION find_{table.name}(bigint[], text, int) TO {{app}}"
    yield (
        "DO $body$ BEGIN IF EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN "
        f"CREATE INDEX trgm_{table.name} ON {table.name} USING gin (({content}) gin_trgm_ops); END IF; END $body$"
    )
    model = cast("type[Model] | None", table.info.get("model"))
    if model is not None:
        name = display_fields(model)[-1]
        lead = "company_id, " if is_scoped(table) else ""
        column = quoted(model.__fields__[name].column)
        yield f"CREATE INDEX sort_{table.name} ON {table.name} ({lead}hanse_sort({column}), id)"


def drop_statements(table: Table) -> Iterator[str]:
    """Write what takes the search index away, before it is made anew over other fields."""
    yield f"DROP FUNCTION IF EXISTS find_{table.name}(bigint[], text, int)"
    yield f"DROP INDEX IF EXISTS trgm_{table.name}"
    yield f"DROP INDEX IF EXISTS sort_{table.name}"


def matches(
    model: type[Model], words: str, companies: tuple[int, ...], without: Collection[str] = ()
) -> ColumnElement[bool]:
    """Give the condition that every word stands somewhere in the searched fields of a record.

    :param without: columns that the person may not read, so that nothing is found by what they hold
    """
    table = model.__table__
    patterns = [f"%{_escaped(word)}%" for word in words.lower().split()]
    hidden = {field.column for field in searched_fields(table)} & set(without)
    if len(hidden) == len(searched_fields(table)):
        return false()
    source = expression(table, table.name)
    found: list[ColumnElement[bool]] = (
        [model.id.in_(_find(table, companies, pattern)) for pattern in patterns]
        if is_scoped(table)
        else [literal_column(source).like(pattern) for pattern in patterns]
    )
    if hidden:  # index and function look into all; of what they find this keeps what stands in the others
        others = expression(table, table.name, without=hidden)
        found += [literal_column(others).like(pattern) for pattern in patterns]
    return and_(true(), *found)


def _find(table: Table, companies: tuple[int, ...], pattern: str) -> Select[Any]:
    function: Any = getattr(func, f"find_{table.name}")
    call = function(sql_cast(list(companies), ARRAY(BigInteger)), pattern, MOST)
    return select(call.column_valued("found"))


def _escaped(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def sort_key(column: Any) -> Any:
    """Give the expression by which text is sorted: hanzi in the order of their pinyin, as far as GB 18030 has it."""
    return func.hanse_sort(column)
