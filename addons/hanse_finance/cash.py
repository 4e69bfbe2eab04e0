"""Cash flow: what each line on a cash account was for.

Parts are proposed from the accounts on the other side of the voucher, and put right by people as long as the period is
open.  Sums by item and period are maintained beside them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple

from sqlalchemy import select, text

from hanse import Context
from hanse.actions.values import unit
from hanse_finance.models import CashFlow, CashItem, Period
from hanse_finance.standards import CashRule, standard_of
from hanse_finance.statements.definition import Sheet

ZERO = Decimal(0)

# Opening balances are no cash flow; lines that have parts already are left alone.
_UNASSIGNED = text(
    """
    SELECT v.id, l.number, l.base, a.id, a.code, a.name, a.cash, coalesce(l.cash_item_id, a.cash_item_id),
           l.cash_item_id IS NOT NULL,
           EXISTS (SELECT FROM finance_cash_flow f
                   WHERE f.company_id = :company AND f.voucher_id = l.voucher_id AND f.number = l.number)
    FROM finance_voucher v
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.company_id = v.company_id
    JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id
    WHERE v.company_id = :company AND v.period_id = :period AND v.state = 'posted' AND v.kind <> 'opening'
      AND EXISTS (
          SELECT FROM finance_voucher_line c
          JOIN finance_account o ON o.id = c.account_id AND o.company_id = c.company_id
          WHERE c.company_id = :company AND c.voucher_id = v.id AND o.cash AND c.base <> 0
            AND NOT EXISTS (SELECT FROM finance_cash_flow f
                            WHERE f.company_id = :company AND f.voucher_id = v.id AND f.number = c.number))
    ORDER BY v.id, l.number
    """
)
_SUMS = """
    SELECT company_id, period_id, item_id, sum(amount) AS amount FROM finance_cash_flow
    WHERE company_id = :company AND item_id IS NOT NULL AND (:whole OR period_id = ANY(CAST(:periods AS bigint[])))
    GROUP BY company_id, period_id, item_id
"""
_FORGET = text(
    "DELETE FROM finance_cash_balance WHERE company_id = :company "
    "AND (:whole OR period_id = ANY(CAST(:periods AS bigint[])))"
)
_REMEMBER = text(f"INSERT INTO finance_cash_balance (company_id, period_id, item_id, amount) {_SUMS}")
_COMPARE = text(
    f"""
    SELECT period_id, item_id, coalesce(b.amount, 0), coalesce(s.amount, 0)
    FROM ({_SUMS}) s
    FULL JOIN (SELECT * FROM finance_cash_balance WHERE company_id = :company) b USING (period_id, item_id)
    WHERE coalesce(b.amount, 0) <> coalesce(s.amount, 0) ORDER BY 1, 2
    """  # noqa: S608
)
_MOVED = text(
    """
    SELECT coalesce(sum(b.base_debit - b.base_credit), 0) FROM finance_balance b
    JOIN finance_account a ON a.id = b.account_id AND a.company_id = b.company_id AND a.cash
    WHERE b.company_id = :company AND b.year_id = :year AND b.number = :number
    """
)
_OPENED = text(
    """
    SELECT coalesce(sum(l.base), 0) FROM finance_voucher v
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.company_id = v.company_id
    JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id AND a.cash
    WHERE v.company_id = :company AND v.period_id = :period AND v.kind = 'opening' AND v.state = 'posted'
    """
)


def load_items(ctx: Context) -> int:
    """Add the items of the standard's cash flow statement that the company lacks; give how many were added."""
    statement = standard_of(ctx).statements.get(Sheet.CASH)
    there = set(ctx.session.scalars(select(CashItem.code).where(CashItem.company_id == ctx.company.id)))
    rows = [
        {
            "code": f"{line.number:02}",
            "name": line.name,
            "name_en": line.name_en,
            "line": line.number,
            "inflow": term.function == "CI",
        }
        for line in (statement.lines if statement else ())
        for term in line.terms
        if term.function in ("CI", "CO") and f"{line.number:02}" not in there
    ]
    if rows:
        ctx.insert(CashItem, rows)
    return len(rows)


class _Cash(NamedTuple):
    """A cash line: its number and base amount, the item typed on it, and whether it has parts already."""

    number: int
    base: Decimal
    item: int | None
    assigned: bool


class _Other(NamedTuple):
    """A line on another account: its base amount, the item its account names, code and name of the account."""

    base: Decimal
    item: int | None
    code: str
    name: str


@dataclass
class _Voucher:
    """A voucher that moves cash: its cash lines, and the parts on the other side by item."""

    cash: list[_Cash] = field(default_factory=list[_Cash])
    others: list[_Other] = field(default_factory=list[_Other])


def propose(ctx: Context, period: Period) -> list[dict[str, Any]]:
    """Give the parts of the period's cash lines that have none yet, as rows to insert.  Three statements.

    A line that moved cash between cash accounts has the item None.  What nobody can tell is left out.
    """
    items = _items_by_line(ctx)
    rules = standard_of(ctx).cash_rules
    rows: list[dict[str, Any]] = []
    for key, voucher in _read(ctx, period).items():
        parts = _parts(voucher, rules, items)
        for number, base, own, assigned in voucher.cash:
            if assigned or not base:
                continue
            shares = {own: base} if own is not None else _shares(voucher, base, parts, ctx.company.places)
            rows += [
                {
                    "period": period.id,
                    "voucher": key,
                    "number": number,
                    "item": item,
                    "amount": amount,
                    "proposed": own is None,
                }
                for item, amount in shares.items()
                if amount
            ]
    return rows


def _items_by_line(ctx: Context) -> dict[int, int]:
    """Give the item of each line of the statement, the one with the first code where there are several."""
    query = (
        select(CashItem.line, CashItem.id)
        .where(CashItem.company_id == ctx.company.id, CashItem.active)
        .order_by(CashItem.code.desc())
    )
    return dict(ctx.session.execute(query).all())


def _read(ctx: Context, period: Period) -> dict[int, _Voucher]:
    found: dict[int, _Voucher] = {}
    asked = {"company": ctx.company.id, "period": period.id}
    for key, number, base, _account, code, name, cash, item, typed, assigned in ctx.session.execute(_UNASSIGNED, asked):
        voucher = found.setdefault(key, _Voucher())
        if cash:
            voucher.cash.append(_Cash(number, base, item if typed else None, assigned))
        else:
            voucher.others.append(_Other(base, item, code, name))
    return found


def _parts(voucher: _Voucher, rules: Sequence[CashRule], items: Mapping[int, int]) -> dict[int | None, Decimal] | None:
    """Give what the other side says the cash was for, by item; None where some of it is not known."""
    parts: dict[int | None, Decimal] = {}
    for base, item, code, name in voucher.others:
        if not base:
            continue
        if item is None:
            rule = next((one for one in rules if one.fits(code, name)), None)
            item = items.get(rule.inflow if base < 0 else rule.outflow) if rule else None
        if item is None:
            return None
        parts[item] = parts.get(item, ZERO) - base
    return {key: amount for key, amount in parts.items() if amount}


def _shares(
    voucher: _Voucher, base: Decimal, parts: Mapping[int | None, Decimal] | None, places: int
) -> dict[int | None, Decimal]:
    """Divide a cash line among the items: in proportion to what is left of its side after moves within cash."""
    came = sum((one.base for one in voucher.cash if one.base > 0), ZERO)
    went = sum((one.base for one in voucher.cash if one.base < 0), ZERO)
    net, side = came + went, came if base > 0 else went
    if not net or (net > 0) != (base > 0):
        return {None: base}  # all of this side moved within cash
    if not parts:
        return {}
    outside = (base * net / side).quantize(unit(places), ROUND_HALF_UP)
    shares: dict[int | None, Decimal] = {
        item: (outside * amount / net).quantize(unit(places), ROUND_HALF_UP) for item, amount in parts.items()
    }
    largest = max(shares, key=lambda item: abs(shares[item]))
    shares[largest] += outside - sum(shares.values(), ZERO)
    if outside != base:
        shares[None] = base - outside
    return shares


# --- maintained sums --------------------------------------------------------------------------------------------------


def refresh(ctx: Context, periods: Iterable[int]) -> None:
    """Bring the sums of some periods up to date with their parts.  Called inside an action."""
    asked: dict[str, Any] = {"company": ctx.company.id, "whole": False, "periods": sorted(set(periods))}
    ctx.session.execute(_FORGET, asked)
    ctx.session.execute(_REMEMBER, asked)


def rebuild(ctx: Context) -> None:
    """Compute the sums of all periods anew."""
    asked: dict[str, Any] = {"company": ctx.company.id, "whole": True, "periods": []}
    ctx.session.execute(_FORGET, asked)
    ctx.session.execute(_REMEMBER, asked)


def differences(ctx: Context) -> list[str]:
    """Say which sums are not what their parts add up to."""
    asked: dict[str, Any] = {"company": ctx.company.id, "whole": True, "periods": []}
    return [
        f"finance_cash_balance (period, item) = ({period}, {item}): stored {stored:f}, the parts say {right:f}"
        for period, item, stored, right in ctx.session.execute(_COMPARE, asked)
    ]


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of a period's cash has an item.

    :ivar moved: what cash accounts changed by, opening balances left out
    :ivar assigned: what has items, moves within cash left out
    :ivar lines: lines on cash accounts of which some part has no item
    """

    moved: Decimal
    assigned: Decimal
    lines: int

    @property
    def is_complete(self) -> bool:
        """Whether every line has its parts, and they make the change of cash."""
        return not self.lines and self.moved == self.assigned


_OPEN_LINES = text(
    """
    SELECT count(*) FROM finance_voucher v
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.company_id = v.company_id
    JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id AND a.cash
    LEFT JOIN LATERAL (
        SELECT sum(f.amount) AS amount FROM finance_cash_flow f
        WHERE f.company_id = :company AND f.voucher_id = v.id AND f.number = l.number
    ) f ON true
    WHERE v.company_id = :company AND v.period_id = :period AND v.state = 'posted' AND v.kind <> 'opening'
      AND l.base <> coalesce(f.amount, 0)
    """
)


def completeness(ctx: Context, period: Period) -> Completeness:
    """Compare the items of a period with the change of cash."""
    company = {"company": ctx.company.id}
    moved = ctx.session.execute(_MOVED, company | {"year": period.year_id, "number": period.number}).scalar_one()
    opened = ctx.session.execute(_OPENED, company | {"period": period.id}).scalar_one()
    lines = ctx.session.execute(_OPEN_LINES, company | {"period": period.id}).scalar_one()
    query = text(
        "SELECT coalesce(sum(amount), 0) FROM finance_cash_balance WHERE company_id = :company AND period_id = :period"
    )
    assigned = ctx.session.execute(query, company | {"period": period.id}).scalar_one()
    return Completeness(moved - opened, assigned, lines)


__all__ = ["CashFlow", "Completeness", "completeness", "differences", "load_items", "propose", "rebuild", "refresh"]
