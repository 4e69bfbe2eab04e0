"""Locations as a tree, and reasons for waste."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select

from hanse import Computed, Context, Filter, Offers, Row, Screen, Shown, Tab, _, link_id
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse_inventory.models import Location, Stock, Usage, WasteReason
from hanse_inventory.places import places

_INSIDE = (Usage.STORE, Usage.PLACE)
#: What asks for a location → usages that fit there.
_FITTING: Mapping[str, Sequence[Usage]] = {
    "inventory.entry.place": _INSIDE,
    "inventory.transfer.source": _INSIDE,
    "inventory.transfer.destination": _INSIDE,
    "inventory.count.place": _INSIDE,
    "inventory.location.parent": (Usage.GROUP, *_INSIDE),
}


def path_of(ctx: Context, location: int) -> str:
    """Give the names from the top down to a location: ``Main warehouse / Cold room``."""
    known = places(ctx)
    names: list[str] = []
    at: int | None = location
    while at is not None and at in known:
        names.append(known[at].name)
        at = known[at].parent
    return " / ".join(reversed(names))


def _fitting(ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer only what fits: places in stores, and of lines places of the document's store."""
    asks = values.get("for", "")
    place = values.get("head.place", "")
    own = places(ctx).get(int(place)) if place.isdigit() else None
    if asks == "inventory.entry.place" and own is not None and "head.place" in values and own.store is not None:
        return (Location.store_id == own.store) & Location.usage.in_(_INSIDE)
    fitting = _FITTING.get(asks)
    return Location.usage.in_(fitting) if fitting is not None else None


def _described(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """Say where a place is, or what a location is."""
    known = places(ctx)
    found: dict[int, dict[str, Any]] = {}
    for one in ids:
        place = known.get(one)
        if place is not None:
            parent = place.parent
            found[one] = {"hint": path_of(ctx, parent) if parent is not None else place.usage.label}
    return found


def _told_path(ctx: Context, location: Location) -> Label | None:
    return path_of(ctx, location.id) if location.parent_id is not None else None


def _products_there(_model: type[Model]) -> Any:
    """Count the products that are there."""
    counted = select(func.count(func.distinct(link_id(Stock.product)))).where(
        link_id(Stock.location) == Location.id, Stock.quantity != 0
    )
    return counted.correlate(Location).scalar_subquery()


LOCATIONS = Screen(
    Location,
    title=_("Locations"),
    singular=_("Location"),
    menu="inventory_settings",
    icon="map-pin",
    order=10,
    list=[
        Location.name,
        Location.code,
        Location.usage,
        Location.store,
        Location.parent,
        Location.position,
        Computed("products", _("Products there"), Kind.NUMBER, _products_there),
    ],
    filters=[
        Location.store,
        Location.parent,
        Location.department,
        Filter(_("Inside"), lambda ctx: Location.usage.in_((Usage.GROUP, *_INSIDE)), name="inside"),
    ],
    order_by=[Location.store, Location.position, Location.name],
    sums=[],
    tones={Usage.STORE: "ok", Usage.PLACE: "info", Usage.TRANSIT: "warn", Usage.GROUP: "accent"},
    carries=[Location.usage, Location.parent, Location.department],
    form=[
        Row(Location.name, Location.code),
        Row(Location.usage, Location.parent),
        Row(Location.department, Location.position),
        Row(Shown("path", _("Path"), _told_path), Location.store),
        Row(Location.address),
        Row(Location.negative),
    ],
    tabs=[
        Tab(
            _("Places"),
            Location.places,
            columns=[Location.name, Location.code, Location.usage, Location.position],
        )
    ],
    complete=_fitting,
    offers=Offers(describe=_described),
)

REASONS = Screen(
    WasteReason,
    title=_("Reasons for waste"),
    singular=_("Reason for waste"),
    menu="inventory_settings",
    icon="help-circle",
    order=20,
    list=[WasteReason.name, WasteReason.parent],
    filters=[WasteReason.parent],
    order_by=[WasteReason.name],
    form=[Row(WasteReason.name, WasteReason.parent)],
)

__all__ = ["LOCATIONS", "REASONS", "path_of"]
