"""The locations of a company, read once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse_inventory.models import Location, Usage


@dataclass(frozen=True, slots=True)
class Place:
    """What moving needs to know of a location.

    :ivar store: id of the store it is in; None: it is outside
    :ivar position: where it lies on the way through the store
    """

    id: int
    name: str
    usage: Usage
    parent: int | None
    store: int | None
    negative: bool
    position: int
    active: bool


def places(ctx: Context) -> Mapping[int, Place]:
    """Give all locations of the company by id."""
    return ctx.once(("inventory.places",), lambda: _read(ctx), of=[Location])


def _read(ctx: Context) -> dict[int, Place]:
    query = select(
        Location.id,
        Location.name,
        Location.usage,
        link_id(Location.parent),
        link_id(Location.store),
        Location.negative,
        Location.position,
        Location.active,
    ).where(Location.company_id == ctx.company.id)
    return {row[0]: Place(*row) for row in ctx.session.execute(query)}


def place(ctx: Context, location: int) -> Place:
    """Give one location.

    :raises BusinessError: the company has none with this id
    """
    found = places(ctx).get(location)
    if found is None:
        raise BusinessError(_("Choose a location of this company."))
    return found


def outside(ctx: Context, usage: Usage) -> Place:
    """Give the location outside that stands for a usage: the suppliers, the waste; the first if there are several.

    :raises BusinessError: there is none
    """
    found = min((one for one in places(ctx).values() if one.usage is usage), key=lambda one: one.id, default=None)
    if found is None:
        raise BusinessError(
            _("There is no location of the kind “%(usage)s”. Add one under Inventory, Locations.", usage=usage.label)
        )
    return found


def below(ctx: Context, location: int) -> list[Place]:
    """Give a location and all below it that hold goods."""
    known = places(ctx)
    found: list[Place] = []
    for one in known.values():
        above: int | None = one.id
        while above is not None and above != location:
            above = known[above].parent
        if above == location and one.usage.holds:
            found.append(one)
    return found


__all__ = ["Place", "below", "outside", "place", "places"]
