"""The months of an asset: what was charged, and what the plan says of those to come."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from hanse import Context
from hanse_assets.charging import LIVE, Charged, charged, month_after, month_of, plan_of
from hanse_assets.models import Asset, AssetStatus

ZERO = Decimal(0)
_DONE = text(
    f"""
    SELECT p.start, d.amount, v.id, concat(w.code, '-', coalesce(v.number, v.provisional))
    FROM assets_depreciation d
    JOIN finance_period p ON p.id = d.period_id
    JOIN finance_voucher v ON v.id = d.voucher_id
    JOIN finance_voucher_word w ON w.id = v.word_id
    WHERE d.company_id = :company AND d.asset_id = :asset AND {LIVE}
    ORDER BY p.start
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of an asset.

    :ivar accumulated: depreciation up to its end
    :ivar net: what the asset stands at then
    :ivar voucher: id of the voucher that charged it; None: planned
    """

    start: date
    amount: Decimal
    accumulated: Decimal
    net: Decimal
    voucher: int | None = None
    number: str = ""

    @property
    def name(self) -> str:
        """The month as people write it."""
        return f"{self.start:%Y-%m}"


def schedule(ctx: Context, asset: Asset) -> Sequence[Month]:
    """Give what was charged and, behind it, what is planned; three statements.

    What late entry left over is added to the first planned month.  Output is not planned.
    """
    accumulated = asset.opening_depreciation
    months: list[Month] = []
    for start, amount, voucher, number in ctx.session.execute(_DONE, {"company": ctx.company.id, "asset": asset.id}):
        accumulated += amount
        net = asset.cost - accumulated - asset.impairment
        months.append(Month(start, amount, accumulated, net, voucher, number))
    if asset.status is AssetStatus.DISPOSED:
        return months
    so_far = charged(ctx, [asset.id]).get(asset.id, Charged())
    plan = plan_of(asset, so_far.before, ctx.company.places)
    first = asset.basis_from if so_far.last is None else max(asset.basis_from, month_after(so_far.last))
    over = month_of(first) - month_of(asset.basis_from)
    late = sum(plan[:over], ZERO) - (so_far.total - so_far.before)
    for place, amount in enumerate(plan[over:]):
        due = amount + (late if place == 0 else ZERO)
        accumulated += due
        net = asset.cost - accumulated - asset.impairment
        months.append(Month(month_after(first, place), due, accumulated, net))
    return months


__all__ = ["Month", "schedule"]
