"""Reservations: what is set aside for somebody.  What is reserved is the sum of these rows, and kept nowhere else."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Index, Mapped, Model, _, link, text
from hanse.models import kinds
from hanse_inventory.models.entries import StockEntryLine
from hanse_inventory.models.locations import Location
from hanse_inventory.models.lots import Lot
from hanse_products.models import Product


class Reservation(Model):
    """A quantity of a product at a location, of one lot where it has lots, that is set aside for a line.

    It goes with the line's document once that is posted or deleted.
    """

    __tablename__ = "inventory_reservation"
    __display__ = ()
    __general__ = False
    __audited__ = False
    line: Mapped[StockEntryLine] = link(_("Line"), ondelete="CASCADE")
    product: Mapped[Product] = link(_("Product"), index=False)
    location: Mapped[Location] = link(_("Place"), index=False)
    lot: Mapped[Lot | None] = link(_("Lot"), index=False)
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"))
    need_day: Mapped[date] = kinds.day(_("Needed on"))
    holder: Mapped[str | None] = text(_("For"), help=_("Who needs it, as people who look for stock read it."))

    __rules__ = [
        Index("product_id", "location_id"),
        Check("quantity", "quantity > 0", _("A quantity is above zero.")),
    ]

    if TYPE_CHECKING:
        line_id: Mapped[int]
        product_id: Mapped[int]
        location_id: Mapped[int]
        lot_id: Mapped[int | None]


__all__ = ["Reservation"]
