"""What is Chinese about invoices: VAT rates with their accounts, kinds of 发票.  On wherever both addons are."""

from __future__ import annotations

from hanse import Addon, _

ADDON = Addon(
    "hanse_invoicing_cn",
    key="invoicingcn",
    title=_("Invoices in China"),
    needs=["hanse_invoicing", "hanse_cn"],
    bridge=True,
    description=_("VAT rates, kinds of tax invoices."),
)
