"""The two ledgers of the stock: what moved, and what of that changed the value that stores hold.  Both only grow."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import AppendOnly, Check, Index, Mapped, Model, Scope, _, choice, flag, link, moment, money, rate
from hanse.models import kinds
from hanse_inventory.costing import Part
from hanse_inventory.models.entries import StockEntry, StockEntryLine
from hanse_inventory.models.locations import Location, Usage
from hanse_inventory.models.lots import Lot
from hanse_inventory.permissions import Inventory
from hanse_products.models import Product


class Move(Model):
    """A quantity of a product that went from one location to another, in the unit of the product.

    What a location holds is what came less what went; over all locations that is nought.  A move of no quantity changes
    the price of an earlier one (``origin``): a bill that differs, landed cost.

    ``worth`` is the value that was given from outside, to 8 decimals; without one the goods move at what they cost.
    """

    __tablename__ = "inventory_move"
    __display__ = ()
    __scope__ = Scope(department=("source.store.department", "destination.store.department"))
    __general__ = False
    __audited__ = False
    product: Mapped[Product] = link(_("Product"), index=False)
    lot: Mapped[Lot | None] = link(_("Lot"), index=False)
    source: Mapped[Location] = link(_("From"), index=False)
    destination: Mapped[Location] = link(_("To"), index=False)
    source_store: Mapped[Location | None] = link(_("From store"), index=False, checked=False)
    destination_store: Mapped[Location | None] = link(_("To store"), index=False, checked=False)
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"))
    worth: Mapped[Decimal | None] = rate(_("Given value"), read=Inventory.COSTS)
    origin: Mapped[Move | None] = link(_("Origin"), index=False, checked=False)
    at: Mapped[datetime] = moment(_("Happened at"))
    day: Mapped[date] = kinds.day(_("Date"))
    posted_at: Mapped[datetime] = moment(_("Posted at"))
    entry: Mapped[StockEntry] = link(_("Document"), index=False, checked=False)
    line: Mapped[StockEntryLine] = link(_("Line"))

    __rules__ = [
        AppendOnly(),
        Index("product_id", "at"),
        Index("at"),
        Index("entry_id"),
        Index("lot_id", where="lot_id IS NOT NULL"),
        Check("quantity", "quantity > 0 OR (quantity = 0 AND worth IS NOT NULL)", _("A quantity is above zero.")),
        Check("ends", "source_id <> destination_id", _("Goods move from one location to another.")),
    ]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        lot_id: Mapped[int | None]
        source_id: Mapped[int]
        destination_id: Mapped[int]
        source_store_id: Mapped[int | None]
        destination_store_id: Mapped[int | None]
        origin_id: Mapped[int | None]
        entry_id: Mapped[int]
        line_id: Mapped[int]


class StockValue(Model):
    """A change of the value that a store holds of a product.

    ``value`` is exact to 8 decimals, ``amount`` what the books get of it; both negative for what leaves.  Where an
    earlier entry changes what a move has cost, a further row says by how much (``again``): rows are never changed, and
    the rows of a move add up to what it costs.
    """

    __tablename__ = "inventory_value"
    __display__ = ()
    __general__ = False
    __audited__ = False
    move: Mapped[Move] = link(_("Move"))
    product: Mapped[Product] = link(_("Product"), index=False, checked=False)
    store: Mapped[Location] = link(_("Store"), index=False, checked=False)
    counterpart: Mapped[Usage] = choice(_("Against"), help=_("What is at the other end of the move."))
    part: Mapped[Part] = choice(_("Part"))
    again: Mapped[bool] = flag(_("Costed again"))
    at: Mapped[datetime] = moment(_("Happened at"))
    day: Mapped[date] = kinds.day(_("Date"))
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"))
    value: Mapped[Decimal] = rate(_("Exact value"), read=Inventory.COSTS)
    amount: Mapped[Decimal] = money(_("Amount"), read=Inventory.COSTS)

    __rules__ = [AppendOnly(), Index("product_id", "store_id", "at"), Index("day")]

    if TYPE_CHECKING:
        move_id: Mapped[int]
        product_id: Mapped[int]
        store_id: Mapped[int]


__all__ = ["Move", "StockValue"]
