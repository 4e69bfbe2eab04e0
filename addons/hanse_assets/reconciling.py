"""The check that assets are depreciated, and that the register says what the ledger says."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse_assets.accounts import Accounts, Use
from hanse_assets.charging import DEPRECIATION, LIVE, due
from hanse_assets.models import AssetCategory
from hanse_finance.closing.checks import Check, Finding, Level, register_check
from hanse_finance.models import Account, Period

ZERO = Decimal(0)
# What the register says at the end of a period, by category: cost, and depreciation less what was disposed of.
_REGISTER = text(
    f"""
    SELECT a.category_id, sum(a.cost),
           sum(a.opening_depreciation + coalesce((
               SELECT sum(d.amount) FROM assets_depreciation d
               JOIN finance_period p ON p.id = d.period_id
               JOIN finance_voucher v ON v.id = d.voucher_id
               WHERE d.asset_id = a.id AND p.start <= :end AND {LIVE}), 0)),
           sum(a.impairment)
    FROM assets_asset a
    WHERE a.company_id = :company AND a.acquired_on <= :end AND (a.disposed_on IS NULL OR a.disposed_on > :end)
    GROUP BY a.category_id
    """  # noqa: S608
)
_LEDGER = text(
    """
    SELECT account_id, sum(base_debit - base_credit) FROM finance_balance
    WHERE company_id = :company AND year_id = :year AND number <= :last AND account_id = ANY(:accounts)
    GROUP BY account_id
    """
)


def register_balances(ctx: Context, period: Period) -> dict[int, tuple[Label, Decimal]]:
    """Give what the register says that stands on each account at the end of a period, debit positive.

    :raises BusinessError: an account is missing
    """
    accounts = Accounts(ctx)
    found: dict[int, tuple[Label, Decimal]] = {}

    def add(account: int, use: Use, amount: Decimal) -> None:
        found[account] = use.value[1], found.get(account, (None, ZERO))[1] + amount

    for category in ctx.session.scalars(select(AssetCategory.id).where(AssetCategory.company_id == ctx.company.id)):
        add(accounts.asset(category), Use.ASSET, ZERO)
        add(accounts.depreciation(category), Use.DEPRECIATION, ZERO)
    for category, cost, depreciation, impairment in ctx.session.execute(
        _REGISTER, {"company": ctx.company.id, "end": period.end}
    ):
        add(accounts.asset(category), Use.ASSET, cost)
        add(accounts.depreciation(category), Use.DEPRECIATION, -depreciation)
        if impairment:
            add(accounts.of(Use.PROVISION), Use.PROVISION, -impairment)
    return found


def look(ctx: Context, period: Period) -> Iterator[Finding]:
    """Find what is not depreciated, and where register and ledger differ."""
    if ctx.session.scalar(select(AssetCategory.id).where(AssetCategory.company_id == ctx.company.id).limit(1)) is None:
        return
    left = due(ctx, period)
    if left:
        total = sum((one.amount for one in left), ZERO)
        yield Finding(
            Level.ERROR,
            _("%(count)s assets are still to be depreciated by %(total)s.", count=len(left), total=total),
            verb=DEPRECIATION.verb,
        )
    try:
        register = register_balances(ctx, period)
    except BusinessError as error:
        if left:
            yield Finding(Level.ERROR, error.message)
        return
    yield from _differences(ctx, period, register)


def _differences(ctx: Context, period: Period, register: dict[int, tuple[Label, Decimal]]) -> Iterator[Finding]:
    """Compare account by account.  A company that has not begun its register is only reminded of it."""
    asked = {
        "company": ctx.company.id,
        "year": period.year_id,
        "last": period.number,
        "accounts": list(register),
    }
    ledger: dict[int, Decimal] = dict(ctx.session.execute(_LEDGER, asked).all())
    names = {
        key: f"{code} {name}"
        for key, code, name in ctx.session.execute(
            select(Account.id, Account.code, Account.name).where(Account.id.in_(register))
        )
    }
    begun = any(amount for _use, amount in register.values())
    for account, (_use, amount) in sorted(register.items(), key=lambda one: names[one[0]]):
        stands = ledger.get(account, ZERO)
        if stands != amount:
            yield Finding(
                Level.ERROR if begun else Level.WARNING,
                _(
                    "%(account)s: the register says %(register)s, the ledger %(ledger)s.",
                    account=names[account],
                    register=amount,
                    ledger=stands,
                ),
                ("/finance/account-ledger", {"account": str(account), "period": period.code}),
            )


register_check(Check("C7", _("Assets are depreciated, and the register equals the ledger"), "hanse_assets", look))
