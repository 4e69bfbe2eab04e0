"""Products on lines of invoices and bills.  On wherever both addons are."""

from __future__ import annotations

from hanse import Addon, _

ADDON = Addon(
    "hanse_products_invoicing",
    key="productsinvoicing",
    title=_("Products on invoices"),
    needs=["hanse_products_finance", "hanse_invoicing"],
    bridge=True,
    description=_("Products on lines of invoices and bills, which fill in text, unit, price, account and tax."),
)
