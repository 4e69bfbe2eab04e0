"""Stock documents: receipts, issues, deliveries, returns, waste, moves within a store, opening stock."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, select
from typing_extensions import override

from hanse import (
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    StoredFile,
    Trigger,
    Unique,
    _,
    archivable,
    choice,
    file,
    link,
    moment,
    rate,
    text,
)
from hanse.directory.models import User
from hanse.i18n import Label
from hanse.models import kinds
from hanse_contacts.models import Partner
from hanse_inventory.models.locations import Location, Usage
from hanse_inventory.models.lots import Lot
from hanse_inventory.models.transfers import Transfer, TransferLine
from hanse_inventory.permissions import Inventory
from hanse_products.models import Pack, Product, Unit


class EntryKind(Choice):
    """What a stock document does."""

    RECEIPT = "receipt", _("Receipt")
    ISSUE = "issue", _("Issue")
    DELIVERY = "delivery", _("Delivery")
    MOVE = "move", _("Move within the store")
    WASTE = "waste", _("Waste")
    SUPPLIER_RETURN = "supplier_return", _("Return to supplier")
    CUSTOMER_RETURN = "customer_return", _("Return from customer")
    OPENING = "opening", _("Opening stock")
    SHIPMENT = "shipment", _("Shipment of a transfer")
    ARRIVAL = "arrival", _("Arrival of a transfer")
    LOSS = "loss", _("Loss in transit")
    SURPLUS = "surplus", _("Count surplus")
    SHORTAGE = "shortage", _("Count shortage")
    REPRICE = "reprice", _("Change of price")

    @property
    def enters(self) -> bool:
        """Whether goods come to the place of the document."""
        return self in (
            EntryKind.RECEIPT,
            EntryKind.CUSTOMER_RETURN,
            EntryKind.OPENING,
            EntryKind.ARRIVAL,
            EntryKind.SURPLUS,
            EntryKind.REPRICE,
        )

    @property
    def priced(self) -> bool:
        """Whether the document says what goods are worth."""
        return self in (EntryKind.RECEIPT, EntryKind.OPENING, EntryKind.SUPPLIER_RETURN)

    @property
    def written(self) -> bool:
        """Whether people write it themselves; the others come of transfers and counts."""
        return self not in (
            EntryKind.SHIPMENT,
            EntryKind.ARRIVAL,
            EntryKind.LOSS,
            EntryKind.SURPLUS,
            EntryKind.SHORTAGE,
            EntryKind.REPRICE,
        )

    @property
    def fresh_only(self) -> bool:
        """Whether it takes only lots that are available and usable; what is spoilt may still be wasted and returned."""
        return self in (EntryKind.ISSUE, EntryKind.DELIVERY, EntryKind.SHIPMENT)

    @property
    def other(self) -> Usage:
        """What is at its other end."""
        return _OTHER[self]


_OTHER = {
    EntryKind.RECEIPT: Usage.SUPPLIER,
    EntryKind.ISSUE: Usage.CONSUMPTION,
    EntryKind.DELIVERY: Usage.CUSTOMER,
    EntryKind.MOVE: Usage.PLACE,
    EntryKind.WASTE: Usage.WASTE,
    EntryKind.SUPPLIER_RETURN: Usage.SUPPLIER,
    EntryKind.CUSTOMER_RETURN: Usage.CUSTOMER,
    EntryKind.OPENING: Usage.OPENING,
    EntryKind.SHIPMENT: Usage.TRANSIT,
    EntryKind.ARRIVAL: Usage.TRANSIT,
    EntryKind.LOSS: Usage.DIFFERENCE,
    EntryKind.SURPLUS: Usage.DIFFERENCE,
    EntryKind.SHORTAGE: Usage.DIFFERENCE,
    EntryKind.REPRICE: Usage.SUPPLIER,
}


class EntryState(Choice):
    """How far a document has come."""

    DRAFT = "draft", _("Draft")
    INSPECTED = "inspected", _("Inspected")
    POSTED = "posted", _("Posted")
    REVERSED = "reversed", _("Reversed")


class WasteReason(Model):
    """Why goods are lost: spoilt, broken, cooked wrongly.  Reasons form a tree, by which losses are told apart."""

    __tablename__ = "inventory_waste_reason"
    name: Mapped[str] = text(_("Reason"), max_length=80, search=True)
    parent: Mapped[WasteReason | None] = link(_("Part of"))
    active: Mapped[bool] = archivable()

    __rules__ = [
        Unique("name", "parent", error=_("There is this reason already."), nulls_equal=True),
        Check("parent", "parent_id <> id", _("A reason is not part of itself.")),
    ]

    if TYPE_CHECKING:
        parent_id: Mapped[int | None]


_FINAL = _("A posted stock document cannot be changed or deleted. Reverse it instead.")
_PROTECTED = ("kind", "number", "place_id", "other_id", "partner_id", "at", "maker_id", "poster_id", "posted_at")
_SAME = " AND ".join(f"OLD.{name} IS NOT DISTINCT FROM NEW.{name}" for name in _PROTECTED)


class StockEntry(Model):
    """A stock document: what comes to a place, or leaves it, or moves within its store.

    Posted, its lines have made moves and it never changes; reversing it makes the opposite moves.
    """

    __tablename__ = "inventory_entry"
    __display__ = ("number",)
    __scope__ = Scope(owner="maker", department="place.store.department")
    kind: Mapped[EntryKind] = choice(_("Kind"), default=EntryKind.RECEIPT)
    state: Mapped[EntryState] = choice(_("State"), default=EntryState.DRAFT, readonly=True)
    number: Mapped[str] = text(_("Number"), max_length=60, readonly=True, search=True)
    place: Mapped[Location] = link(_("Place"), help=_("Where it comes to, or leaves from."))
    other: Mapped[Location | None] = link(
        _("Other place"), index=False, help=_("Where a move goes to; else empty: suppliers, customers, waste …")
    )
    partner: Mapped[Partner | None] = link(_("Partner"))
    at: Mapped[datetime | None] = moment(_("Happened at"), help=_("Empty: now, when it is posted."))
    day: Mapped[date | None] = kinds.day(_("Date"), readonly=True)
    reason: Mapped[WasteReason | None] = link(_("Reason"))
    photo: Mapped[StoredFile | None] = file(_("Photo"), pictures=True)
    reference: Mapped[str | None] = text(_("Reference"), search=True, help=_("The other side's delivery note."))
    note: Mapped[str | None] = kinds.note(_("Note"))
    transfer: Mapped[Transfer | None] = link(_("Transfer"), readonly=True, flow=True)
    reverses: Mapped[StockEntry | None] = link(_("Reverses"), readonly=True, flow=True)
    maker: Mapped[User] = link(_("Made by"), readonly=True, index=False)
    inspector: Mapped[User | None] = link(_("Inspected by"), readonly=True, index=False)
    poster: Mapped[User | None] = link(_("Posted by"), readonly=True, index=False)
    posted_at: Mapped[datetime | None] = moment(_("Posted at"), readonly=True)
    lines: Mapped[list[StockEntryLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("number", error=_("There is a stock document with this number already.")),
        Unique("reverses", error=_("This document is reversed already.")),
        Index("day"),
        Index("state", where="state IN ('draft', 'inspected')"),
        Check(
            "posted",
            "(state IN ('posted', 'reversed')) = (poster_id IS NOT NULL) AND (poster_id IS NULL) = (posted_at IS NULL)",
            _("A posted document has somebody who posted it."),
        ),
        Trigger(
            "posted_is_final",
            "BEFORE UPDATE OR DELETE",
            f"IF TG_OP = 'UPDATE' AND NEW.state IN ('posted', 'reversed') AND {_SAME} THEN RETURN NEW; END IF; "
            "RAISE EXCEPTION 'hanse:posted_is_final' USING ERRCODE = 'HA001', TABLE = 'inventory_entry';",
            errors=(("posted_is_final", _FINAL),),
            only="OLD.state IN ('posted', 'reversed')",
        ),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.state.in_([EntryState.POSTED, EntryState.REVERSED])

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.state in (EntryState.DRAFT, EntryState.INSPECTED)

    def title(self) -> Label:
        """Say kind and number."""
        return f"{self.kind.label} {self.number}"

    if TYPE_CHECKING:
        place_id: Mapped[int]
        other_id: Mapped[int | None]
        partner_id: Mapped[int | None]
        reason_id: Mapped[int | None]
        transfer_id: Mapped[int | None]
        reverses_id: Mapped[int | None]
        maker_id: Mapped[int]
        poster_id: Mapped[int | None]


def _line_is_final(verb: str, *rows: str) -> Trigger:
    """Refuse that lines of a posted document come, change or go; looks once a statement, however many they are."""
    found = "".join(
        f"IF EXISTS (SELECT FROM {one} l JOIN inventory_entry e ON e.id = l.entry_id AND e.company_id = l.company_id "
        "WHERE e.state IN ('posted', 'reversed')) THEN "
        "RAISE EXCEPTION 'hanse:line_is_final' USING ERRCODE = 'HA001', TABLE = 'inventory_entry_line'; END IF; "
        for one in rows
    )
    name, when = f"line_is_final_{verb}", f"AFTER {verb.upper()}"
    return Trigger(name, when, f"{found}RETURN NULL;", (("line_is_final", _FINAL),), statement=True)


class StockEntryLine(Model):
    """A line: how much of a product, in a unit or in packs, of which lot."""

    __tablename__ = "inventory_entry_line"
    __display__ = ()
    entry: Mapped[StockEntry] = link(_("Document"), ondelete="CASCADE")
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    product: Mapped[Product] = link(_("Product"), index=False)
    lot: Mapped[Lot | None] = link(
        _("Lot"), index=False, help=_("Empty where goods leave: those that must be used first.")
    )
    new_lot: Mapped[str | None] = text(
        _("New lot"), max_length=60, help=_("Number of the lot or serial number, as it stands on the goods.")
    )
    expires_on: Mapped[date | None] = kinds.day(_("Expires on"))
    quantity: Mapped[Decimal] = kinds.quantity(_("Quantity"), default=Decimal(1))
    rejected: Mapped[Decimal] = kinds.quantity(
        _("Rejected"), default=Decimal(0), help=_("Of the quantity: it goes back and never enters the stock.")
    )
    unit: Mapped[Unit | None] = link(_("Unit"), index=False, help=_("Empty: the unit of the product."))
    pack: Mapped[Pack | None] = link(_("Pack"), index=False, help=_("Instead of a unit: the quantity is in packs."))
    base: Mapped[Decimal] = kinds.quantity(_("In the product's unit"), readonly=True, default=Decimal(0))
    price: Mapped[Decimal | None] = rate(
        _("Unit cost"),
        read=Inventory.COSTS,
        help=_("Of one unit or pack as written on the line. Empty: what it costs in the stock."),
    )
    place: Mapped[Location | None] = link(
        _("Place"), index=False, help=_("Another place of the same store than that of the document.")
    )
    origin: Mapped[StockEntryLine | None] = link(
        _("Came with"), index=False, readonly=True, flow=True, help=_("The line that brought these goods.")
    )
    transfer_line: Mapped[TransferLine | None] = link(_("Line of the transfer"), index=False, readonly=True)
    note: Mapped[str | None] = text(_("Remark"))

    __rules__ = [
        Check("quantity", "quantity > 0 AND base >= 0", _("A quantity is above zero.")),
        Check("rejected", "rejected BETWEEN 0 AND quantity", _("At most the whole quantity is rejected.")),
        Check("price", "price >= 0", _("A price is not negative.")),
        Check("measure", "num_nonnulls(unit_id, pack_id) <= 1", _("A quantity is in a unit or in packs, not in both.")),
        _line_is_final("insert", "fresh"),
        _line_is_final("update", "stale", "fresh"),
        _line_is_final("delete", "stale"),
    ]

    @classmethod
    @override
    def frozen_rows(cls) -> ColumnElement[bool]:
        return cls.entry_id.in_(
            select(StockEntry.id).where(StockEntry.state.in_([EntryState.POSTED, EntryState.REVERSED]))
        )

    if TYPE_CHECKING:
        entry_id: Mapped[int]
        product_id: Mapped[int]
        lot_id: Mapped[int | None]
        unit_id: Mapped[int | None]
        pack_id: Mapped[int | None]
        place_id: Mapped[int | None]
        origin_id: Mapped[int | None]
        transfer_line_id: Mapped[int | None]


__all__ = ["EntryKind", "EntryState", "StockEntry", "StockEntryLine", "WasteReason"]
