"""Terms and accounts of partners, and what is open with them."""

from __future__ import annotations

from hanse import Row, Tab, _
from hanse_contacts.screens import PARTNERS
from hanse_invoicing.models import InvoicingPartner, Ledger
from hanse_invoicing.screens.papers import StatementPaper

PARTNERS.extend(
    tabs=[
        Tab(
            _("Invoicing"),
            Row(InvoicingPartner.customer_term, InvoicingPartner.supplier_term),
            Row(InvoicingPartner.receivable_account, InvoicingPartner.payable_account),
        )
    ],
    documents=[
        StatementPaper(Ledger.RECEIVABLE, _("Statement of receivables as PDF")),
        StatementPaper(Ledger.PAYABLE, _("Statement of payables as PDF")),
    ],
)
