"""Depreciate: one voucher a period for what is left, and what was charged kept by asset."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import text

from hanse import Context, Records, _, action
from hanse_assets.charging import DEPRECIATION, LIVE, Charge, depreciation_voucher, due, forbid_gaps
from hanse_assets.models import Asset, Depreciation
from hanse_finance.actions.accounts import sync_values
from hanse_finance.actions.entry import record_vouchers
from hanse_finance.closing.steps import take
from hanse_finance.models import Dimension, DimensionSource, Period
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


__all__ = ["charge_alone", "depreciate"]
