"""Balances by dimension (辅助余额表) and the ledger of one value (辅助明细账)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import and_, select

from hanse import BusinessError, Context, NotFound, _, link_id
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse.security.clauses import visible_clause
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO, Asked, Figures, Pair, by_month, by_span
from hanse_finance.lines import Slice, uses
from hanse_finance.models import AccountDimension, Dimension, DimensionSetValue, DimensionSource, DimensionValue
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books.choosing import (
    FROM_ACCOUNT,
    TO_ACCOUNT,
    UNPOSTED,
    ZERO_ROWS,
    chosen_account,
    chosen_range,
    note_of,
)
from hanse_finance.screens.books.running import Calendar, Section, Vector, add, read_book
from hanse_finance.screens.books.three_columns import ThreeColumns
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

_MONEY = Kind.MONEY


def dimensions(ctx: Context, *sources: DimensionSource) -> Sequence[tuple[str, Label]]:
    """Give the dimensions that accounts ask for, those with most accounts first; without sources all of them."""
    query = (
        select(Dimension.id, Dimension.name)
        .join(
            AccountDimension,
            and_(
                link_id(AccountDimension.dimension) == Dimension.id, AccountDimension.company_id == Dimension.company_id
            ),
        )
        .where(Dimension.company_id == ctx.company.id)
        .group_by(Dimension.id, Dimension.name, Dimension.code)
        .order_by(Dimension.code)
    )
    if sources:
        query = query.where(Dimension.source.in_(sources))
    return [(str(key), name) for key, name in ctx.session.execute(query)]


def first_dimension(ctx: Context) -> str:
    """Give the first of the dimensions."""
    return next((key for key, _name in dimensions(ctx)), "")


def no_dimension() -> BusinessError:
    """Say that nothing is analysed by dimensions."""
    return BusinessError(_("No account asks for a dimension yet."))


@dataclass(slots=True)
class Value:
    """A value of a dimension, and the sets it is part of."""

    id: int
    code: str
    name: str
    sets: list[int] = field(default_factory=list[int])

    @property
    def title(self) -> str:
        """Code and name; one of them where they are the same."""
        return self.name if self.code == self.name else f"{self.code} {self.name}"


def values_of(ctx: Context, dimension: int) -> dict[int, Value]:
    """Give the values of a dimension that this person may see, with their sets, in the order of their codes."""
    query = select(DimensionValue.id, DimensionValue.code, DimensionValue.name).where(
        visible_clause(ctx, DimensionValue), link_id(DimensionValue.dimension) == dimension
    )
    found = {
        key: Value(key, code, name) for key, code, name in ctx.session.execute(query.order_by(DimensionValue.code))
    }
    sets = select(link_id(DimensionSetValue.value), link_id(DimensionSetValue.set)).where(
        DimensionSetValue.company_id == ctx.company.id, link_id(DimensionSetValue.dimension) == dimension
    )
    for value, key in ctx.session.execute(sets):
        if value in found:
            found[value].sets.append(key)
    return found


# --- balances ---------------------------------------------------------------------------------------------------------

_VALUE, _BOTH, _ACCOUNT = "value", "value-account", "account-value"


def _arrangements(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [
        (_VALUE, _("values alone")),
        (_BOTH, _("values, each with its accounts")),
        (_ACCOUNT, _("accounts, each with its values")),
    ]


def _read_balances(ctx: Context, given: Given) -> Reading:
    dimension, span = given.record("dimension"), chosen_span(ctx, given)
    if dimension is None:
        raise no_dimension()
    chart, values = Chart.read(ctx), values_of(ctx, dimension)
    nodes = {node.id: node for node in chosen_range(ctx, given, chart)}
    unposted = given.flag("unposted")
    cells = _cells(ctx, Asked(span, list(nodes), unposted=unposted), values)
    if given.flag("zero"):
        for value in values:
            if not any(key[0] == value for key in cells):
                cells[value, 0] = Figures()
    shown = {key: own for key, own in cells.items() if own.moved or given.flag("zero")}
    writer = _Balances(chart, values, given, {"period": given.text("period"), "to": given.text("to") or None})
    total = Figures()
    for own in shown.values():
        total.add(own)
    rows = writer.rows(shown)
    return Reading(
        writer.columns(),
        rows,
        totals=[*writer.heads(_("Total")), *_figures(total)],
        note=note_of(span, unposted=unposted),
    )


def _cells(ctx: Context, asked: Asked, values: Mapping[int, Value]) -> dict[tuple[int, int], Figures]:
    """Give the figures of each value and account."""
    of_set = {key: value.id for value in values.values() for key in value.sets}
    found: dict[tuple[int, int], Figures] = {}
    for (account, details), own in by_span(ctx, asked, "account_id", "details_id", dimensioned=True):
        value = of_set.get(details)
        if value is not None:
            found.setdefault((value, account), Figures()).add(own)
    return found


def _figures(own: Figures) -> list[Any]:
    return [
        *side_and_amount(own.opening),
        own.debit or None,
        own.credit or None,
        own.year_debit or None,
        own.year_credit or None,
        *side_and_amount(own.closing),
    ]


class _Balances:
    """Rows by value, by value and account, or by account and value."""

    def __init__(self, chart: Chart, values: Mapping[int, Value], given: Given, span: Mapping[str, str | None]) -> None:
        self.chart, self.values, self.span = chart, values, span
        self.how = given.text("by") or _VALUE
        self.query = {**span, "unposted": given.text("unposted") or None}

    def columns(self) -> list[ReportColumn]:
        code = ReportColumn("code", _("Code"), small="lead")
        value = ReportColumn("value", _("Value"), small="title")
        account = ReportColumn("account", _("Account"), small="sub")
        heads = {_VALUE: [code, value], _BOTH: [code, value, account], _ACCOUNT: [account, code, value]}[self.how]
        return [
            *heads,
            ReportColumn("opening_side", _("Side"), group=_("Opening")),
            ReportColumn("opening", _("Amount"), _MONEY, _("Opening")),
            ReportColumn("debit", _("Debit"), _MONEY, _("This period"), small="sub"),
            ReportColumn("credit", _("Credit"), _MONEY, _("This period"), small="sub"),
            ReportColumn("year_debit", _("Debit"), _MONEY, _("Year to date")),
            ReportColumn("year_credit", _("Credit"), _MONEY, _("Year to date")),
            ReportColumn("closing_side", _("Side"), group=_("Closing"), small="end"),
            ReportColumn("closing", _("Amount"), _MONEY, _("Closing"), small="end"),
        ]

    def heads(self, label: Label) -> list[Any]:
        return (
            [None, label] if self.how == _VALUE else [None, label, None] if self.how == _BOTH else [label, None, None]
        )

    def rows(self, cells: Mapping[tuple[int, int], Figures]) -> list[ReportRow]:
        if self.how == _VALUE:
            sums = self._sums(cells, 0)
            return [self._row(value, 0, sums[value]) for value in self._sorted_values(sums)]
        return list(self._by_both(cells, first=0 if self.how == _BOTH else 1))

    def _by_both(self, cells: Mapping[tuple[int, int], Figures], first: int) -> Iterator[ReportRow]:
        sums = self._sums(cells, first)
        outer = self._sorted_values(sums) if first == 0 else [node.id for node in self._accounts(sums)]
        for one in outer:
            inside = [key for key in cells if key[first] == one]
            order = self._place_of([key[1 - first] for key in inside], values=first == 1)
            for value, account in sorted(inside, key=lambda key: order[key[1 - first]]):
                yield self._row(value, account, cells[value, account])
            if len(inside) > 1:
                yield self._sum(one, sums[one], first)

    def _place_of(self, keys: Iterable[int], *, values: bool) -> dict[int, int]:
        ordered = self._sorted_values(keys) if values else [0, *(node.id for node in self._accounts(keys))]
        return {key: place for place, key in enumerate(ordered)}

    def _accounts(self, keys: Iterable[int]) -> list[Any]:
        return self.chart.sorted(key for key in keys if key)

    def _sorted_values(self, keys: Iterable[int]) -> list[int]:
        there = set(keys)
        return [value for value in self.values if value in there]

    @staticmethod
    def _sums(cells: Mapping[tuple[int, int], Figures], place: int) -> dict[int, Figures]:
        found: dict[int, Figures] = {}
        for key, own in cells.items():
            found.setdefault(key[place], Figures()).add(own)
        return found

    def _row(self, value: int, account: int, own: Figures) -> ReportRow:
        named = self.values[value]
        heads: list[Any] = [named.code, named.name]
        title = self.chart.nodes[account].title if account else None
        heads = {_VALUE: heads, _BOTH: [*heads, title], _ACCOUNT: [title, *heads]}[self.how]
        to = DIMENSION_LEDGER.to(value=value, account=account or None, **self.query)
        return ReportRow([*heads, *_figures(own)], to)

    def _sum(self, key: int, own: Figures, place: int) -> ReportRow:
        if place == 0:
            named = self.values[key]
            to = DIMENSION_LEDGER.to(value=key, **self.query)
            return ReportRow([named.code, named.name, _("Sum"), *_figures(own)], to, strong=True)
        return ReportRow([self.chart.nodes[key].title, None, _("Sum"), *_figures(own)], strong=True)


# --- the ledger of a value --------------------------------------------------------------------------------------------


def _read_ledger(ctx: Context, given: Given) -> Reading:
    value = given.record("value")
    one = ctx.visible(DimensionValue, DimensionValue.id == value).first() if value is not None else None
    if one is None:
        raise NotFound(_("This value is not there, or not for you."))
    chart, span, unposted = Chart.read(ctx), chosen_span(ctx, given), given.flag("unposted")
    account = chosen_account(ctx, given)
    sets = list(
        ctx.session.scalars(
            select(link_id(DimensionSetValue.set)).where(
                DimensionSetValue.company_id == ctx.company.id, link_id(DimensionSetValue.value) == one.id
            )
        )
    )
    label = f"{one.code} {one.name}" if one.code != one.name else one.name
    family = None if account is None else chart.family(account)
    if account is not None:
        label = f"{label} · {chart.nodes[account].title}"
    moved = by_month(ctx, Asked(span, family, sets, unposted=unposted))
    section = _section(Asked(span, family, sets, unposted=unposted), moved, label)
    book = ThreeColumns(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    book.account = family is None or len(family) > 1
    book.details, book.original = len(sets) > 1, uses(ctx, list(moved))[1]
    return read_book(book, [section], given, note_of(span, unposted=unposted))


def _section(asked: Asked, moved: Mapping[int, Mapping[int, Pair]], label: str) -> Section:
    span: Span = asked.span
    months: dict[int, Vector] = {}
    for own in moved.values():
        for number, pair in own.items():
            months[number] = add(months.get(number, (ZERO, ZERO)), pair)
    lines = Slice(span.start, span.end, asked.accounts, asked.sets, unposted=asked.unposted)
    return Section("value", label, lines, months)


DIMENSION_LEDGER = Report(
    "dimension-ledger",
    title=_("Dimension ledger"),
    menu="books",
    icon="book-2",
    order=37,
    permission=Finance.REPORT,
    parameters=[
        Parameter("value", _("Value"), target=DimensionValue, required=True),
        FROM_ACCOUNT,
        *PARAMETERS,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read_ledger,
    about={DimensionValue: lambda value: {"value": str(value.id)}},
)

DIMENSION_BALANCES = Report(
    "dimension-balances",
    title=_("Dimension balances"),
    menu="books",
    icon="users-group",
    order=36,
    permission=Finance.REPORT,
    parameters=[
        Parameter("dimension", _("Dimension"), choices=dimensions, default=first_dimension),
        Parameter("by", _("Rows are"), choices=_arrangements, default=lambda ctx: _VALUE),
        *PARAMETERS,
        FROM_ACCOUNT,
        TO_ACCOUNT,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read_balances,
)
