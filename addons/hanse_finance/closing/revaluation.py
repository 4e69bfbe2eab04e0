"""Revaluation at the end of a period (期末调汇): foreign balances at the rate of that day.

For each account and combination of dimensions that holds a foreign currency, the base balance becomes foreign balance
times rate, rounded half up.  The voucher holds the differences in the company's currency alone, each on the side its
account increases on, red where it decreases; gain or loss is one sum for each currency.  Where the foreign balance is
zero, what is left of the base balance is cleared.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.directory.models import Currency
from hanse_finance.closing.steps import ClosingStep, Entry, register_step, voucher
from hanse_finance.entry import round_base
from hanse_finance.models import Period, VoucherKind
from hanse_finance.standards import Purpose, account_for, standard_of

ZERO = Decimal(0)

# Lines written in the company's currency without a foreign amount belong to a currency only where they revalue, or
# where the account is kept in that currency.  Accounts are found first, through small indexes: few hold currencies.
_POSITIONS = text(
    """
    WITH holding AS (
        SELECT account_id FROM finance_balance WHERE company_id = :company AND currency_id <> :own
        UNION SELECT account_id FROM finance_voucher_line
              WHERE company_id = :company AND foreign_currency_id IS NOT NULL
    )
    SELECT l.account_id, l.details_id,
           coalesce(l.foreign_currency_id, nullif(l.currency_id, :own), a.currency_id) AS currency,
           bool_or(l.currency_id <> :own AND l.foreign_currency_id IS NULL),
           sum(CASE WHEN l.foreign_currency_id IS NOT NULL THEN l.foreign_amount
                    WHEN l.currency_id <> :own THEN coalesce(l.debit, -l.credit) ELSE 0 END),
           sum(l.base)
    FROM holding h
    JOIN finance_account a ON a.id = h.account_id AND a.company_id = :company
    JOIN finance_voucher_line l ON l.account_id = h.account_id AND l.company_id = :company
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = :company AND v.state = 'posted'
    WHERE l.day <= :end AND a.revalued AND a.type IN ('asset', 'liability', 'common')
      AND NOT EXISTS (SELECT FROM unnest(CAST(:kept AS text[])) AS kept(code) WHERE a.code LIKE kept.code || '%')
      AND (l.foreign_currency_id IS NOT NULL OR l.currency_id <> :own OR a.currency_id IS NOT NULL
           OR v.kind = 'revaluation')
    GROUP BY 1, 2, 3
    ORDER BY 1, 2 NULLS FIRST, 3
    """
)
_RATES = text(
    """
    SELECT DISTINCT ON (r.currency_id) r.currency_id, c.code, r.rate, r.day
    FROM finance_exchange_rate r JOIN core_currency c ON c.id = r.currency_id
    WHERE r.company_id = :company AND r.quote_id = :own AND r.currency_id = ANY(:currencies) AND r.day <= :end
    ORDER BY r.currency_id, r.day DESC
    """
)


@dataclass(frozen=True, slots=True)
class Position:
    """What an account holds of a currency.

    :ivar original: whether lines are written in the currency itself, so that the difference must be as well
    :ivar amount: in the currency, debit positive
    :ivar base: what it stands in the books for
    """

    account: int
    details: int | None
    currency: int
    original: bool
    amount: Decimal
    base: Decimal


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate at the end of a period, and the day it is of."""

    currency: int
    code: str
    rate: Decimal
    day: date


def positions(ctx: Context, period: Period) -> list[Position]:
    """Give what each account holds of each foreign currency at the end of a period.  One statement."""
    asked: dict[str, Any] = {
        "company": ctx.company.id,
        "own": ctx.company.currency_id,
        "end": period.end,
        "kept": list(standard_of(ctx).not_revalued),
    }
    found: dict[tuple[int, int | None], dict[int | None, list[Any]]] = {}
    for account, details, currency, original, amount, base in ctx.session.execute(_POSITIONS, asked):
        found.setdefault((account, details), {})[currency] = [original, amount, base]
    return [
        Position(account, details, currency, *facts)
        for (account, details), currencies in found.items()
        for currency, facts in _joined(currencies)
    ]


def _joined(currencies: Mapping[int | None, list[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Give the base amount that names no currency to the only one there is; with several it says nothing of any."""
    named = {key: list(facts) for key, facts in currencies.items() if key is not None}
    nameless = currencies.get(None)
    if nameless is not None and len(named) == 1:
        next(iter(named.values()))[2] += nameless[2]
    yield from named.items()


def rates(ctx: Context, period: Period, currencies: Iterable[int]) -> dict[int, Rate]:
    """Give the latest rate of each currency on or before the period's last day; those without one are left out."""
    asked = {
        "company": ctx.company.id,
        "own": ctx.company.currency_id,
        "end": period.end,
        "currencies": list(set(currencies)),
    }
    return {row[0]: Rate(*row) for row in ctx.session.execute(_RATES, asked)}


def differences(ctx: Context, period: Period) -> list[tuple[Rate, Position, Decimal]]:
    """Give what each position's base balance has to change by; those that are right are left out.

    :raises BusinessError: a currency that is held has no rate
    """
    held = [one for one in positions(ctx, period) if one.amount or one.base]
    known = rates(ctx, period, (one.currency for one in held))
    missing = {one.currency for one in held if one.amount} - known.keys()
    if missing:
        codes = ctx.session.scalars(select(Currency.code).where(Currency.id.in_(missing)).order_by(Currency.code))
        raise BusinessError(
            _(
                "There is no exchange rate of %(currencies)s on or before %(day)s. Enter one under Exchange rates.",
                currencies=", ".join(codes),
                day=period.end,
            )
        )
    found: list[tuple[Rate, Position, Decimal]] = []
    for one in held:
        rate = known.get(one.currency) or _no_rate(ctx, one.currency, period)
        wanted = round_base(one.amount * rate.rate, ctx.company.places) - one.base
        if wanted:
            found.append((rate, one, wanted))
    return found


def _no_rate(ctx: Context, currency: int, period: Period) -> Rate:
    """Stand for the rate of a currency of which nothing is left."""
    code = ctx.session.scalars(select(Currency.code).where(Currency.id == currency)).one()
    return Rate(currency, code, ZERO, period.end)


def draft(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the voucher of each currency.

    :raises BusinessError: a rate is missing, or the account for gains or losses
    """
    by_rate: dict[Rate, list[tuple[Position, Decimal]]] = {}
    for rate, position, difference in differences(ctx, period):
        by_rate.setdefault(rate, []).append((position, difference))
    written: list[Mapping[str, Any]] = []
    for rate, found in by_rate.items():
        entries = [_entry(position, difference) for position, difference in found]
        gain = sum((difference for _position, difference in found), ZERO)
        if gain:
            purpose = Purpose.EXCHANGE_GAIN if gain > 0 else Purpose.EXCHANGE_LOSS
            entries.append(Entry(account_for(ctx, purpose), -gain))
        summary = _("Revaluation %(currency)s %(rate)s", currency=rate.code, rate=f"{rate.rate.normalize():f}")
        written.append(
            voucher(ctx, period, "revaluation", VoucherKind.REVALUATION, summary, entries, place=len(written))
        )
    return written


def _entry(position: Position, difference: Decimal) -> Entry:
    if position.original:
        return Entry(position.account, difference, details=position.details, currency=position.currency)
    return Entry(position.account, difference, details=position.details, foreign=position.currency)


REVALUATION = register_step(
    ClosingStep("revaluation", _("Revaluation"), "hanse_finance", "finance.period.revalue", 30, draft)
)
