"""What is maintained: quantities by location and lot, values by store.  Always equal to what the moves add up to."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, true
from typing_extensions import override

from hanse import Index, Mapped, Model, Scope, Unique, _, choice, link, moment, rate
from hanse.models import kinds
from hanse_inventory.costing import Method
from hanse_inventory.models.locations import Location
from hanse_inventory.models.lots import Lot
from hanse_inventory.models.moves import Move
from hanse_inventory.permissions import Inventory
from hanse_products.models import Product


class Stock(Model):
    """How much of a product, of one lot where it has lots, is at a location."""

    __tablename__ = "inventory_stock"
    __display__ = ()
    __scope__ = Scope(department="location.store.department")
    __general__ = False
    __audited__ = False
    product: Mapped[Product] = link(_("Product"), index=False)
    location: Mapped[Location] = link(_("Location"), index=False)
    lot: Mapped[Lot | None] = link(_("Lot"), index=False)
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"), default=Decimal(0))
    since: Mapped[datetime] = moment(_("Here since"))

    __rules__ = [
        Unique("product", "location", "lot", error=_("There is this stock already."), nulls_equal=True),
        Index("location_id"),
        Index("lot_id", where="lot_id IS NOT NULL"),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return true()  # they follow the moves, which stay with the product that moved

    if TYPE_CHECKING:
        product_id: Mapped[int]
        location_id: Mapped[int]
        lot_id: Mapped[int | None]


class StoreCost(Model):
    """What a store holds of a product, and what that is worth.  Who moves stock holds these rows, in order.

    Method and first cost are those that were valid when the product first came; ``last_at`` is the latest moment for
    which something is known.
    """

    __tablename__ = "inventory_cost"
    __display__ = ()
    __general__ = False
    __audited__ = False
    product: Mapped[Product] = link(_("Product"), index=False)
    store: Mapped[Location] = link(_("Store"), index=False)
    method: Mapped[Method] = choice(_("Costing method"))
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"), default=Decimal(0))
    value: Mapped[Decimal] = rate(_("Exact value"), default=Decimal(0), read=Inventory.COSTS)
    cost: Mapped[Decimal | None] = rate(_("Cost of one unit"), read=Inventory.COSTS)
    first_cost: Mapped[Decimal | None] = rate(_("Cost before anything came"), read=Inventory.COSTS)
    last_at: Mapped[datetime | None] = moment(_("Last moved at"))

    __rules__ = [Unique("product", "store", error=_("There is this cost already.")), Index("store_id")]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return true()  # they follow the moves, which stay with the product that moved

    if TYPE_CHECKING:
        product_id: Mapped[int]
        store_id: Mapped[int]


class StockLayer(Model):
    """What is left in a store of one move in, where what came first leaves first."""

    __tablename__ = "inventory_layer"
    __display__ = ()
    __general__ = False
    __audited__ = False
    product: Mapped[Product] = link(_("Product"), index=False, checked=False)
    store: Mapped[Location] = link(_("Store"), index=False, checked=False)
    move: Mapped[Move] = link(_("Move"), index=False, checked=False)
    at: Mapped[datetime] = moment(_("Came at"))
    quantity: Mapped[Decimal] = kinds.quantity(_("Left"))
    value: Mapped[Decimal] = rate(_("Exact value"), read=Inventory.COSTS)
    came: Mapped[Decimal] = kinds.quantity(_("Came"))

    __rules__ = [Unique("product", "store", "move", error=_("There is this layer already."))]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return true()  # they follow the moves, which stay with the product that moved

    if TYPE_CHECKING:
        product_id: Mapped[int]
        store_id: Mapped[int]
        move_id: Mapped[int]


__all__ = ["Stock", "StockLayer", "StoreCost"]
