"""Attributes such as colour and size, which of their values a product comes in, and which a variant has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Mapped, Model, Unique, _, archivable, lines, link, text
from hanse_products.models.products import Product


class Attribute(Model, shared=True):
    """Something in which variants of a product differ: colour, size, flavour."""

    __tablename__ = "products_attribute"
    name: Mapped[str] = text(_("Name"), max_length=60, search=True)
    active: Mapped[bool] = archivable(mergeable=False)
    values: Mapped[list[AttributeValue]] = lines(_("Values"), owned=True)

    __rules__ = [Unique("name", error=_("There is an attribute with this name already."))]


class AttributeValue(Model, shared=True):
    """One value of an attribute: red, XL."""

    __tablename__ = "products_attribute_value"
    attribute: Mapped[Attribute] = link(_("Attribute"), ondelete="CASCADE")
    name: Mapped[str] = text(_("Value"), max_length=60, search=True)
    code: Mapped[str | None] = text(
        _("Short code"),
        max_length=12,
        help=_("Codes of variants end with it: T-SHIRT-RED-XL. Empty: they are numbered."),
    )

    __rules__ = [
        Unique("attribute", "name", error=_("The attribute has this value already.")),
        Unique("attribute", "code", error=_("The attribute has a value with this short code already.")),
    ]

    if TYPE_CHECKING:
        attribute_id: Mapped[int]


class Option(Model, shared=True):
    """That a product comes in a value of an attribute; its variants are made of the combinations."""

    __tablename__ = "products_option"
    __display__ = ()
    product: Mapped[Product] = link(_("Product"), ondelete="CASCADE")
    value: Mapped[AttributeValue] = link(_("Value"))

    __rules__ = [Unique("product", "value", error=_("The product has this option already."))]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        value_id: Mapped[int]


class Trait(Model, shared=True):
    """That a variant has a value of an attribute."""

    __tablename__ = "products_trait"
    __display__ = ()
    product: Mapped[Product] = link(_("Variant"), ondelete="CASCADE", index=False)
    value: Mapped[AttributeValue] = link(_("Value"))

    __rules__ = [Unique("product", "value", error=_("The variant has this value already."))]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        value_id: Mapped[int]


__all__ = ["Attribute", "AttributeValue", "Option", "Trait"]
