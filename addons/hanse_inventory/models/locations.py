"""Locations: a tree of warehouses, stores and the places in them, and what is outside of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import (
    Check,
    Choice,
    Mapped,
    Model,
    Scope,
    Trigger,
    Unique,
    _,
    archivable,
    choice,
    flag,
    lines,
    link,
    note,
    text,
)
from hanse.directory.models import Department
from hanse.models import kinds


class Usage(Choice):
    """What a location is.  Goods are held in stores, places and in transit; the others are outside."""

    GROUP = "group", _("Group of stores")
    STORE = "store", _("Warehouse or store")
    PLACE = "place", _("Place in a store")
    TRANSIT = "transit", _("In transit")
    SUPPLIER = "supplier", _("Suppliers")
    CUSTOMER = "customer", _("Customers")
    CONSUMPTION = "consumption", _("Consumption")
    PRODUCTION = "production", _("Production")
    WASTE = "waste", _("Waste")
    DIFFERENCE = "difference", _("Count differences")
    OPENING = "opening", _("Opening stock")

    @property
    def holds(self) -> bool:
        """Whether goods are held there."""
        return self in (Usage.STORE, Usage.PLACE, Usage.TRANSIT)

    @property
    def inside(self) -> bool:
        """Whether people put things there and take them from there."""
        return self in (Usage.STORE, Usage.PLACE)


_NO_CIRCLE = _("A location cannot be part of itself, nor of one below it.")
_IN_STORE = _("A place is part of a warehouse or store, or of another place in one: choose it under “Part of”.")
_MOVED = _("Goods have moved here already, or there are places below it: it stays in its store and what it is.")

#: Finds out in which store a location is: itself, or that of the location above.
_STORE = """
    IF NEW.parent_id IS NOT NULL THEN
        PERFORM pg_advisory_xact_lock(hashtext('inventory_location.no_circle'));
        IF EXISTS (WITH RECURSIVE up(id) AS (SELECT NEW.parent_id UNION SELECT l.parent_id FROM up
            JOIN inventory_location l ON l.id = up.id) SELECT FROM up WHERE id = NEW.id) THEN
            RAISE EXCEPTION 'hanse:circle %', NEW.id USING ERRCODE = 'HA001';
        END IF;
    END IF;
    NEW.store_id := CASE
        WHEN NEW.usage IN ('store', 'transit') THEN NEW.id
        WHEN NEW.usage = 'place' THEN (SELECT l.store_id FROM inventory_location l
            WHERE l.id = NEW.parent_id AND l.usage IN ('store', 'place'))
    END;
    IF NEW.usage = 'place' AND NEW.store_id IS NULL THEN
        RAISE EXCEPTION 'hanse:in_store %', NEW.id USING ERRCODE = 'HA001';
    END IF;
    IF TG_OP = 'UPDATE' AND (NEW.store_id, NEW.usage) IS DISTINCT FROM (OLD.store_id, OLD.usage) AND (
        EXISTS (SELECT FROM inventory_location l WHERE l.company_id = OLD.company_id AND l.parent_id = OLD.id)
        OR EXISTS (SELECT FROM inventory_move m WHERE m.company_id = OLD.company_id AND m.source_id = OLD.id)
        OR EXISTS (SELECT FROM inventory_move m WHERE m.company_id = OLD.company_id AND m.destination_id = OLD.id)
    ) THEN
        RAISE EXCEPTION 'hanse:moved %', NEW.id USING ERRCODE = 'HA001';
    END IF;
    RETURN NEW;
"""


class Location(Model):
    """A warehouse, a store, a place in one, or something outside that goods come from and go to.

    ``store`` is the warehouse or store that a location is in: its stock is valued together.
    """

    __tablename__ = "inventory_location"
    __display__ = ("name",)
    __scope__ = Scope(department="store.department")
    code: Mapped[str | None] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), max_length=120, search=True)
    usage: Mapped[Usage] = choice(_("Kind"), default=Usage.STORE)
    parent: Mapped[Location | None] = link(_("Part of"))
    store: Mapped[Location | None] = link(_("Store"), readonly=True)
    department: Mapped[Department | None] = link(_("Department"), help=_("Whose people work here."))
    address: Mapped[str | None] = note(_("Address"), help=_("Where suppliers deliver to, as printed on orders."))
    position: Mapped[int] = kinds.number(
        _("Position"), default=0, help=_("The way through the store: sheets for counting and picking go by it.")
    )
    negative: Mapped[bool] = flag(
        _("Stock may be below zero"), help=_("More may leave than is there, valued at the last cost until more comes.")
    )
    active: Mapped[bool] = archivable(mergeable=False)
    places: Mapped[list[Location]] = lines(_("Places"), by="parent", order_by="position")

    __rules__ = [
        Unique("code", error=_("There is a location with this code already.")),
        Unique("name", "parent", error=_("There is a location with this name here already."), nulls_equal=True),
        Check(
            "parent",
            "parent_id IS NULL OR usage IN ('group', 'store', 'place')",
            _("What is outside is part of nothing."),
        ),
        Trigger(
            "store",
            "BEFORE INSERT OR UPDATE",
            _STORE,
            (("circle", _NO_CIRCLE), ("in_store", _IN_STORE), ("moved", _MOVED)),
        ),
    ]

    if TYPE_CHECKING:
        parent_id: Mapped[int | None]
        store_id: Mapped[int | None]
        department_id: Mapped[int | None]


__all__ = ["Location", "Usage"]
