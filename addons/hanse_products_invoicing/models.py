"""Products on lines, and taxes on categories with what a company sets for those that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Mapped, Section, Settings, _, link
from hanse_invoicing.models import InvoiceLine, Tax
from hanse_products.models import Category, Product

_ABOVE = _("Empty: as in the category above, at the top as in the settings.")


class ProductLine(InvoiceLine, extends=True):
    """A line that sells or buys a product.  Whoever does not see products does not see it."""

    product: Mapped[Product | None] = link(
        _("Product"), read="products.product.read", help=_("Fills in the rest of the line.")
    )

    if TYPE_CHECKING:
        product_id: Mapped[int | None]


class TaxedCategory(Category, extends=True):
    """A category with the taxes of a company; one that names none has those of the nearest above."""

    sale_tax: Mapped[Tax | None] = link(_("Tax on sales"), per_company=True, help=_ABOVE)
    purchase_tax: Mapped[Tax | None] = link(_("Tax on purchases"), per_company=True, help=_ABOVE)


class ProductTaxesSettings(
    Settings,
    section=Section(
        _("Taxes of products"),
        help=_("What is on a line with a product if neither its category nor one above names a tax."),
        icon="receipt-tax",
        order=24,
    ),
):
    """Settings of taxes of products."""

    sale_tax: Mapped[Tax | None] = link(_("Tax on sales"))
    purchase_tax: Mapped[Tax | None] = link(_("Tax on purchases"))

    if TYPE_CHECKING:
        sale_tax_id: Mapped[int | None]
        purchase_tax_id: Mapped[int | None]


__all__ = ["ProductLine", "ProductTaxesSettings", "TaxedCategory"]
