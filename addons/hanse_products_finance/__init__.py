"""Which accounts products are kept in, by category and company.  On wherever both addons are."""

from __future__ import annotations

from hanse import Addon, _

ADDON = Addon(
    "hanse_products_finance",
    key="productsfinance",
    title=_("Products in the books"),
    needs=["hanse_products", "hanse_finance"],
    bridge=True,
    description=_("Accounts of what is sold, bought and kept in stock, by category."),
)
