"""Lots: what came together, and single things with a serial number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Index, Mapped, Model, Trigger, Unique, _, choice, day, link, note, quantity, text
from hanse_contacts.models import Partner
from hanse_products.models import Product


class LotState(Choice):
    """What somebody has decided about a lot.  Expired, expiring and used up follow from days and moves."""

    AVAILABLE = "available", _("Available")
    QUARANTINE = "quarantine", _("In quarantine")
    RECALLED = "recalled", _("Recalled")


class Lot(Model):
    """A lot, or one thing with a serial number.

    ``usable_until`` is the only day that allocation and issues look at; it follows from the expiry, and somebody may
    say otherwise.
    """

    __tablename__ = "inventory_lot"
    product: Mapped[Product] = link(_("Product"))
    name: Mapped[str] = text(_("Lot or serial number"), max_length=60, search=True)
    state: Mapped[LotState] = choice(_("State"), default=LotState.AVAILABLE, readonly=True)
    received_on: Mapped[date | None] = day(_("Received on"))
    produced_on: Mapped[date | None] = day(_("Produced on"))
    expires_on: Mapped[date | None] = day(_("Expires on"))
    usable_until: Mapped[date | None] = day(
        _("Usable until"), help=_("The last day on which it is issued. Empty: as the product says, before the expiry.")
    )
    supplier: Mapped[Partner | None] = link(_("Supplier"))
    supplier_lot: Mapped[str | None] = text(_("Supplier's lot"), max_length=60, search=True)
    certificate: Mapped[str | None] = text(
        _("Certificate"), max_length=80, search=True, help=_("Number of the inspection or quarantine certificate.")
    )
    pieces: Mapped[Decimal | None] = quantity(
        _("Pieces"), help=_("Of what is kept by weight, such as fish: how many there were when it came.")
    )
    note: Mapped[str | None] = note(_("Note"))

    __rules__ = [
        Unique("product", "name", error=_("The product has this lot already.")),
        Index("expires_on", where="expires_on IS NOT NULL"),
        Check("days", "expires_on >= produced_on", _("A lot expires after it was produced: correct one of the days.")),
        Check("usable", "usable_until <= expires_on", _("A lot is not usable beyond the day it expires.")),
        Check("pieces", "pieces >= 0", _("A quantity is not negative.")),
        Trigger(
            "usable",
            "BEFORE INSERT OR UPDATE",
            "IF NEW.usable_until IS NULL OR (TG_OP = 'UPDATE' AND NEW.expires_on IS DISTINCT FROM OLD.expires_on "
            "AND NEW.usable_until IS NOT DISTINCT FROM OLD.usable_until) THEN "
            "NEW.usable_until := NEW.expires_on - coalesce("
            "(SELECT p.life_to_issue FROM products_product p WHERE p.id = NEW.product_id), 0)::integer; "
            "END IF; RETURN NEW;",
        ),
    ]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        supplier_id: Mapped[int | None]


__all__ = ["Lot", "LotState"]
