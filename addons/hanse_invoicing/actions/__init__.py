"""What can be done with invoices, payments and open items."""

from hanse_invoicing.actions.allocating import allocate_items, unallocate_items
from hanse_invoicing.actions.invoices import create_invoices, credit_invoices, update_invoices
from hanse_invoicing.actions.payments import create_payments, post_payments, propose_lines, update_payments
from hanse_invoicing.actions.posting import post_invoices
from hanse_invoicing.actions.takeover import take_over

__all__ = [
    "allocate_items",
    "create_invoices",
    "create_payments",
    "credit_invoices",
    "post_invoices",
    "post_payments",
    "propose_lines",
    "take_over",
    "unallocate_items",
    "update_invoices",
    "update_payments",
]
