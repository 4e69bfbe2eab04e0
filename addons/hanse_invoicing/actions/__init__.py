"""What can be done with invoices, payments and open items."""

from hanse_invoicing.actions.allocating import allocate_across, allocate_items, unallocate_items
from hanse_invoicing.actions.invoices import create_invoices, credit_invoices, update_invoices
from hanse_invoicing.actions.paying import post_payments
from hanse_invoicing.actions.payments import create_payments, propose_lines, update_payments
from hanse_invoicing.actions.posting import post_invoices
from hanse_invoicing.actions.receiving import take_in
from hanse_invoicing.actions.reminders import delete_reminders, write_reminders
from hanse_invoicing.actions.runs import confirm_runs, create_runs, pay_runs, propose_bills, reopen_runs, update_runs
from hanse_invoicing.actions.takeover import take_over

__all__ = [
    "allocate_across",
    "allocate_items",
    "confirm_runs",
    "create_invoices",
    "create_payments",
    "create_runs",
    "credit_invoices",
    "delete_reminders",
    "pay_runs",
    "post_invoices",
    "post_payments",
    "propose_bills",
    "propose_lines",
    "reopen_runs",
    "take_in",
    "take_over",
    "unallocate_items",
    "update_invoices",
    "update_payments",
    "update_runs",
    "write_reminders",
]
