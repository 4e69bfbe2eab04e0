"""Groups of a list with their subtotals, in one statement within visible()."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Integer, String, func, literal_column, null, select
from sqlalchemy import cast as sql_cast

from hanse.directory.models import Company, Currency
from hanse.i18n import Label
from hanse.models import Field, Kind, link_id
from hanse.screens.filtering import Asked
from hanse.screens.formats import formatter, money_formatter
from hanse.screens.groups import Grouping
from hanse.screens.listing import Query
from hanse.screens.names import name_writer
from hanse.screens.screen import Column, Screen
from hanse.security.clauses import visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context

#: So many groups are shown at once.
PAGE = 200
_NO_CURRENCY = (sql_cast(null(), String), sql_cast(null(), Integer))
_ADDED = (Kind.MONEY, Kind.QUANTITY)


@dataclass(frozen=True)
class Amount:
    """A sum of one currency; ``currency`` is None where a column has none."""

    value: Decimal
    currency: str | None = None
    places: int | None = None


@dataclass(frozen=True)
class Group:
    """Rows that agree in a field.

    :ivar value: as it is stored; None for rows that leave the field empty
    :ivar sums: name of a column → its sum, one for each currency
    """

    value: Any
    text: str
    label: Label
    count: int
    sums: dict[str, list[Amount]]


@dataclass(frozen=True)
class Groups:
    """Groups in their order; ``more`` says that further ones follow."""

    rows: list[Group]
    more: bool


def summed(screen: Screen, columns: Sequence[Column]) -> list[Column]:
    """Give the columns that are added up: money, quantities and whole numbers, or what the screen says."""
    if screen.sums is not None:
        return [column for column in columns if column.field in screen.sums]
    return [column for column in columns if column.field is not None and _is_amount(column.field)]


def _is_amount(field: Field) -> bool:
    return field.kind in _ADDED or (field.kind is Kind.NUMBER and field.python_type is int)


def read_groups(
    ctx: Context,
    screen: Screen,
    asked: Asked,
    grouping: Grouping,
    *,
    columns: Sequence[Column],
    within: Sequence[ColumnElement[bool]] = (),
    skip: int = 0,
    size: int = PAGE,
) -> Groups:
    """Read groups with count and sums.

    Inside, rows are put together by group and currencies; outside, each group becomes one row that holds its sums as
    arrays, so that groups can be counted off whatever currencies they have.

    :param columns: what is added up; the caller shows only what the person may read
    :param within: further conditions: the group that these stand in
    """
    query = Query(ctx, screen)
    column = query.table.c[grouping.field.column]
    is_link = grouping.field.kind is Kind.LINK
    names = [one.label(f"n{at}") for at, one in enumerate(query.linked_names(grouping.field) if is_link else ())]
    key = grouping.expression(ctx, column).label("key")
    monies = [_currency(ctx, query, one) for one in columns]
    sums = [func.sum(query.value_of(one)).label(f"s{at}") for at, one in enumerate(columns)]
    codes = [(pair or _NO_CURRENCY)[0].label(f"c{at}") for at, pair in enumerate(monies)]
    places = [(pair or _NO_CURRENCY)[1].label(f"p{at}") for at, pair in enumerate(monies)]
    first = 3 + len(names) + len(sums)
    # By place, since an expression with parameters is not equal to itself for PostgreSQL.
    spots = [1, *range(2, 2 + len(names)), *(first + at for at, pair in enumerate(monies) if pair)]
    spots += [first + len(codes) + at for at, pair in enumerate(monies) if pair]
    by: list[ColumnElement[Any]] = [literal_column(str(spot)) for spot in spots]
    inner = (
        select(key, *names, func.count().label("many"), *sums, *codes, *places)
        .select_from(query.source)
        .where(visible_clause(ctx, screen.model), *asked.conditions, *within)
        .group_by(*by)
        .subquery()
    )
    outer_names: list[Any] = [inner.c[f"n{at}"] for at in range(len(names))]
    order = _order(ctx, grouping, inner.c.key, outer_names)
    arrays = [func.array_agg(inner.c[f"{what}{at}"]) for at in range(len(columns)) for what in ("s", "c", "p")]
    statement: Any = (
        select(inner.c.key, *outer_names, func.sum(inner.c.many), *arrays)
        .group_by(inner.c.key, *outer_names)
        .order_by(*(one.asc().nulls_last() for one in order))
        .offset(skip)
        .limit(size + 1)
    )
    rows: Any = ctx.session.connection().execute(statement)
    found: list[Any] = list(rows)
    write = _namer(grouping)
    groups = [_group(grouping, columns, write, len(names), row) for row in found[:size]]
    return Groups(groups, len(found) > size)


def _order(ctx: Context, grouping: Grouping, key: Any, names: Sequence[Any]) -> list[Any]:
    if grouping.span:
        return [key]
    return grouping.order(ctx, key, names)


def _currency(ctx: Context, query: Query, column: Column) -> tuple[Any, Any] | None:
    """Give code and decimals of what is added up, so that only equal currencies are; None: there is only one."""
    own = query.currency_of(column)
    if own is not None:
        return own
    shared = query.screen.model.__shared__
    if column.kind is Kind.MONEY and not shared and len(ctx.companies) > 1:  # each company has its own
        where = query.table.c.company_id
        found = select(Currency.code).join(Company, link_id(Company.currency) == Currency.id)
        code = found.where(Company.id == where).correlate(query.table).scalar_subquery()
        many = select(Currency.places).join(Company, link_id(Company.currency) == Currency.id)
        return code, many.where(Company.id == where).correlate(query.table).scalar_subquery()
    return None


def _namer(grouping: Grouping) -> Any:
    if grouping.field.kind is not Kind.LINK:
        return None
    assert grouping.field.target is not None
    return name_writer(grouping.field.target)


def _group(grouping: Grouping, columns: Sequence[Column], write: Any, names: int, row: Sequence[Any]) -> Group:
    value, rest = row[0], row[2 + names :]
    name = write(row[1 : 1 + names]) if write is not None and value is not None else ""
    sums = {column.name: _amounts(*rest[3 * at : 3 * at + 3]) for at, column in enumerate(columns)}
    return Group(value, grouping.written(value), grouping.said(value, name), int(row[1 + names]), sums)


def _amounts(values: Sequence[Any], codes: Sequence[str | None], places: Sequence[int | None]) -> list[Amount]:
    """Put the sums of a group together by currency; rows that leave the column empty give none."""
    found: dict[str | None, Amount] = {}
    for value, code, decimals in zip(values, codes, places, strict=True):
        if value is not None:
            before = found[code].value if code in found else Decimal(0)
            found[code] = Amount(before + Decimal(value), code, decimals)
    return [found[code] for code in sorted(found, key=lambda one: one or "")]


def total(groups: Sequence[Group], column: str) -> list[Amount]:
    """Add up the sums of groups, each currency by itself."""
    amounts = [amount for group in groups for amount in group.sums.get(column, ())]
    return _amounts([one.value for one in amounts], [one.currency for one in amounts], [one.places for one in amounts])


def write_amounts(ctx: Context, column: Column, amounts: Sequence[Amount]) -> str:
    """Write sums as lists write values: the company's own currency without its code."""
    if column.kind is not Kind.MONEY:
        write = formatter(ctx, Kind.QUANTITY)
        return ", ".join(write(one.value) for one in amounts)
    texts: list[str] = []
    for one in amounts:
        text = money_formatter(ctx.company.places if one.places is None else one.places)(one.value)
        own = one.currency in (None, ctx.company.currency)
        texts.append(text if own else f"{one.currency}\N{NO-BREAK SPACE}{text}")
    return " · ".join(texts)


__all__ = ["PAGE", "Amount", "Group", "Groups", "read_groups", "summed", "total", "write_amounts"]
