"""Before a period is closed: the stock is worth what its accounts say.  Closed periods take no moves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from decimal import Decimal

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse_finance.closing.checks import Check, Finding, Level, register_check
from hanse_finance.models import Account, Period, PeriodState
from hanse_inventory.ledger import guard
from hanse_inventory_finance.accounts import Accounts, Place
from hanse_products_finance.accounts import Use

ZERO = Decimal(0)
_VALUES = text("""
    SELECT v.product_id, l.usage, sum(v.amount) FROM inventory_value v
    JOIN inventory_location l ON l.company_id = v.company_id AND l.id = v.store_id
    WHERE v.company_id = :company AND v.day <= :end GROUP BY 1, 2
""")
_LEDGER = text("""
    SELECT account_id, sum(base_debit - base_credit) FROM finance_balance
    WHERE company_id = :company AND year_id = :year AND number <= :last AND account_id = ANY(:accounts)
    GROUP BY account_id
""")
_DRAFTS = text("""
    SELECT count(*) FROM inventory_entry
    WHERE company_id = :company AND state IN ('draft', 'inspected') AND (at AT TIME ZONE :zone)::date <= :end
""")


def stock_by_account(ctx: Context, end: date) -> dict[int, Decimal]:
    """Give what the stock was worth at the end of a day, by account."""
    rows = list(ctx.session.execute(_VALUES, {"company": ctx.company.id, "end": end}))
    accounts = Accounts(ctx)
    accounts.read_products({product for product, _usage, _amount in rows})
    found: dict[int, Decimal] = {}
    for product, usage, amount in rows:
        account = accounts.at(Place.TRANSIT) if usage == "transit" else accounts.of_product(Use.STOCK, product)
        found[account] = found.get(account, ZERO) + amount
    return found


def look(ctx: Context, period: Period) -> Iterator[Finding]:
    """Find where stock and ledger differ, and documents that are not posted."""
    asked = {"company": ctx.company.id, "end": period.end, "zone": ctx.company.time_zone}
    drafts = ctx.session.scalar(_DRAFTS, asked) or 0
    if drafts:
        said = _("%(count)s stock documents of this period are not posted.", count=drafts)
        yield Finding(Level.WARNING, said, ("/inventory/entry", {"f-state": "draft"}))
    stock = stock_by_account(ctx, period.end)
    if not stock:
        return
    ledger: dict[int, Decimal] = dict(
        ctx.session.execute(
            _LEDGER,
            {
                "company": ctx.company.id,
                "year": period.year_id,
                "last": period.number,
                "accounts": list(stock),
            },
        ).all()
    )
    query = select(Account.id, Account.code, Account.name).where(Account.id.in_(stock))
    names = {key: f"{code} {name}" for key, code, name in ctx.session.execute(query)}
    for account, worth in sorted(stock.items(), key=lambda one: names[one[0]]):
        stands = ledger.get(account, ZERO)
        if stands != worth:
            yield Finding(
                Level.ERROR,
                _(
                    "%(account)s: the stock is worth %(stock)s, the ledger says %(ledger)s.",
                    account=names[account],
                    stock=worth,
                    ledger=stands,
                ),
                ("/finance/account-ledger", {"account": str(account), "period": period.code}),
            )


register_check(Check("C7", _("The stock is worth what its accounts say"), "hanse_inventory_finance", look))


@guard
def closed_periods(ctx: Context, days: Collection[date]) -> Iterable[BusinessError]:
    """Refuse days of closed periods."""
    if "hanse_inventory_finance" not in ctx.enabled or not days:
        return
    query = select(Period.start, Period.end, Period.code).where(
        Period.company_id == ctx.company.id, Period.number > 0, Period.state == PeriodState.CLOSED
    )
    for start, end, code in ctx.session.execute(query.where(Period.end >= min(days), Period.start <= max(days))):
        for day in sorted(days):
            if start <= day <= end:
                yield BusinessError(
                    _("%(day)s is in %(period)s, which is closed. Give a later day.", day=day, period=code), field="at"
                )


__all__ = ["closed_periods", "look", "stock_by_account"]
