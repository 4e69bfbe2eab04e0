"""Lines of vouchers as books show them: streamed for a file, or a page at a time by the index (account, day).

A page begins at a day and behind so many lines of that day, so it costs its own lines and no more.  Which of them are
posted is asked voucher by voucher; the boundary of a page is found in the index alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse.i18n import format_money

#: Lines that are read at once from the database where all are wanted.
_PIECE = 2000
_POSTED, _NOT_VOID = "v.state = 'posted'", "v.state <> 'void'"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with what books show of its voucher.

    :ivar number: the final one; of a voucher that is not posted the provisional one
    :ivar account: id
    :ivar details: id of the set of dimension values
    :ivar quantity: in the account's unit, negative where the line is red
    """

    voucher: int
    day: date
    word: str
    number: int
    state: str
    place: int
    summary: str
    account: int
    details: int | None
    details_name: str | None
    currency: str
    places: int
    foreign: str | None
    foreign_places: int | None
    debit: Decimal | None
    credit: Decimal | None
    foreign_amount: Decimal | None
    foreign_rate: Decimal | None
    base: Decimal
    quantity: Decimal | None

    @property
    def base_pair(self) -> tuple[Decimal, Decimal]:
        """Debit and credit in the company's currency; a red amount is negative on its own side."""
        return (self.base, Decimal(0)) if self.debit is not None else (Decimal(0), -self.base)

    @property
    def title(self) -> str:
        """Word and number; a provisional number stands in brackets."""
        posted = self.state == "posted"
        return f"{self.word}-{self.number}" if posted else f"{self.word}-({self.number})"

    def original(self, company_currency: str) -> str | None:
        """Say the amount in the currency it was written in, where that is not the company's."""
        if self.foreign is not None and self.foreign_amount is not None and self.foreign_places is not None:
            return format_money(self.foreign_amount, self.foreign, self.foreign_places)
        if self.currency == company_currency:
            return None
        amount = self.debit if self.debit is not None else self.credit
        return format_money(amount or Decimal(0), self.currency, self.places)


@dataclass(frozen=True, slots=True)
class Slice:
    """Lines of accounts, of sets of dimension values, or of both, from one day to another.

    :ivar bare: only lines without dimensions
    :ivar currency: only lines in this currency, as their own or as the foreign one
    :ivar unposted: drafts and audited ones too, never void ones
    """

    start: date
    end: date
    accounts: Sequence[int] | None = None
    sets: Sequence[int] | None = None
    currency: int | None = None
    unposted: bool = False
    bare: bool = False

    def where(self) -> str:
        """Give the SQL of the conditions on lines."""
        conditions = ["l.company_id = :company", "l.day BETWEEN :start AND :end"]
        conditions += ["l.account_id = ANY(:accounts)"] if self.accounts is not None else []
        conditions += ["l.details_id IS NULL"] if self.bare else []
        conditions += ["l.details_id = ANY(:sets)"] if self.sets is not None else []
        conditions += [_IN_CURRENCY] if self.currency is not None else []
        return " AND ".join(conditions)

    def params(self, ctx: Context) -> dict[str, Any]:
        """Give the values that are bound."""
        found: dict[str, Any] = {"company": ctx.company.id, "start": self.start, "end": self.end}
        found |= {"accounts": list(self.accounts)} if self.accounts is not None else {}
        found |= {"sets": list(self.sets)} if self.sets is not None else {}
        return found | ({"currency": self.currency} if self.currency is not None else {})


_IN_CURRENCY = "(l.currency_id = :currency OR l.foreign_currency_id = :currency)"
_ORDER = "l.day, w.position, w.id, coalesce(v.number, v.provisional), v.id, l.number"
#: What a :class:`Line` is read from: line l, voucher v, its word w, currencies c and f, dimensions s.
COLUMNS = """
    SELECT l.voucher_id, l.day, w.code, coalesce(v.number, v.provisional), v.state, l.number, l.summary, l.account_id,
           l.details_id, s.name, c.code, c.places, f.code, f.places, l.debit, l.credit, l.foreign_amount,
           l.foreign_rate, l.base, l.quantity
"""
_TABLES = """
    FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN core_currency c ON c.id = l.currency_id
    LEFT JOIN core_currency f ON f.id = l.foreign_currency_id
    LEFT JOIN finance_dimension_set s ON s.id = l.details_id
"""
#: The day of line number {most} in the order of days, as the index has them, posted or not.
_BOUNDARY = """
    SELECT x.day FROM unnest(CAST(:keys AS bigint[])) k(id) CROSS JOIN LATERAL (
        SELECT l.day FROM finance_voucher_line l
        WHERE {where} AND l.{key} = k.id ORDER BY l.day LIMIT :most
    ) x ORDER BY 1 OFFSET :most - 1 LIMIT 1
"""


def _state(unposted: bool) -> str:
    return _NOT_VOID if unposted else _POSTED


def stream(ctx: Context, asked: Slice) -> Iterator[Line]:
    """Give all lines in the order of the books, read as they are asked for."""
    statement = text(f"{COLUMNS} {_TABLES} WHERE {asked.where()} AND {_state(asked.unposted)} ORDER BY {_ORDER}")
    rows = ctx.session.execute(statement, asked.params(ctx), execution_options={"yield_per": _PIECE})
    return (Line(*row) for row in rows)


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a page begins: on a day, behind ``skip`` lines of that day."""

    day: date
    skip: int = 0


def page(ctx: Context, asked: Slice, spot: Spot, size: int) -> tuple[list[Line], Spot | None]:
    """Give up to ``size`` lines from a spot on, and where the next page begins, if there is one; two statements."""
    last = _boundary(ctx, asked, spot, spot.skip + size + 1)
    wanted = replace(asked, start=spot.day, end=last or asked.end)
    statement = text(
        f"{COLUMNS} {_TABLES} WHERE {wanted.where()} AND {_state(asked.unposted)} "
        f"ORDER BY {_ORDER} OFFSET :skip LIMIT :most"
    )
    rows = ctx.session.execute(statement, wanted.params(ctx) | {"skip": spot.skip, "most": size + 1})
    lines = [Line(*row) for row in rows]
    if len(lines) > size:
        day = lines[size].day
        before = sum(line.day == day for line in lines[:size])
        return lines[:size], Spot(day, before + (spot.skip if day == spot.day else 0))
    if last is not None and last < asked.end:
        return lines, Spot(last + timedelta(days=1))
    return lines, None


def _boundary(ctx: Context, asked: Slice, spot: Spot, most: int) -> date | None:
    """Give the day up to which so many lines stand, of which some may not be posted; None: there are fewer."""
    key, keys = ("details_id", asked.sets) if asked.sets is not None else ("account_id", asked.accounts)
    conditions = ["l.company_id = :company", "l.day BETWEEN :start AND :end"]
    conditions += ["l.account_id = ANY(:accounts)"] if asked.sets is not None and asked.accounts is not None else []
    conditions += ["l.details_id IS NULL"] if asked.bare else []
    conditions += [_IN_CURRENCY] if asked.currency is not None else []
    statement = text(_BOUNDARY.format(where=" AND ".join(conditions), key=key))
    params = asked.params(ctx) | {"keys": list(keys or ()), "most": most, "start": spot.day}
    found: date | None = ctx.session.scalar(statement, params)
    return found


#: Sums of lines: debit and credit in the company's currency, and the quantities before them.
SIDES = (
    "coalesce(sum(l.base) FILTER (WHERE l.debit IS NOT NULL), 0), "
    "coalesce(-sum(l.base) FILTER (WHERE l.credit IS NOT NULL), 0)"
)
COUNTED = (
    "coalesce(sum(l.quantity) FILTER (WHERE l.debit IS NOT NULL), 0), "
    f"coalesce(sum(l.quantity) FILTER (WHERE l.credit IS NOT NULL), 0), {SIDES}"
)


def moved(ctx: Context, asked: Slice, start: date, before: date, sums: str = SIDES) -> tuple[Decimal, ...]:
    """Add up lines from one day to the day before another.

    Two statements that ask no voucher but those that are not posted.

    :param sums: which, ``SIDES`` or ``COUNTED``
    """
    if start >= before:
        return (Decimal(0),) * sums.count("coalesce")
    own = replace(asked, start=start, end=before - timedelta(days=1), unposted=False)
    params = own.params(ctx)
    found = ctx.session.execute(text(f"SELECT {sums} FROM finance_voucher_line l WHERE {own.where()}"), params).one()  # noqa: S608
    hidden = "v.state = 'void'" if asked.unposted else "true"
    less = ctx.session.execute(
        text(
            f"SELECT {sums} FROM finance_voucher v JOIN finance_voucher_line l "  # noqa: S608
            "ON l.company_id = v.company_id AND l.voucher_id = v.id WHERE v.company_id = :company "
            f"AND v.state <> 'posted' AND {hidden} AND v.day BETWEEN :start AND :end AND {own.where()}"
        ),
        params,
    ).one()
    return tuple(one - other for one, other in zip(found, less, strict=True))


def first_lines(ctx: Context, asked: Slice, spot: Spot) -> list[Line]:
    """Give the lines of a spot's day that stand before it."""
    if not spot.skip:
        return []
    own = replace(asked, start=spot.day, end=spot.day)
    statement = text(
        f"{COLUMNS} {_TABLES} WHERE {own.where()} AND {_state(own.unposted)} ORDER BY {_ORDER} LIMIT :skip"
    )
    return [Line(*row) for row in ctx.session.execute(statement, own.params(ctx) | {"skip": spot.skip})]


def uses(ctx: Context, accounts: Sequence[int] | None) -> tuple[bool, bool]:
    """Tell whether any of the accounts (None: of all) asks for dimensions, and has lines in a foreign currency."""
    own = "" if accounts is None else " AND x.account_id = ANY(:accounts)"
    statement = text(
        f"SELECT EXISTS (SELECT FROM finance_account_dimension x WHERE x.company_id = :company{own}), "  # noqa: S608
        f"EXISTS (SELECT FROM finance_voucher_line x WHERE x.company_id = :company{own} "
        "AND x.foreign_currency_id IS NOT NULL) "
        f"OR EXISTS (SELECT FROM finance_balance x WHERE x.company_id = :company{own} AND x.currency_id <> :own)"
    )
    params: dict[str, Any] = {"company": ctx.company.id, "own": ctx.company.currency_id}
    params |= {} if accounts is None else {"accounts": list(accounts)}
    details, foreign = ctx.session.execute(statement, params).one()
    return details, foreign


__all__ = ["COLUMNS", "COUNTED", "SIDES", "Line", "Slice", "Spot", "first_lines", "moved", "page", "stream", "uses"]
