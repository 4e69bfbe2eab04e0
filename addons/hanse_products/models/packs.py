"""Packs of products, and the barcodes that stand on products and packs."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Model, Trigger, Unique, _, choice, link, quantity, text
from hanse_contacts.models import Partner
from hanse_products.models.products import Product
from hanse_products.models.units import Unit


class Pack(Model, shared=True):
    """In what a product comes: a pack of 10, a case of 24, for every supplier or only one."""

    __tablename__ = "products_pack"
    product: Mapped[Product] = link(_("Product"), ondelete="CASCADE")
    name: Mapped[str] = text(_("Pack"), max_length=40, search=True, help=_("What it is called in quantities: 4 packs."))
    contents: Mapped[Decimal] = quantity(_("Contents"))
    unit: Mapped[Unit | None] = link(_("Unit"), index=False, help=_("Of the contents. Empty: the unit of the product."))
    supplier: Mapped[Partner | None] = link(_("Supplier"), help=_("Empty: it comes so from everybody."))

    __rules__ = [
        Unique(
            "product", "name", "supplier", error=_("The product has a pack of this name already."), nulls_equal=True
        ),
        Check("contents", "contents > 0", _("A pack holds more than nothing.")),
    ]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        unit_id: Mapped[int | None]
        supplier_id: Mapped[int | None]


class BarcodeKind(Choice):
    """What a barcode is."""

    GTIN = "gtin", _("GTIN (EAN, UPC)")
    OWN = "own", _("Own code")


class Barcode(Model, shared=True):
    """A code by which a scanner knows a product, or a pack of it."""

    __tablename__ = "products_barcode"
    __display__ = ("code",)
    product: Mapped[Product] = link(_("Product"), ondelete="CASCADE")
    code: Mapped[str] = text(_("Barcode"), max_length=48)
    kind: Mapped[BarcodeKind] = choice(_("Kind"), default=BarcodeKind.GTIN)
    pack: Mapped[Pack | None] = link(_("Pack"), help=_("Empty: it stands on the product itself."))
    key: Mapped[str] = text(
        _("Looked up as"), max_length=48, readonly=True, help=_("GTINs of every length with 14 digits.")
    )

    __rules__ = [
        Unique("key", error=_("A product has this barcode already.")),
        Trigger(
            "pack_of_product",
            "AFTER INSERT OR UPDATE",
            "IF NOT EXISTS (SELECT FROM products_pack p WHERE p.id = NEW.pack_id AND p.product_id = NEW.product_id) "
            "THEN RAISE EXCEPTION 'hanse:pack %', NEW.pack_id USING ERRCODE = 'HA001'; END IF; RETURN NULL;",
            (("pack", _("The pack is one of another product. Choose one of this product.")),),
            only="NEW.pack_id IS NOT NULL",
        ),
    ]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        pack_id: Mapped[int | None]


__all__ = ["Barcode", "BarcodeKind", "Pack"]
