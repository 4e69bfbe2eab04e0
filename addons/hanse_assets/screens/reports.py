"""Depreciation of a period, and the months of an asset."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import select, text

from hanse import BusinessError, Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse_assets.charging import LIVE
from hanse_assets.models import Asset
from hanse_assets.schedule import schedule
from hanse_finance.models import Period
from hanse_finance.screens.spans import latest

ZERO = Decimal(0)
_OF_PERIOD = text(
    f"""
    SELECT a.id, a.code, a.name, c.name, coalesce(dep.name, ''), a.cost, sum(d.amount) FILTER (WHERE p.id = :period),
           a.opening_depreciation + sum(d.amount),
           a.cost - a.impairment - a.opening_depreciation - sum(d.amount)
    FROM assets_depreciation d
    JOIN assets_asset a ON a.id = d.asset_id AND a.company_id = d.company_id
    JOIN assets_category c ON c.id = a.category_id
    LEFT JOIN core_department dep ON dep.id = a.department_id
    JOIN finance_period p ON p.id = d.period_id
    JOIN finance_voucher v ON v.id = d.voucher_id
    WHERE d.company_id = :company AND p.start <= :start AND {LIVE}
    GROUP BY a.id, a.code, a.name, c.name, dep.name, a.cost, a.opening_depreciation, a.impairment
    HAVING bool_or(p.id = :period)
    ORDER BY a.code
    """  # noqa: S608
)


def _periods(ctx: Context) -> Sequence[tuple[str, Label]]:
    query = select(Period.code).where(Period.company_id == ctx.company.id, Period.number > 0)
    return [(code, code) for code in ctx.session.scalars(query.order_by(Period.start.desc()))]


def _read_period(ctx: Context, given: Given) -> Reading:
    query = select(Period).where(Period.company_id == ctx.company.id, Period.code == given.text("period"))
    period = ctx.session.scalars(query).one_or_none()
    if period is None:
        raise BusinessError(_("There is no period yet. Open a fiscal year first."))
    asked = {"company": ctx.company.id, "period": period.id, "start": period.start}
    rows = [
        ReportRow(list(values), (f"/assets/asset/{key}", {})) for key, *values in ctx.session.execute(_OF_PERIOD, asked)
    ]
    sums = [sum((row.values[place] for row in rows), ZERO) for place in range(4, 8)]
    return Reading(
        [
            ReportColumn("code", _("Code"), small="sub"),
            ReportColumn("name", _("Name"), small="title"),
            ReportColumn("category", _("Category"), small="sub"),
            ReportColumn("department", _("Department"), small="sub"),
            ReportColumn("cost", _("Cost"), Kind.MONEY),
            ReportColumn("amount", _("Depreciation"), Kind.MONEY, small="end"),
            ReportColumn("accumulated", _("Accumulated depreciation"), Kind.MONEY),
            ReportColumn("net", _("Net book value"), Kind.MONEY),
        ],
        rows,
        totals=[None, _("Total"), None, None, *sums],
        note=period.code,
    )


PERIOD_DEPRECIATION = Report(
    "depreciation",
    title=_("Depreciation of a period"),
    menu="assets",
    icon="trending-down",
    order=20,
    permission="assets.asset.read",
    parameters=[Parameter("period", _("Period"), choices=_periods, default=latest)],
    read=_read_period,
)


def _read_schedule(ctx: Context, given: Given) -> Reading:
    key = given.record("asset")
    asset = next(iter(ctx.visible(Asset, Asset.id == key)), None) if key is not None else None
    if asset is None:
        raise BusinessError(_("Choose an asset."))
    rows = [
        ReportRow(
            [one.name, one.amount, one.accumulated, one.net, one.number or _("Planned")],
            (f"/finance/voucher/{one.voucher}", {}) if one.voucher is not None else None,
        )
        for one in schedule(ctx, asset)
    ]
    return Reading(
        [
            ReportColumn("month", _("Month"), small="title"),
            ReportColumn("amount", _("Depreciation"), Kind.MONEY, small="end"),
            ReportColumn("accumulated", _("Accumulated depreciation"), Kind.MONEY, small="sub"),
            ReportColumn("net", _("Net book value"), Kind.MONEY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
        ],
        rows,
        totals=[_("Total"), sum((row.values[1] for row in rows), ZERO), None, None, None],
        note=asset.display_name(),
    )


SCHEDULE = Report(
    "schedule",
    title=_("Depreciation schedule"),
    icon="calendar-stats",
    permission="assets.asset.read",
    parameters=[Parameter("asset", _("Fixed asset"), target=Asset, required=True)],
    read=_read_schedule,
    about={Asset: lambda asset: {"asset": str(asset.id)}},
)
