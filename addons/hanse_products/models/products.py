"""Products."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import (
    Check,
    Choice,
    Mapped,
    Model,
    StoredFile,
    Unique,
    _,
    archivable,
    choice,
    file,
    flag,
    lines,
    link,
    money,
    note,
    number,
    text,
)
from hanse_contacts.models import Partner
from hanse_products.models.categories import Category
from hanse_products.models.units import Unit
from hanse_products.permissions import Products

if TYPE_CHECKING:
    from hanse_products.models.packs import Barcode, Pack
    from hanse_products.models.prices import Price
    from hanse_products.models.variants import Option, Trait


class ProductKind(Choice):
    """What a product is to the stock."""

    GOODS = "goods", _("Goods")
    CONSUMABLE = "consumable", _("Consumable")
    SERVICE = "service", _("Service")


class Product(Model, shared=True):
    """Something that is bought, made, kept or sold."""

    __tablename__ = "products_product"

    # Products belong to all companies of the database, so their codes cannot come from one company's counter.
    code: Mapped[str] = number(_("Code"), rule="P{id:5}", max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    specification: Mapped[str | None] = text(
        _("Specification"), search=True, help=_("Model, size or contents, as it stands on invoices.")
    )
    kind: Mapped[ProductKind] = choice(
        _("Kind"),
        default=ProductKind.GOODS,
        help=_("Goods are counted in the stock; consumables and services are not."),
    )
    category: Mapped[Category | None] = link(_("Category"))
    unit: Mapped[Unit] = link(_("Unit"), help=_("In which the product is kept and counted."))
    supplier: Mapped[Partner | None] = link(_("Main supplier"))
    sold: Mapped[bool] = flag(_("Sold"), default=True)
    bought: Mapped[bool] = flag(_("Bought"), default=True)
    discontinued: Mapped[bool] = flag(
        _("Discontinued"), help=_("It is bought no more; what is left of it is still sold.")
    )
    list_price: Mapped[Decimal | None] = money(
        _("Sales price"),
        per_company=True,
        write=Products.SET_PRICES,
        help=_("For one unit, in the company's currency, where no other price holds."),
    )
    picture: Mapped[StoredFile | None] = file(_("Picture"), pictures=True)
    note: Mapped[str | None] = note(_("Note"))
    active: Mapped[bool] = archivable()
    template: Mapped[Product | None] = link(_("Variant of"), readonly=True)
    variant_key: Mapped[str | None] = text(
        _("Values"),
        readonly=True,
        help=_("The ids of the values that a variant has, so that each combination exists once."),
    )
    has_variants: Mapped[bool] = flag(
        _("Has variants"), readonly=True, help=_("Its variants are bought and sold instead of it.")
    )
    dropped: Mapped[bool] = flag(
        _("Option taken away"), readonly=True, help=_("Archived, because the product no longer comes in this.")
    )
    options: Mapped[list[Option]] = lines(_("Options"), owned=True)
    traits: Mapped[list[Trait]] = lines(_("Values"), owned=True, readonly=True)
    variants: Mapped[list[Product]] = lines(_("Variants"), by="template", order_by="id")
    packs: Mapped[list[Pack]] = lines(_("Packs"), owned=True)
    barcodes: Mapped[list[Barcode]] = lines(_("Barcodes"), owned=True)
    prices: Mapped[list[Price]] = lines(_("Prices"))

    __rules__ = [
        Unique("code", error=_("There is a product with this code already.")),
        Unique("template", "variant_key", error=_("There is a variant with these values already.")),
        Check(
            "variant",
            "num_nonnulls(template_id, variant_key) IN (0, 2) AND NOT (template_id IS NOT NULL AND has_variants)",
            _("A variant has values, and no variants of its own."),
        ),
    ]

    if TYPE_CHECKING:
        category_id: Mapped[int | None]
        unit_id: Mapped[int]
        supplier_id: Mapped[int | None]
        template_id: Mapped[int | None]


__all__ = ["Product", "ProductKind"]
