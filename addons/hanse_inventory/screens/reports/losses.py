"""What expires, and what was wasted and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from hanse import Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.models import Kind
from hanse_inventory.costing import rounded
from hanse_inventory.permissions import Inventory
from hanse_inventory.screens.reports.spans import FIRST, LAST, PLACE, chosen_places, chosen_span
from hanse_inventory.screens.reports.traces import TRACE
from hanse_inventory.tracing import Wasted, expiring, wasted
from hanse_products.measures import symbol_of

ZERO = Decimal(0)
HUNDRED = Decimal(100)
_DAYS = 30


def _read_expiring(ctx: Context, given: Given) -> Reading:
    number = given.number("days")
    days = _DAYS if number is None else number
    found = expiring(ctx, until=ctx.today + timedelta(days=days), locations=chosen_places(ctx, given))
    costs, places = ctx.may(Inventory.COSTS), ctx.company.places
    rows: list[ReportRow] = []
    for one in found:
        left = (one.expires - ctx.today).days
        values: list[Any] = [
            one.product_name,
            one.lot_name,
            one.location_name,
            one.expires,
            left,
            one.quantity,
            symbol_of(one.symbol),
        ]
        if costs:
            values.append(rounded(one.value or ZERO, places))
        rows.append(ReportRow(values, TRACE.to(lot=one.lot), strong=left < 0))
    columns = [
        ReportColumn("product", _("Product"), small="title"),
        ReportColumn("lot", _("Lot"), small="sub"),
        ReportColumn("place", _("Place"), small="sub"),
        ReportColumn("expires", _("Expires on"), Kind.DAY, small="sub"),
        ReportColumn("left", _("Days left"), Kind.NUMBER, small="end"),
        ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="sub"),
        ReportColumn("unit", _("Unit")),
    ]
    totals = None
    if costs:
        columns.append(ReportColumn("value", _("Value"), Kind.MONEY))
        total = sum((rounded(one.value or ZERO, places) for one in found), ZERO)
        totals = [_("Total"), *[None] * 6, total]
    return Reading(columns, rows, totals=totals, note=_("until %(day)s", day=ctx.today + timedelta(days=days)))


def _read_waste(ctx: Context, given: Given) -> Reading:
    first, last = chosen_span(ctx, given)
    costs = ctx.may(Inventory.COSTS)
    found = wasted(ctx, first=first, last=last, locations=chosen_places(ctx, given))
    whole = sum((one.cost for one in found), ZERO)
    columns = [
        ReportColumn("reason", _("Reason"), small="lead"),
        ReportColumn("product", _("Product"), small="title"),
        ReportColumn("quantity", _("Quantity"), Kind.QUANTITY, small="end"),
        ReportColumn("unit", _("Unit"), small="sub"),
    ]
    if costs:
        columns += [
            ReportColumn("cost", _("Cost"), Kind.MONEY, small="sub"),
            ReportColumn("share", _("Share in %"), Kind.RATE, small="sub"),
        ]
    rows = list(_waste_rows(found, whole, costs=costs))
    totals = [_("Total"), None, None, None, whole, HUNDRED if whole else None] if costs else None
    return Reading(columns, rows, totals=totals, note=_("%(first)s to %(last)s", first=first, last=last))


def _waste_rows(found: Sequence[Wasted], whole: Decimal, *, costs: bool) -> Iterator[ReportRow]:
    """Give the products of each reason under a row with its sum."""
    for _reason, group in groupby(found, key=lambda one: one.reason):
        some = list(group)
        name = some[0].reason_name or _("Without a reason")
        cost = sum((one.cost for one in some), ZERO)
        money = [cost, _share(cost, whole)] if costs else []
        yield ReportRow([name, None, None, None, *money], strong=True)
        for one in some:
            money = [one.cost, _share(one.cost, whole)] if costs else []
            yield ReportRow([None, one.product_name, one.quantity, symbol_of(one.symbol), *money])


def _share(cost: Decimal, whole: Decimal) -> Decimal | None:
    return round(cost * HUNDRED / whole, 1) if whole else None


EXPIRING = Report(
    "expiring",
    title=_("Expiring lots"),
    menu="inventory",
    icon="clock",
    order=74,
    permission="inventory.lot.read",
    parameters=[Parameter("days", _("Within days"), kind=Kind.NUMBER, default=lambda ctx: str(_DAYS)), PLACE],
    read=_read_expiring,
)
WASTE = Report(
    "waste",
    title=_("Waste by reason"),
    menu="inventory",
    icon="chart-pie",
    order=78,
    permission="inventory.entry.read",
    parameters=[PLACE, FIRST, LAST],
    read=_read_waste,
)

__all__ = ["EXPIRING", "WASTE"]
