"""What is left to depreciate in a period, and the step that writes it before the period is closed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text

from hanse import BusinessError, Context, _
from hanse_assets.accounts import Accounts, Departments
from hanse_assets.methods import planned, produced, residual_of
from hanse_assets.models import Asset, AssetStatus, Method, Production
from hanse_finance.closing.steps import ClosingStep, Entry, register_step, voucher
from hanse_finance.models import Period, Side, VoucherKind

ZERO = Decimal(0)
#: Rows whose voucher counts: neither void nor reversed in red.
LIVE = (
    "v.state <> 'void' AND NOT EXISTS (SELECT FROM finance_reversal r JOIN finance_voucher w ON w.id = r.voucher_id "
    "WHERE r.original_id = v.id AND w.state <> 'void')"
)
_CHARGED = text(
    f"""
    SELECT d.asset_id, coalesce(sum(d.amount) FILTER (WHERE p.start < a.basis_from), 0), sum(d.amount),
           bool_or(p.start >= :start), max(p.start)
    FROM assets_depreciation d
    JOIN assets_asset a ON a.id = d.asset_id
    JOIN finance_period p ON p.id = d.period_id
    JOIN finance_voucher v ON v.id = d.voucher_id
    WHERE d.company_id = :company AND d.asset_id = ANY(:assets) AND {LIVE}
    GROUP BY d.asset_id
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Charged:
    """What an asset was depreciated by in these books.

    :ivar before: before its basis, so before its terms were last changed
    :ivar total: since it is in these books
    :ivar there: whether it is charged in the period asked for, or in a later one
    :ivar last: first day of the last period that it was charged in
    """

    before: Decimal = ZERO
    total: Decimal = ZERO
    there: bool = False
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Charge:
    """What is still to be charged for an asset in a period."""

    asset: Asset
    amount: Decimal


def month_of(day: date) -> int:
    """Count months: ``month_of(later) - month_of(earlier)`` is how many lie between."""
    return day.year * 12 + day.month - 1


def month_after(day: date, months: int = 1) -> date:
    """Give the first day of a later month."""
    year, month = divmod(month_of(day) + months, 12)
    return date(year, month + 1, 1)


def charged(ctx: Context, assets: Iterable[int], period: Period | None = None) -> dict[int, Charged]:
    """Give what assets were depreciated by; those that were not are left out.  One statement."""
    start = period.start if period is not None else date.max
    asked = {"company": ctx.company.id, "assets": list(assets), "start": start}
    return {row[0]: Charged(*row[1:]) for row in ctx.session.execute(_CHARGED, asked)}


def residual_value(asset: Asset, places: int) -> Decimal:
    """Give what an asset is worth at the end of its life."""
    return asset.residual if asset.residual is not None else residual_of(asset.cost, asset.residual_rate, places)


def carrying_at_basis(asset: Asset, before: Decimal) -> Decimal:
    """Give what an asset stands at when the reckoning of its plan begins.

    :param before: what was charged in these books before that
    """
    return asset.cost - asset.opening_depreciation - before - asset.impairment


def plan_of(asset: Asset, before: Decimal, places: int) -> list[Decimal]:
    """Give the depreciation of each month from the asset's basis on; nothing where it follows output.

    :param before: what was charged in these books before that
    """
    if asset.method in (None, Method.PRODUCTION):
        return []
    return planned(
        Method(asset.method),
        carrying_at_basis(asset, before),
        residual_value(asset, places),
        life=asset.life or 0,
        elapsed=month_of(asset.basis_from) - month_of(asset.in_use_since) - 1,
        places=places,
    )


def due(ctx: Context, period: Period, assets: Sequence[Asset] | None = None) -> list[Charge]:
    """Give what is left to charge: what the plan says until the period's end, less what was charged.

    So an asset that is entered late catches up.  One that is charged in the period is left alone, as changes count from
    the next month on.  Three statements.
    """
    if assets is None:
        query = select(Asset).where(
            Asset.company_id == ctx.company.id, Asset.status != AssetStatus.DISPOSED, Asset.basis_from <= period.end
        )
        assets = ctx.session.scalars(query.order_by(Asset.code)).all()
    if not assets:
        return []
    done = charged(ctx, (one.id for one in assets), period)
    made = _output(ctx, [one for one in assets if one.method is Method.PRODUCTION], period)
    found: list[Charge] = []
    for asset in assets:
        so_far = done.get(asset.id, Charged())
        if so_far.there:
            continue
        planned_so_far = _until(ctx, asset, so_far.before, period, made.get(asset.id, (ZERO, ZERO)))
        amount = planned_so_far - (so_far.total - so_far.before)
        if amount > 0:
            found.append(Charge(asset, amount))
    return found


def _until(ctx: Context, asset: Asset, before: Decimal, period: Period, output: tuple[Decimal, Decimal]) -> Decimal:
    """Give what is to be charged from the asset's basis to the end of a period.

    :param output: what it produced before its basis and since
    """
    places = ctx.company.places
    if asset.method is Method.PRODUCTION:
        left = (asset.output or ZERO) - asset.opening_output - output[0]
        carrying, residual = carrying_at_basis(asset, before), residual_value(asset, places)
        return produced(carrying, residual, output=left, quantity=output[1], places=places)
    months = month_of(period.end) - month_of(asset.basis_from) + 1
    return sum(plan_of(asset, before, places)[: max(months, 0)], ZERO)


def _output(ctx: Context, assets: Sequence[Asset], period: Period) -> dict[int, tuple[Decimal, Decimal]]:
    """Give what machines produced before their basis, and from then to the end of a period."""
    if not assets:
        return {}
    since = Production.day >= Asset.basis_from
    query = (
        select(
            Production.asset_id,
            func.coalesce(func.sum(Production.amount).filter(~since), 0),
            func.coalesce(func.sum(Production.amount).filter(since), 0),
        )
        .join(Asset, Asset.id == Production.asset_id)
        .where(Production.asset_id.in_([one.id for one in assets]), Production.day <= period.end)
        .group_by(Production.asset_id)
    )
    return {key: (earlier, later) for key, earlier, later in ctx.session.execute(query)}


def entries_of(ctx: Context, charges: Iterable[Charge]) -> list[Entry]:
    """Give a line for each expense account and department, and for each account of accumulated depreciation.

    :raises BusinessError: an account is missing, or asks for something that assets do not know
    """
    accounts, departments = Accounts(ctx), Departments(ctx)
    debit: dict[tuple[int, int | None], Decimal] = {}
    credit: dict[int, Decimal] = {}
    for charge in charges:
        expense = accounts.expense(charge.asset)
        where = expense, departments.details(expense, charge.asset.department_id)
        debit[where] = debit.get(where, ZERO) + charge.amount
        depreciation = accounts.depreciation(charge.asset.category_id)
        credit[depreciation] = credit.get(depreciation, ZERO) + charge.amount
    return [
        *(Entry(account, amount, Side.DEBIT, details) for (account, details), amount in debit.items()),
        *(Entry(account, -amount, Side.CREDIT) for account, amount in credit.items()),
    ]


def draft(ctx: Context, period: Period) -> Sequence[Mapping[str, Any]]:
    """Write the voucher of what is left to depreciate.

    :raises BusinessError: an account is missing
    """
    charges = due(ctx, period)
    if not charges:
        return []
    return [depreciation_voucher(ctx, period, charges)]


def depreciation_voucher(ctx: Context, period: Period, charges: Iterable[Charge]) -> dict[str, Any]:
    """Give the values of the voucher for charges."""
    summary = _("Depreciation %(period)s", period=period.code)
    return voucher(ctx, period, "depreciation", VoucherKind.NORMAL, summary, entries_of(ctx, charges))


def before_it(ctx: Context, period: Period) -> Iterator[Period]:
    """Give the open periods before one in which something is left to depreciate."""
    query = select(Period).where(
        Period.company_id == ctx.company.id, Period.number > 0, Period.start < period.start, Period.state == "open"
    )
    yield from (one for one in ctx.session.scalars(query.order_by(Period.start)) if due(ctx, one))


def forbid_gaps(ctx: Context, period: Period) -> None:
    """Ask that earlier periods are depreciated first, so that each bears its own.

    :raises BusinessError: one is not
    """
    earlier = next(before_it(ctx, period), None)
    if earlier is not None:
        raise BusinessError(_("Depreciate %(earlier)s first; it is still open.", earlier=earlier.code))


DEPRECIATION = register_step(
    ClosingStep("depreciation", _("Depreciation"), "hanse_assets", "finance.period.depreciate", 20, draft)
)

__all__ = ["DEPRECIATION", "LIVE", "Charge", "charged", "draft", "due", "plan_of", "residual_value"]
