"""Quantity books: the ledger of receipts, issues and stock (数量金额式明细账), and its balances (数量金额余额表).

Of accounts that count in a unit.  One that asks for dimensions, such as goods (存货), can be divided by them: what each
combination moved, and what no combination is named for.  A unit price is an amount divided by its quantity, to four
decimals, half up; it is shown and never stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from sqlalchemy import select, text
from typing_extensions import override

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO, Asked, source
from hanse_finance.lines import COUNTED, Line, Slice, Spot
from hanse_finance.models import DimensionSet
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
from hanse_finance.screens.books.running import Book, Calendar, Section, Vector, add, read_book, sums_before
from hanse_finance.screens.sides import CREDIT, DEBIT, LEVEL, side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

_MONEY, _QUANTITY = Kind.MONEY, Kind.QUANTITY
_NOTHING: Vector = (ZERO,) * 4
_CENT, _PRICE = Decimal("0.01"), Decimal("0.0001")
#: An account, and the combination of dimensions it is divided by; None: all of them, or no dimension named.
Key = tuple[int, int | None]
Months = dict[int, Vector]
_FIGURES = "sum(m.debit_quantity), sum(m.credit_quantity), sum(m.base_debit), sum(m.base_credit)"


def unit_price(amount: Decimal, quantity: Decimal) -> Decimal | None:
    """Give an amount divided by its quantity, to four decimals or two where these say it all; None: one is missing."""
    if not amount or not quantity:
        return None
    price = (amount / quantity).quantize(_PRICE, ROUND_HALF_UP)
    whole = price.quantize(_CENT)
    return whole if whole == price else price


class Balance(NamedTuple):
    """What is there: quantity and amount without the sign of their side."""

    side: Label
    quantity: Decimal | None
    price: Decimal | None
    amount: Decimal | None

    @classmethod
    def of(cls, quantity: Decimal, amount: Decimal) -> Balance:
        """Put a balance on its side, that of its amount; where there is none, that of its quantity; debit positive."""
        decides = amount or quantity
        side, sign = (DEBIT, 1) if decides > 0 else (CREDIT, -1) if decides else (LEVEL, 1)
        return cls(side, sign * quantity or None, unit_price(amount, quantity), sign * amount or None)


def _balance(moved: Vector) -> Balance:
    return Balance.of(moved[0] - moved[1], moved[2] - moved[3])


class Counted(NamedTuple):
    """What is counted: quantities and amounts by account, combination of dimensions, and number of the period."""

    keys: Sequence[Key]
    months: Mapping[Key, Months]
    names: Mapping[int, str]


def counted(ctx: Context, chart: Chart, asked: Asked, *, divided: bool) -> Counted:
    """Read the movements of accounts; number 0 is what the year opened with.  One statement, or three where divided."""
    whole = _read_months(ctx, asked, "NULL::bigint", dimensioned=False)
    if not divided:
        return Counted(_sorted(chart, whole, {}), whole, {})
    found = _read_months(ctx, asked, "m.details_id", dimensioned=True)
    for (account, _details), months in list(found.items()):
        rest = whole[account, None]
        for number, vector in months.items():
            rest[number] = add(rest[number], (-one for one in vector))
    found |= {key: months for key, months in whole.items() if any(any(one) for one in months.values())}
    sets = [details for _account, details in found if details is not None]
    names = dict(ctx.session.execute(select(DimensionSet.id, DimensionSet.name).where(DimensionSet.id.in_(sets))).all())
    return Counted(_sorted(chart, found, names), found, names)


def _read_months(ctx: Context, asked: Asked, details: str, *, dimensioned: bool) -> dict[Key, Months]:
    statement = text(
        f"SELECT m.account_id, {details}, m.number, {_FIGURES} "  # noqa: S608  made of constants alone
        f"FROM {source(unposted=asked.unposted, dimensioned=dimensioned)} m WHERE {asked.where()} GROUP BY 1, 2, 3"
    )
    found: dict[Key, Months] = {}
    for account, key, number, *figures in ctx.session.execute(statement, asked.params(ctx)):
        found.setdefault((account, key), {})[number] = tuple(figures)
    return found


def _sorted(chart: Chart, months: Mapping[Key, Months], names: Mapping[int, str]) -> list[Key]:
    """Order by the code of the account, then by the name of the combination."""
    return sorted(months, key=lambda key: (chart.nodes[key[0]].codes, names.get(key[1] or 0, ""), key[1] or 0))


def _accounts(ctx: Context, given: Given, chart: Chart) -> list[int]:
    """Give the accounts that count in a unit: below one that was chosen, or from one to another.

    :raises BusinessError: none does
    """
    account = chosen_account(ctx, given)
    if account is not None and given.record("through") is None:
        nodes = [chart.nodes[one] for one in chart.family(account)]
    else:
        nodes = chosen_range(ctx, given, chart)
    found = [node.id for node in nodes if node.leaf and node.unit]
    if not found:
        raise BusinessError(_("None of these accounts counts in a unit: say so on the page of the account."))
    return found


def _label(chart: Chart, key: Key, names: Mapping[int, str]) -> str:
    node = chart.nodes[key[0]]
    title = f"{node.title} ({node.unit})"
    return title if key[1] is None else f"{title} · {names[key[1]]}"


# --- the ledger -------------------------------------------------------------------------------------------------------


class QuantityLedger(Book):
    """A vector is the quantities of debit and credit, then their amounts."""

    sums = COUNTED

    @override
    def columns(self) -> list[ReportColumn]:
        columns = self.leading()
        for name, group in (("debit", _("Receipts")), ("credit", _("Issues"))):
            columns += _triple(name, group, small="sub")
        return [
            *columns,
            ReportColumn("side", _("Side"), group=_("Balance"), small="end"),
            *_triple("balance", _("Balance")),
        ]

    @override
    def movement(self, line: Line) -> Vector:
        quantity, base = line.quantity or ZERO, line.base_pair
        return (quantity, ZERO, *base) if line.debit is not None else (ZERO, quantity, *base)

    @override
    def before(self, section: Section, number: int, spot: Spot) -> Vector:
        return sums_before(self, section, number, spot)

    @override
    def cells(self, section: Section, line: Line, so_far: Vector) -> list[Any]:
        debit, credit = line.base_pair
        own = _moved(line.quantity or ZERO, debit or credit)
        sides = [*own, None, None, None] if line.debit is not None else [None, None, None, *own]
        return [line.day, line.title, line.summary, *self._heading(section), *sides, *_balance(so_far)]

    @override
    def total(self, section: Section, label: Label, moved: Vector | None, so_far: Vector) -> list[Any]:
        sides: list[Any] = [None] * 6
        if moved is not None:
            sides = [*_moved(moved[0], moved[2]), *_moved(moved[1], moved[3])]
        return [None, None, label, *self._heading(section), *sides, *_balance(so_far)]

    def _heading(self, section: Section) -> list[Label]:
        return [section.label] if self.heading else []


def _moved(quantity: Decimal, amount: Decimal) -> list[Decimal | None]:
    return [quantity or None, unit_price(amount, quantity), amount or None]


def _triple(name: str, group: Label, *, small: str = "end") -> list[ReportColumn]:
    return [
        ReportColumn(f"{name}_quantity", _("Quantity"), _QUANTITY, group, small),
        ReportColumn(f"{name}_price", _("Unit price"), Kind.RATE, group),
        ReportColumn(name, _("Amount"), _MONEY, group, small),
    ]


def _sections(ctx: Context, given: Given, chart: Chart, span: Span) -> list[Section]:
    accounts, unposted, divided = _accounts(ctx, given, chart), given.flag("unposted"), given.flag("divided")
    found = counted(ctx, chart, Asked(span, accounts, unposted=unposted), divided=divided)
    keys = list(found.keys)
    if given.flag("zero"):
        keys += [(one, None) for one in accounts if one not in {account for account, _details in keys}]
    sections: list[Section] = []
    for account, details in keys:
        lines = Slice(
            span.start,
            span.end,
            accounts=[account],
            sets=None if details is None else [details],
            unposted=unposted,
            bare=divided and details is None,
        )
        months = found.months.get((account, details), {})
        label = _label(chart, (account, details), found.names)
        section = Section(f"{account}.{details or 0}", label, lines, months, 4)
        if given.flag("zero") or _has_figures(section, span):
            sections.append(section)
    return sections


def _has_figures(section: Section, span: Span) -> bool:
    opening = section.until(span.first, opening=True)
    moves = any(span.first <= key <= span.last for key in section.months)
    return moves or bool(opening[0] - opening[1] or opening[2] - opening[3])


def _read(ctx: Context, given: Given) -> Reading:
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    sections = _sections(ctx, given, chart, span)
    book = QuantityLedger(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    book.heading = len(sections) > 1
    return read_book(book, sections, given, note_of(span, unposted=given.flag("unposted")))


DIVIDED = Parameter("divided", _("By dimensions"))
QUANTITY_LEDGER = Report(
    "quantity-ledger",
    title=_("Quantity ledger"),
    menu="books",
    icon="package",
    order=32,
    permission=Finance.REPORT,
    parameters=[FROM_ACCOUNT, TO_ACCOUNT, *PARAMETERS, DIVIDED, UNPOSTED, ZERO_ROWS],
    read=_read,
)


# --- balances ---------------------------------------------------------------------------------------------------------


def _read_balances(ctx: Context, given: Given) -> Reading:
    chart, span, unposted = Chart.read(ctx), chosen_span(ctx, given), given.flag("unposted")
    sections = _sections(ctx, given, chart, span)
    rows = list(_balance_rows(chart, sections, span, given))
    total = _NOTHING
    opening = ZERO
    for one in sections:
        total = add(total, _span_moved(one, span))
        before = one.until(span.first, opening=True)
        opening += before[2] - before[3]
    closing = opening + total[2] - total[3]
    totals = [
        None,
        _("Total"),
        None,
        *_amount_alone(opening),
        *(None, total[2], None, total[3]),
        *([None, None, None, None] if given.flag("year") else []),
        *_amount_alone(closing),
    ]
    return Reading(_balance_columns(given), rows, totals=totals, note=note_of(span, unposted=unposted))


def _amount_alone(balance: Decimal) -> list[Any]:
    """Quantities of several units have no sum."""
    side, amount = side_and_amount(balance)
    return [side, None, None, amount]


def _span_moved(section: Section, span: Span, *, since: int | None = None) -> Vector:
    found = _NOTHING
    for number, own in section.months.items():
        if (span.first if since is None else since) <= number <= span.last:
            found = add(found, own)
    return found


def _balance_rows(chart: Chart, sections: Sequence[Section], span: Span, given: Given) -> Iterator[ReportRow]:
    names = ("period", "to", "account", "through", "divided", "unposted", "zero")
    query = {name: given.text(name) or None for name in names}
    for one in sections:
        node = chart.nodes[int(one.key.partition(".")[0])]
        moved, year = _span_moved(one, span), _span_moved(one, span, since=1)
        opening, closing = one.until(span.first, opening=True), one.until(span.last + 1, opening=True)
        named = str(one.label).partition(" · ")[2]
        row = [
            node.code,
            f"{node.name} · {named}" if named else node.name,
            node.unit,
            *_balance(opening),
            *(value or None for value in (moved[0], moved[2], moved[1], moved[3])),
            *((value or None for value in (year[0], year[2], year[1], year[3])) if given.flag("year") else ()),
            *_balance(closing),
        ]
        yield ReportRow(row, QUANTITY_LEDGER.to(at=one.key, **query))


def _balance_columns(given: Given) -> list[ReportColumn]:
    def balance(name: str, group: Label, small: str) -> list[ReportColumn]:
        return [ReportColumn(f"{name}_side", _("Side"), group=group, small=small), *_triple(name, group, small=small)]

    def moved(name: str, group: Label, small: str = "none") -> list[ReportColumn]:
        return [
            ReportColumn(f"{name}_quantity", _("Quantity"), _QUANTITY, group, small),
            ReportColumn(name, _("Amount"), _MONEY, group, small),
        ]

    return [
        ReportColumn("code", _("Code"), small="lead"),
        ReportColumn("name", _("Account"), small="title"),
        ReportColumn("unit", _("Unit"), small="sub"),
        *balance("opening", _("Opening"), "none"),
        *moved("debit", _("Receipts"), "sub"),
        *moved("credit", _("Issues"), "sub"),
        *(moved("year_debit", _("Receipts, year to date")) if given.flag("year") else []),
        *(moved("year_credit", _("Issues, year to date")) if given.flag("year") else []),
        *balance("closing", _("Closing"), "end"),
    ]


QUANTITY_BALANCES = Report(
    "quantity-balances",
    title=_("Quantity balances"),
    menu="books",
    icon="stack-2",
    order=21,
    permission=Finance.REPORT,
    parameters=[
        *PARAMETERS,
        FROM_ACCOUNT,
        TO_ACCOUNT,
        DIVIDED,
        Parameter("year", _("Year to date")),
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read_balances,
)

__all__ = ["QUANTITY_BALANCES", "QUANTITY_LEDGER", "Balance", "QuantityLedger", "counted", "unit_price"]
