"""Sales prices: from a day, from a quantity, in a unit, in a currency."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Unique, _, day, link, money, quantity
from hanse.directory.models import Currency
from hanse_products.models.products import Product
from hanse_products.models.units import Unit


class Price(Model):
    """What a company asks for a product.  :func:`hanse_products.pricing.prices_of` says which of several holds."""

    __tablename__ = "products_price"
    __display__ = ()
    product: Mapped[Product] = link(_("Product"))
    amount: Mapped[Decimal] = money(_("Price"), currency="currency")
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    unit: Mapped[Unit | None] = link(_("Per"), index=False, help=_("Empty: the unit of the product."))
    min_quantity: Mapped[Decimal] = quantity(
        _("From quantity"), default=Decimal(0), help=_("It holds for so much and more, in the unit of the price.")
    )
    valid_from: Mapped[date | None] = day(_("Valid from"))
    valid_until: Mapped[date | None] = day(_("Valid until"), help=_("The last day on which it holds."))

    __rules__ = [
        Unique(
            "product",
            "currency",
            "unit",
            "min_quantity",
            "valid_from",
            error=_("There is a price for this quantity and day already. Change that one, or begin on another day."),
            nulls_equal=True,
        ),
        Check("amount", "amount >= 0", _("A price is not negative.")),
        Check("quantity", "min_quantity >= 0", _("A quantity is not negative.")),
        Check("days", "valid_until >= valid_from", _("A price ends after it has begun: correct one of the days.")),
    ]

    if TYPE_CHECKING:
        product_id: Mapped[int]
        currency_id: Mapped[int]
        unit_id: Mapped[int | None]


__all__ = ["Price"]
