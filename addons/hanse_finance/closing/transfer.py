"""Profit and loss transfer (损益结转), and the transfer of the year's profit (年结).

What is transferred is the balance, by account, dimensions and currency, on the side opposite to the one the account
increases on, red where the balance is on the unusual side: so the account's own side keeps what was earned or spent.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import text

from hanse import Context, _
from hanse_finance.closing.steps import ClosingStep, Entry, is_last, register_step, voucher
from hanse_finance.models import FinanceSettings, Period, ProfitVouchers, Side, Transfers, VoucherKind
from hanse_finance.standards import Purpose, account_for, standard_of

ZERO = Decimal(0)

# What has no dimensions is the account's balance less that of all its combinations.
_BALANCES = text(
    """
    WITH own AS (
        SELECT id, code, type, side FROM finance_account
        WHERE company_id = :company AND (type = ANY(CAST(:types AS text[])) OR id = ANY(CAST(:accounts AS bigint[])))
    ),
    found AS (
        SELECT account_id, NULL::bigint AS details_id, currency_id, debit - credit AS amount,
               base_debit - base_credit AS base, debit_quantity - credit_quantity AS quantity
        FROM finance_balance WHERE company_id = :company AND year_id = :year AND number <= :last
        UNION ALL
        SELECT account_id, details_id, currency_id, debit - credit, base_debit - base_credit,
               debit_quantity - credit_quantity
        FROM finance_dimension_balance WHERE company_id = :company AND year_id = :year AND number <= :last
        UNION ALL
        SELECT account_id, NULL, currency_id, credit - debit, base_credit - base_debit,
               credit_quantity - debit_quantity
        FROM finance_dimension_balance WHERE company_id = :company AND year_id = :year AND number <= :last
    )
    SELECT o.id, o.code, o.type, o.side, f.details_id, f.currency_id, sum(f.amount), sum(f.base),
           sum(f.quantity)
    FROM found f JOIN own o ON o.id = f.account_id
    GROUP BY o.id, o.code, o.type, o.side, f.details_id, f.currency_id
    HAVING sum(f.amount) <> 0 OR sum(f.base) <> 0
    ORDER BY o.code, f.details_id NULLS FIRST, f.currency_id
    """
)


class Balance(NamedTuple):
    """A balance to transfer.

    :ivar side: the side the account increases on
    :ivar details: id of the combination of dimensions
    :ivar amount: in the currency, debit positive
    :ivar base: in the company's currency, debit positive
    :ivar quantity: of an account that counts in a unit, debit positive
    """

    account: int
    code: str
    type: str
    side: str
    details: int | None
    currency: int
    amount: Decimal
    base: Decimal
    quantity: Decimal

    def moved_out(self, own: int, side: Side | None = None) -> Entry:
        """Give the line that empties it, on the opposite of its account's side unless another is asked for.

        :param own: id of the company's currency
        """
        side = side or (Side.CREDIT if self.side == Side.DEBIT.value else Side.DEBIT)
        if self.currency == own:
            return Entry(self.account, -self.base, side, self.details, quantity=-self.quantity)
        original = (self.currency, -self.amount)
        return Entry(self.account, -self.base, side, self.details, *original, quantity=-self.quantity)


def balances(ctx: Context, period: Period, *, types: Sequence[str] = (), accounts: Sequence[int] = ()) -> list[Balance]:
    """Give what stands on accounts at the end of a period, by account, dimensions and currency.  One statement."""
    asked = {
        "company": ctx.company.id,
        "year": period.year_id,
        "last": period.number,
        "types": list(types),
        "accounts": list(accounts),
    }
    return [Balance(*row) for row in ctx.session.execute(_BALANCES, asked)]


def draft(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the transfer of income and of expense, in two vouchers or in one.

    :raises BusinessError: there is no account for the year's profit
    """
    found = _unfinished(balances(ctx, period, types=("income", "expense")))
    early = standard_of(ctx).prior_years
    corrected = [one for one in found if one.code.startswith(early)] if early else []
    current = [one for one in found if one not in corrected]
    written: list[Mapping[str, Any]] = []

    def add(part: Sequence[Balance], to: Purpose, side: Side | None, summary: Any) -> None:
        if part:
            entries = _transfer(ctx, part, account_for(ctx, to), side)
            written.append(voucher(ctx, period, "profit", VoucherKind.CLOSING, summary, entries, place=len(written)))

    if ctx.settings(FinanceSettings).profit_vouchers is ProfitVouchers.ONE:
        add(current, Purpose.PROFIT, None, _("Transfer of profit and loss"))
    else:
        add([one for one in current if one.type == "income"], Purpose.PROFIT, Side.CREDIT, _("Transfer of income"))
        add([one for one in current if one.type == "expense"], Purpose.PROFIT, Side.DEBIT, _("Transfer of expenses"))
    add(corrected, Purpose.RETAINED, None, _("Transfer of prior-year adjustments"))
    return written


def _unfinished(found: Sequence[Balance]) -> list[Balance]:
    """Leave out accounts that are empty as a whole: transfers that name no dimensions leave these to themselves."""
    left: dict[tuple[int, int], tuple[Decimal, Decimal]] = {}
    for one in found:
        amount, base = left.get((one.account, one.currency), (ZERO, ZERO))
        left[one.account, one.currency] = amount + one.amount, base + one.base
    open_accounts = {account for (account, _currency), sums in left.items() if any(sums)}
    return [one for one in found if one.account in open_accounts]


def _transfer(ctx: Context, part: Iterable[Balance], target: int, side: Side | None) -> list[Entry]:
    own = ctx.company.currency_id
    entries = [one.moved_out(own) for one in part]
    total = -sum((entry.amount for entry in entries), ZERO)
    if total:
        side = side or (Side.DEBIT if total > 0 else Side.CREDIT)
        into = Entry(target, total, side)
        entries = [*entries, into] if side is Side.CREDIT else [into, *entries]
    return entries


def _monthly(ctx: Context, period: Period) -> bool:
    """Tell whether profit and loss are transferred in a period."""
    chosen = ctx.settings(FinanceSettings).transfers
    monthly = standard_of(ctx).monthly if chosen is None else chosen is Transfers.MONTHLY
    return monthly or is_last(ctx, period)


def draft_year(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the transfer of the year's profit or loss to retained earnings.

    :raises BusinessError: there is no account for one of them
    """
    profit = account_for(ctx, Purpose.PROFIT)
    found = balances(ctx, period, accounts=[profit])
    if not found:
        return []
    total = sum((one.base for one in found), ZERO)
    empties = Side.CREDIT if total > 0 else Side.DEBIT
    entries = [one.moved_out(ctx.company.currency_id, empties) for one in found]
    if total:
        into = Entry(account_for(ctx, Purpose.RETAINED), total, Side.DEBIT if total > 0 else Side.CREDIT)
        entries.append(into)
    return [voucher(ctx, period, "year", VoucherKind.YEAR_END, _("Transfer of the year's profit"), entries)]


PROFIT = register_step(
    ClosingStep(
        "profit", _("Profit and loss transfer"), "hanse_finance", "finance.period.transfer_profit", 70, draft, _monthly
    )
)
YEAR = register_step(
    ClosingStep(
        "year",
        _("Transfer of the year's profit"),
        "hanse_finance",
        "finance.period.transfer_year",
        80,
        draft_year,
        is_last,
    )
)
