"""The work sheet of taking over: what each account opens with, read for checking, drawing and posting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse_finance.chart import Chart
from hanse_finance.models import AccountType, Opening, Period, Side

ZERO = Decimal(0)
RESULT = frozenset({AccountType.INCOME, AccountType.EXPENSE})
#: What a line says besides its account: amounts in the company's currency, the same in its own, and quantities.
AMOUNTS = ("balance", "debit", "credit")
FOREIGN = ("foreign_balance", "foreign_debit", "foreign_credit")
COUNTED = ("quantity", "debit_quantity", "credit_quantity")
Key = tuple[int, int | None, int | None]

_DIMENSIONS = text(
    "SELECT account_id, array_agg(dimension_id) FROM finance_account_dimension WHERE company_id = :company GROUP BY 1"
)
_LINES = text(
    "SELECT account_id, details_id, currency_id, balance, debit, credit, foreign_balance, foreign_debit, "
    "foreign_credit, quantity, debit_quantity, credit_quantity, id, entered_by_id "
    "FROM finance_opening_line WHERE company_id = :company AND opening_id = :opening "
    "ORDER BY id"
)


@dataclass(frozen=True, slots=True)
class SheetAccount:
    """An account as the sheet shows it.

    :ivar leaf: it takes an opening: it takes postings, and no account stands below it
    :ivar dimensions: ids of the dimensions its openings must name
    """

    id: int
    code: str
    name: str
    type: AccountType
    side: Side
    parent: int | None
    leaf: bool
    active: bool
    cash: bool
    currency: int | None
    dimensions: frozenset[int]
    unit: str | None = None

    @property
    def full_name(self) -> str:
        """Code and name, as messages call it."""
        return f"{self.code} {self.name}"

    @property
    def sign(self) -> int:
        """1 where its balance usually is a debit, -1 where it is a credit."""
        return 1 if self.side is Side.DEBIT else -1


@dataclass(frozen=True, slots=True)
class Line:
    """What an account opens with in a combination of dimensions and a currency; amounts as the model has them."""

    account: int
    details: int | None = None
    currency: int | None = None
    balance: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    foreign_balance: Decimal | None = None
    foreign_debit: Decimal | None = None
    foreign_credit: Decimal | None = None
    quantity: Decimal | None = None
    debit_quantity: Decimal | None = None
    credit_quantity: Decimal | None = None
    id: int | None = None
    entered_by: int | None = None

    @property
    def key(self) -> Key:
        """What there is one line of."""
        return self.account, self.details, self.currency

    @property
    def year_balance(self) -> Decimal:
        """The balance at the beginning of the year, debit positive."""
        return self.balance - self.debit + self.credit

    @property
    def foreign_year_balance(self) -> Decimal:
        """The same in the line's own currency."""
        return (self.foreign_balance or ZERO) - (self.foreign_debit or ZERO) + (self.foreign_credit or ZERO)

    @property
    def year_quantity(self) -> Decimal:
        """The quantity at the beginning of the year, debit positive."""
        return (self.quantity or ZERO) - (self.debit_quantity or ZERO) + (self.credit_quantity or ZERO)

    @property
    def is_empty(self) -> bool:
        """Whether it says nothing."""
        return not any(getattr(self, name) for name in (*AMOUNTS, *FOREIGN, *COUNTED))

    def amounts(self) -> dict[str, Decimal | None]:
        """Give its amounts by name."""
        return {name: getattr(self, name) for name in (*AMOUNTS, *FOREIGN, *COUNTED)}


@dataclass
class Sums:
    """What an account and those below it open with."""

    balance: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO

    @property
    def year_balance(self) -> Decimal:
        """The balance at the beginning of the year, debit positive."""
        return self.balance - self.debit + self.credit


@dataclass
class Sheet:
    """The chart of accounts with the lines of a company that takes over its books.

    :ivar first: number of the first period of the books; above 1 there are amounts of the year to date
    """

    accounts: dict[int, SheetAccount]
    lines: list[Line]
    first: int = 1
    profit: int | None = None
    places: int = 2
    _below: dict[int, list[int]] | None = field(default=None, repr=False)

    @property
    def mid_year(self) -> bool:
        """Whether months of the first year lie before the books."""
        return self.first > 1

    def with_lines(self, lines: Iterable[Line]) -> Sheet:
        """Give the sheet as it would be with other lines."""
        return Sheet(self.accounts, list(lines), self.first, self.profit, self.places)

    def by_key(self) -> dict[Key, Line]:
        """Give the lines by what there is one of."""
        return {line.key: line for line in self.lines}

    def sums(self) -> dict[int, Sums]:
        """Add up each account with those below it."""
        found = {key: Sums() for key in self.accounts}
        for line in self.lines:
            place: int | None = line.account
            seen: set[int] = set()
            while place is not None and place in found and place not in seen:
                seen.add(place)
                sums = found[place]
                sums.balance += line.balance
                sums.debit += line.debit
                sums.credit += line.credit
                place = self.accounts[place].parent
        return found


def read_accounts(ctx: Context) -> dict[int, SheetAccount]:
    """Read the chart of accounts by id, in the order of the codes."""
    asked = ctx.session.execute(_DIMENSIONS, {"company": ctx.company.id})
    dimensions = {account: frozenset[int](found) for account, found in asked}
    return {
        node.id: SheetAccount(
            node.id,
            node.code,
            node.name,
            node.type,
            node.side,
            node.parent,
            node.postable and node.leaf,
            node.active,
            node.cash,
            node.currency,
            dimensions.get(node.id, frozenset()),
            node.unit,
        )
        for node in sorted(Chart.read(ctx).nodes.values(), key=lambda one: one.code)
    }


def read_lines(ctx: Context, opening: int) -> list[Line]:
    """Read the lines that were entered, in their order; one statement."""
    rows = ctx.session.execute(_LINES, {"company": ctx.company.id, "opening": opening})
    return [Line(*row) for row in rows]


def read_sheet(ctx: Context, opening: Opening) -> Sheet:
    """Read the whole sheet."""
    first = ctx.session.execute(select(Period.number).where(Period.id == opening.first_id)).scalar_one()
    return Sheet(read_accounts(ctx), read_lines(ctx, opening.id), first, opening.profit_id, ctx.company.places)


def find_opening(ctx: Context) -> Opening | None:
    """Give the taking over of the company; None: nobody has begun."""
    return ctx.session.scalars(
        select(Opening).where(Opening.company_id == ctx.company.id).order_by(Opening.id).limit(1)
    ).first()


def opening_of(ctx: Context) -> Opening:
    """Give the taking over of the company.

    :raises BusinessError: nobody has begun
    """
    found = find_opening(ctx)
    if found is None:
        raise BusinessError(_("Nobody has begun to take over the books of %(company)s.", company=ctx.company.name))
    return found


def merged(lines: Sequence[Line], changes: Mapping[Key, Line]) -> list[Line]:
    """Give the lines as they are after changes; what says nothing any more is left out."""
    kept = [changes.get(line.key, line) for line in lines]
    there = {line.key for line in lines}
    return [line for line in (*kept, *(one for key, one in changes.items() if key not in there)) if not line.is_empty]
