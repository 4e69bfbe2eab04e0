"""Parameters that several reports take: a place, and a span of days."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hanse import BusinessError, Context, Given, Parameter, _
from hanse.models import Kind
from hanse_inventory.models import Location
from hanse_inventory.places import places
from hanse_inventory.standing import seen_places

PLACE = Parameter("place", _("Place"), target=Location)
FIRST = Parameter(
    "first", _("From"), kind=Kind.DAY, default=lambda ctx: ctx.today.replace(day=1).isoformat(), required=True
)
LAST = Parameter("last", _("To"), kind=Kind.DAY, default=lambda ctx: ctx.today.isoformat(), required=True)


def chosen_places(ctx: Context, given: Given) -> list[int]:
    """Give the locations that were chosen, as far as the person sees them.

    :raises BusinessError: it is none of this company
    """
    place = given.record("place")
    if place is not None and place not in places(ctx):
        raise BusinessError(_("Choose a location of this company."))
    return seen_places(ctx, place)


def chosen_span(ctx: Context, given: Given) -> tuple[date, date]:
    """Give the first and the last day.

    :raises BusinessError: the last comes before the first
    """
    first = given.day("first") or ctx.today - timedelta(days=30)
    last = given.day("last") or ctx.today
    if last < first:
        raise BusinessError(_("The span ends before it begins."))
    return first, last


def each_costs(value: Decimal | None, quantity: Decimal) -> Decimal | None:
    """Give what one unit costs, to four decimals and without zeros at the end."""
    if not value or not quantity:
        return None
    cost = round(value / quantity, 4)
    return cost.quantize(Decimal(1)) if cost == cost.to_integral_value() else cost.normalize()


def stores_of(ctx: Context, locations: list[int]) -> list[int]:
    """Give the stores that locations are in."""
    known = places(ctx)
    return sorted({store for one in locations if (store := known[one].store) is not None})


__all__ = ["FIRST", "LAST", "PLACE", "chosen_places", "chosen_span", "each_costs", "stores_of"]
