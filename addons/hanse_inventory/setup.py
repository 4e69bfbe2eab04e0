"""What the addon begins with: the first warehouse, and what is outside of it."""

from __future__ import annotations

from sqlalchemy import select

from hanse import Context, _
from hanse.actions import find_action
from hanse.i18n import Label, speaking
from hanse_inventory.models import Location, Usage

#: What is outside, with the name that it gets in the language of the company.
OUTSIDE: dict[Usage, Label] = {
    Usage.SUPPLIER: _("Suppliers"),
    Usage.CUSTOMER: _("Customers"),
    Usage.TRANSIT: _("In transit"),
    Usage.CONSUMPTION: _("Consumption"),
    Usage.PRODUCTION: _("Production"),
    Usage.WASTE: _("Waste"),
    Usage.DIFFERENCE: _("Count differences"),
    Usage.OPENING: _("Opening stock"),
}


def add_locations(ctx: Context) -> None:
    """Add what is missing: a warehouse where there is none, and a location for each usage outside."""
    there = set(ctx.session.scalars(select(Location.usage).where(Location.company_id == ctx.company.id)))
    with speaking(ctx.company.locale):
        first: dict[Usage, Label] = {Usage.STORE: _("Main warehouse")}
        rows = [{"name": str(name), "usage": usage} for usage, name in (first | OUTSIDE).items() if usage not in there]
    found = find_action("inventory.location.create")
    assert found is not None
    if rows:
        ctx.run(found, values=rows)


__all__ = ["OUTSIDE", "add_locations"]
