"""Taxes, terms, invoices, payments, open items."""

from hanse_invoicing.models.invoices import Invoice, InvoiceKind, InvoiceLine, InvoiceState, InvoiceVoucher
from hanse_invoicing.models.items import Allocation, AllocationKind, OpenItem, PaymentLine
from hanse_invoicing.models.partners import InvoicingPartner
from hanse_invoicing.models.payments import Direction, Ledger, Payment, PaymentState, PaymentVoucher
from hanse_invoicing.models.reminders import Reminder, ReminderLevel, ReminderLine, ReminderText
from hanse_invoicing.models.runs import PaymentRun, RunLine, RunState
from hanse_invoicing.models.settings import InvoicingSettings, TaxRounding
from hanse_invoicing.models.taxes import Tax, TaxCategory, TaxUse
from hanse_invoicing.models.terms import Term, TermPart

__all__ = [
    "Allocation",
    "AllocationKind",
    "Direction",
    "Invoice",
    "InvoiceKind",
    "InvoiceLine",
    "InvoiceState",
    "InvoiceVoucher",
    "InvoicingPartner",
    "InvoicingSettings",
    "Ledger",
    "OpenItem",
    "Payment",
    "PaymentLine",
    "PaymentRun",
    "PaymentState",
    "PaymentVoucher",
    "Reminder",
    "ReminderLevel",
    "ReminderLine",
    "ReminderText",
    "RunLine",
    "RunState",
    "Tax",
    "TaxCategory",
    "TaxRounding",
    "TaxUse",
    "Term",
    "TermPart",
]
