"""Depreciate: one voucher a period for what is left, and what was charged kept by asset."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy import func, select, text

from hanse import BusinessError, Context, Records, _, action
from hanse_assets.accounts import Accounts
from hanse_assets.charging import DEPRECIATION, LIVE, Charge, depreciation_voucher, due, forbid_gaps
from hanse_assets.models import Asset, Depreciation
from hanse_finance.actions.accounts import sync_values
from hanse_finance.actions.entry import record_vouchers
from hanse_finance.closing.steps import take
from hanse_finance.models import Dimension, DimensionSource, Period, Voucher, VoucherLine, VoucherState
from hanse_finance.permissions import Finance

#: What a void or reversed voucher charged is charged anew.
_DEAD = text(
    f"""
    SELECT d.id FROM assets_depreciation d JOIN finance_voucher v ON v.id = d.voucher_id
    WHERE d.company_id = :company AND d.period_id = :period AND d.asset_id = ANY(:assets) AND NOT ({LIVE})
    """  # noqa: S608
)
#: Two who depreciate at once: the second waits, and then finds nothing left.
_ONE_AT_A_TIME = text("SELECT id FROM finance_period WHERE id = :period FOR NO KEY UPDATE")


@action(
    Period,
    name="depreciate",
    label=_("Depreciate"),
    permission=Finance.CLOSE,
    icon="trending-down",
    offered=lambda period: period.number > 0,
    done=_("Assets of %(count)s periods depreciated; the vouchers are drafts"),
)
def depreciate(ctx: Context, periods: Records[Period]) -> list[int]:
    """Write the voucher of what is left to depreciate in each period; give the ids.

    :raises BusinessError: vouchers are unposted, an account is missing, an earlier period is not depreciated, or
        nothing is left to do
    """
    made: list[int] = []
    for period in sorted(periods, key=lambda one: one.start):
        ctx.session.execute(_ONE_AT_A_TIME, {"period": period.id})
        forbid_gaps(ctx, period)
        fetch_departments(ctx)
        charges = due(ctx, period)
        vouchers = take(ctx, period, DEPRECIATION)
        keep(ctx, period, charges, vouchers[0])
        made += vouchers
    return made


def fetch_departments(ctx: Context) -> None:
    """Give dimensions of departments a value for each."""
    ctx.run(sync_values, ctx.all(Dimension, Dimension.source == DimensionSource.DEPARTMENTS).ids)


@action(
    Period,
    name="adopt_depreciation",
    label=_("Take over a voucher of depreciation"),
    permission=Finance.CLOSE,
    hidden=True,
    done=_("Depreciation of %(count)s periods taken over"),
)
def adopt(ctx: Context, periods: Records[Period], *, voucher: int) -> None:
    """Keep what a posted voucher of the period has charged, which came with books that were kept elsewhere.

    :raises BusinessError: it is not posted in the period, or does not charge what is due
    """
    period = periods.one()
    ctx.session.execute(_ONE_AT_A_TIME, {"period": period.id})
    charges = due(ctx, period)
    accounts = Accounts(ctx)
    there = ctx.session.execute(
        select(VoucherLine.account_id, func.sum(VoucherLine.base))
        .join(Voucher, Voucher.id == VoucherLine.voucher_id)
        .where(
            Voucher.company_id == ctx.company.id,
            Voucher.id == voucher,
            Voucher.period_id == period.id,
            Voucher.state == VoucherState.POSTED,
        )
        .group_by(VoucherLine.account_id)
    ).all()
    booked = {account: -base for account, base in there}
    wanted: dict[int, Decimal] = {}
    for charge in charges:
        account = accounts.depreciation(charge.asset.category_id)
        wanted[account] = wanted.get(account, Decimal(0)) + charge.amount
    if not charges or any(booked.get(account) != amount for account, amount in wanted.items()):
        raise BusinessError(
            _(
                "The voucher does not charge what is due in %(period)s: %(amount)s.",
                period=period.code,
                amount=sum(wanted.values(), Decimal(0)),
            )
        )
    keep(ctx, period, charges, voucher)


def keep(ctx: Context, period: Period, charges: Iterable[Charge], voucher: int) -> None:
    """Keep what was charged, in place of what a void or reversed voucher had charged."""
    rows = [{"asset": one.asset.id, "period": period.id, "amount": one.amount, "voucher": voucher} for one in charges]
    asked = {"company": ctx.company.id, "period": period.id, "assets": [row["asset"] for row in rows]}
    dead = list(ctx.session.scalars(_DEAD, asked))
    if dead:
        ctx.delete(Records(ctx.session, Depreciation, ids=dead))
    ctx.insert(Depreciation, rows)


def charge_alone(ctx: Context, asset: Asset, period: Period) -> int | None:
    """Depreciate one asset ahead of the others, as before its disposal; give the id of the voucher, None: nothing left.

    :raises BusinessError: an earlier period is not depreciated yet
    """
    ctx.session.execute(_ONE_AT_A_TIME, {"period": period.id})
    forbid_gaps(ctx, period)
    charges = due(ctx, period, [asset])
    if not charges:
        return None
    fetch_departments(ctx)
    (made,) = ctx.run(record_vouchers, values=[depreciation_voucher(ctx, period, charges)]).done
    keep(ctx, period, charges, made)
    return int(made)


__all__ = ["adopt", "charge_alone", "depreciate"]
