"""The figures of a pivot in one statement.

The innermost SELECT takes rows together by all fields at once, which PostgreSQL does in parallel; GROUPING SETS over
what is left of them give every subtotal.  Sums, counts, least and most of parts are those of the whole, and an average
is a sum by a count, never an average of averages.  Amounts are taken together by their currency as well, so that no
two currencies are added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as part
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import Numeric, Select, func, literal, literal_column, select, tuple_
from sqlalchemy import cast as sql_cast

from hanse.directory.models import Company, Currency, PermissionScope
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.models import Kind
from hanse.screens.listing import Query
from hanse.screens.names import names_of
from hanse.screens.pivot.axes import Axis, Measure
from hanse.security.clauses import visible_clause
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.screens.filtering import Asked
    from hanse.screens.pivot.question import Question
    from hanse.screens.screen import Column, Screen

#: More cells than this are no table for people.
MOST_CELLS = 20_000
Path = tuple[Any, ...]


class TooMuch(BusinessError):
    """A pivot has more cells than can be shown; the message says what to do."""


@dataclass
class Figures:
    """What rows taken together amount to.

    :ivar amounts: by column of the measures: what was found of each currency
    """

    number: int = 0
    amounts: dict[str, dict[int | None, Amount]] = part(default_factory=dict[str, "dict[int | None, Amount]"])


@dataclass
class Amount:
    """Sum, count, least and most of a field in one currency."""

    sum: Decimal
    count: int
    least: Decimal
    most: Decimal

    def add(self, other: Amount) -> None:
        """Take another one in."""
        self.sum += other.sum
        self.count += other.count
        self.least, self.most = min(self.least, other.least), max(self.most, other.most)

    def value(self, function: str, places: int) -> Decimal:
        """Give what a measure shows of it; an average is rounded to ``places``."""
        if function == "avg":
            return round(self.sum / self.count, places)
        return {"sum": self.sum, "min": self.least, "max": self.most}[function]


@dataclass
class Cube:
    """The figures of every cell and every total.

    :ivar figures: paths of rows and of columns → figures; shorter paths are totals
    :ivar names: for each axis of links, by name: id → name
    :ivar currencies: id → code and decimals, of those that occur; None is the company's
    """

    question: Question
    figures: dict[tuple[Path, Path], Figures]
    names: dict[str, dict[Any, str]]
    currencies: dict[int | None, tuple[str, int]]


def read_cube(ctx: Context, screen: Screen, asked: Asked, question: Question) -> Cube:
    """Read all figures in one statement, then names of linked records and of currencies.

    :raises TooMuch: there are more cells than can be shown
    """
    statement, money = cube_statement(ctx, screen, asked, question)
    found = ctx.session.connection().execute(statement).all()
    if len(found) > MOST_CELLS:
        raise TooMuch(
            _(
                "This makes more than %(most)s cells. Leave out a field, take days together by month or year, or "
                "filter the list first.",
                most=f"{MOST_CELLS:,}",
            )
        )
    figures: dict[tuple[Path, Path], Figures] = {}
    axes = (*question.rows, *question.columns)
    for row in found:
        place = _place(question, row[: len(axes)], row[len(axes)])
        _take(figures.setdefault(place, Figures()), row[len(axes) + 1 :], _measured(question), money)
    return Cube(question, figures, _names(ctx, axes, figures, len(question.rows)), _currencies(ctx, figures))


def cube_statement(
    ctx: Context, screen: Screen, asked: Asked, question: Question
) -> tuple[Select[Any], dict[str, int]]:
    """Write the statement: fields, which of them are left out of the total, currencies, number, figures.

    :returns: also which of the currencies each column of money is in
    """
    query = Query(ctx, screen)
    axes = (*question.rows, *question.columns)
    cells: list[Any] = [one.expression(ctx, query.value_of(one.column)).label(f"a{at}") for at, one in enumerate(axes)]
    measured = _measured(question)
    units, money = _units(ctx, query, measured)
    cells += [one.label(f"u{at}") for at, one in enumerate(units)]
    fields = [query.value_of(column) for column in measured]
    figures: list[Any] = [func.count().label("n")]
    for at, value in enumerate(fields):
        figures += [
            sql_cast(func.sum(value), Numeric).label(f"s{at}"),
            func.count(value).label(f"c{at}"),
            sql_cast(func.min(value), Numeric).label(f"l{at}"),
            sql_cast(func.max(value), Numeric).label(f"m{at}"),
        ]
    inner = (
        select(*cells, *figures).select_from(query.source).where(visible_clause(ctx, screen.model), *asked.conditions)
    )
    named = [cast("Any", literal_column(one.name)) for one in cells]
    parts = inner.group_by(*named).cte("parts") if named else inner.cte("parts")
    return _totals(parts.c, len(axes), len(question.rows), len(units), len(fields)), money


def _totals(c: Any, axes: int, rows: int, units: int, fields: int) -> Select[Any]:
    levels = [c[f"a{at}"] for at in range(axes)]
    kept = [c[f"u{at}"] for at in range(units)]
    sets = [
        tuple_(*levels[:down], *levels[rows : rows + across], *kept)
        for down in range(rows + 1)
        for across in range(axes - rows + 1)
    ]
    figures: list[Any] = [func.sum(c.n)]
    for at in range(fields):
        figures += [func.sum(c[f"s{at}"]), func.sum(c[f"c{at}"]), func.min(c[f"l{at}"]), func.max(c[f"m{at}"])]
    left_out = func.grouping(*levels) if levels else literal(0)
    statement: Any = select(*levels, left_out, *kept, *figures)
    return cast("Select[Any]", statement.group_by(func.grouping_sets(*sets)).limit(MOST_CELLS + 1))


def _measured(question: Question) -> list[Column]:
    """Give the columns that measures are of, each once."""
    columns = {one.column.name: one.column for one in question.measures if one.column is not None}
    return list(columns.values())


def _units(ctx: Context, query: Query, measured: Sequence[Column]) -> tuple[list[Any], dict[str, int]]:
    """Give the currencies that amounts are taken together by, and which of them a column is in."""
    units: list[Any] = []
    paths: dict[Any, int] = {}
    found: dict[str, int] = {}
    for column in measured:
        if column.kind is not Kind.MONEY or column.field is None:
            continue
        unit = query.currency_id_of(column)
        key = column.field.currency and (column.links, column.field.currency)
        if unit is None:
            if not _crosses_companies(ctx, query.screen):
                continue
            company = query.screen.model.__table__.c.company_id
            unit = select(Company.currency_id).where(Company.id == company).scalar_subquery()
        if key not in paths:
            paths[key] = len(units)
            units.append(unit)
        found[column.name] = paths[key]
    return units, found


def _crosses_companies(ctx: Context, screen: Screen) -> bool:
    scopes = ctx.grants.scopes(verb(screen.model, "read"))
    return not screen.model.__shared__ and len(ctx.companies) > 1 and PermissionScope.COMPANIES in scopes


def _place(question: Question, keys: Sequence[Any], left_out: int) -> tuple[Path, Path]:
    """Tell which cell or total a row of the result is: bits of ``left_out`` say which fields it does without."""
    count = len(keys)
    here = [key for at, key in enumerate(keys) if not left_out >> (count - 1 - at) & 1]
    down = sum(not left_out >> (count - 1 - at) & 1 for at in range(len(question.rows)))
    return tuple(here[:down]), tuple(here[down:])


def _take(into: Figures, values: Sequence[Any], measured: Sequence[Column], money: dict[str, int]) -> None:
    units = max(money.values(), default=-1) + 1
    if values[units] is None:  # the total of nothing
        return
    into.number += int(values[units])
    for at, column in enumerate(measured):
        total, count, least, most = values[units + 1 + at * 4 : units + 5 + at * 4]
        if not count:
            continue
        unit = values[money[column.name]] if column.name in money else None
        amounts = into.amounts.setdefault(column.name, {})
        amount = Amount(total, int(count), least, most)
        if unit in amounts:
            amounts[unit].add(amount)
        else:
            amounts[unit] = amount


def _names(
    ctx: Context, axes: Sequence[Axis], figures: dict[tuple[Path, Path], Figures], rows: int
) -> dict[str, dict[Any, str]]:
    found: dict[str, dict[Any, str]] = {}
    for at, axis in enumerate(axes):
        target = axis.column.field.target if axis.column.field is not None else None
        if axis.kind is not Kind.LINK or target is None:
            continue
        side, level = (0, at) if at < rows else (1, at - rows)
        ids = {place[side][level] for place in figures if len(place[side]) > level and place[side][level] is not None}
        found[axis.name] = dict(names_of(ctx, target, ids))
    return found


def _currencies(ctx: Context, figures: dict[tuple[Path, Path], Figures]) -> dict[int | None, tuple[str, int]]:
    own = (ctx.company.currency, ctx.company.places)
    ids = {unit for one in figures.values() for amounts in one.amounts.values() for unit in amounts if unit is not None}
    found: dict[int | None, tuple[str, int]] = {None: own}
    if ids:
        rows = ctx.session.execute(select(Currency.id, Currency.code, Currency.places).where(Currency.id.in_(ids)))
        found |= {record: (code, places) for record, code, places in rows}
    return found


__all__ = ["MOST_CELLS", "Amount", "Cube", "Figures", "Measure", "Path", "TooMuch", "cube_statement", "read_cube"]
