"""Transfers: goods that go from one store to another, and are on their way in between."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from hanse import Check, Choice, Index, Mapped, Model, Scope, Unique, _, choice, link, number, text
from hanse.directory.models import User
from hanse.i18n import Label
from hanse.models import kinds
from hanse_inventory.models.locations import Location
from hanse_inventory.models.lots import Lot
from hanse_products.models import Pack, Product, Unit


class TransferState(Choice):
    """How far a transfer has come."""

    DRAFT = "draft", _("Draft")
    APPROVED = "approved", _("Approved")
    SHIPPED = "shipped", _("Shipped")
    PART_RECEIVED = "part_received", _("Partly received")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")


class Fate(Choice):
    """What became of goods that were shipped and did not arrive as they should."""

    LOST = "lost", _("Lost on the way")
    DAMAGED = "damaged", _("Damaged")
    SHORT = "short", _("Never shipped")
    RETURNED = "returned", _("Returned to the sender")


_BEGUN = (
    TransferState.SHIPPED,
    TransferState.PART_RECEIVED,
    TransferState.RECEIVED,
    TransferState.CLOSED,
    TransferState.CANCELLED,
)


class Transfer(Model):
    """A transfer between two stores.  What is shipped is in transit until it is received, lost or returned."""

    __tablename__ = "inventory_transfer"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker", department=("source.store.department", "destination.store.department"))
    number: Mapped[str] = number(_("Number"), rule="TR{year}{month}-{number:4}", search=True, readonly=True)
    state: Mapped[TransferState] = choice(_("State"), default=TransferState.DRAFT, readonly=True)
    source: Mapped[Location] = link(_("From"))
    destination: Mapped[Location] = link(_("To"))
    needed_on: Mapped[date | None] = kinds.day(_("Needed on"), help=_("Lots must be usable on this day."))
    note: Mapped[str | None] = kinds.note(_("Note"))
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    approver: Mapped[User | None] = link(_("Approved by"), readonly=True, index=False)
    lines: Mapped[list[TransferLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("number", error=_("There is a transfer with this number already.")),
        Index("state", where="state NOT IN ('closed', 'cancelled')"),
        Check("ends", "source_id <> destination_id", _("Goods go from one store to another.")),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state.in_(_BEGUN)

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state in (TransferState.DRAFT, TransferState.APPROVED)

    def title(self) -> Label:
        """Say its number."""
        return _("Transfer %(number)s", number=self.number)

    if TYPE_CHECKING:
        source_id: Mapped[int]
        destination_id: Mapped[int]
        maker_id: Mapped[int]


class TransferLine(Model):
    """How much of a product is to go, and what became of it, in the unit of the product.

    What was shipped is received, rejected, lost or returned, or still on its way: always.
    """

    __tablename__ = "inventory_transfer_line"
    __display__ = ()
    transfer: Mapped[Transfer] = link(_("Transfer"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    product: Mapped[Product] = link(_("Product"), index=False)
    lot: Mapped[Lot | None] = link(_("Lot"), index=False, help=_("Empty: those that must be used first."))
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"), default=Decimal(1))
    unit: Mapped[Unit | None] = link(_("Unit"), index=False, help=_("Empty: the unit of the product."))
    pack: Mapped[Pack | None] = link(_("Pack"), index=False, help=_("Instead of a unit: the quantity is in packs."))
    base: Mapped[Decimal] = kinds.quantity(_("In the product's unit"), readonly=True, default=Decimal(0))
    shipped: Mapped[Decimal] = kinds.quantity(_("Shipped"), readonly=True, default=Decimal(0))
    received: Mapped[Decimal] = kinds.quantity(_("Received"), readonly=True, default=Decimal(0))
    rejected: Mapped[Decimal] = kinds.quantity(
        _("Rejected"), readonly=True, default=Decimal(0), help=_("Refused at the door; what becomes of it is open.")
    )
    lost: Mapped[Decimal] = kinds.quantity(_("Lost or damaged"), readonly=True, default=Decimal(0))
    returned: Mapped[Decimal] = kinds.quantity(_("Returned"), readonly=True, default=Decimal(0))
    note: Mapped[str | None] = text(_("Remark"))

    __rules__ = [
        Check("quantity", "quantity > 0 AND base >= 0", _("A quantity is above zero.")),
        Check("measure", "num_nonnulls(unit_id, pack_id) <= 1", _("A quantity is in a unit or in packs, not in both.")),
        Check(
            "whole",
            "shipped >= received + rejected + lost + returned "
            "AND least(shipped, received, rejected, lost, returned) >= 0",
            _("No more arrives, is lost or comes back than was shipped."),
        ),
    ]

    @property
    def in_transit(self) -> Decimal:
        """What is still on its way."""
        return self.shipped - self.received - self.rejected - self.lost - self.returned

    @property
    def unsettled(self) -> Decimal:
        """What has neither arrived, nor is lost or returned."""
        return self.in_transit + self.rejected

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.transfer_id.in_(select(Transfer.id).where(Transfer.state.in_(_BEGUN)))

    if TYPE_CHECKING:
        transfer_id: Mapped[int]
        product_id: Mapped[int]
        lot_id: Mapped[int | None]
        unit_id: Mapped[int | None]
        pack_id: Mapped[int | None]


__all__ = ["Fate", "Transfer", "TransferLine", "TransferState"]
