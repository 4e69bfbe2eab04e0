"""What the addon adds to menus and roles, and what it has checked before a period is closed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from hanse import Context, _, hook
from hanse.i18n import Label
from hanse.web.menu import MenuItem
from hanse_invoicing import checks as checks  # registered by being imported

#: What whoever writes invoices looks at here.
_OWN = ("invoice", "open_item", "payment", "reminder", "tax", "term")
#: What of the books whoever writes invoices chooses from.
_BOOKS = ("account", "dimension", "dimension_value", "dimension_set", "fiscal_year", "period", "voucher_word")


@hook
def menu(ctx: Context) -> Iterable[MenuItem] | None:
    """Give sales and purchases each a list of their own."""
    if not ctx.may("invoicing.invoice.read"):
        return None
    sales, purchases = "?f-kind=invoice,credit_note", "?f-kind=bill,bill_credit"
    return [
        MenuItem(
            _("Customer invoices"), f"/invoicing/invoice{sales}", "invoicing", "file-invoice", 11, "hanse_invoicing"
        ),
        MenuItem(_("Supplier bills"), f"/invoicing/invoice{purchases}", "invoicing", "receipt", 12, "hanse_invoicing"),
    ]


@hook
def roles() -> Iterable[tuple[str, Label, Sequence[tuple[str, str]]]]:
    """Bring the roles of those who write invoices, and of those who keep receivables and payables."""
    see = [("contacts.partner.*", "company"), *((f"finance.{one}.read", "company") for one in _BOOKS)]
    write = [*(f"invoice.{verb}" for verb in ("create", "update", "delete")), "open_item.report"]
    write += [f"{one}.read" for one in _OWN]
    return [
        ("invoice_clerk", _("Invoice clerk"), [*((f"invoicing.{one}", "company") for one in write), *see]),
        ("receivables_accountant", _("Receivables and payables accountant"), [("invoicing.*", "company"), *see]),
    ]


@hook
def role_additions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Let the chief accountant do everything here, and clerks write invoices and payments and settle what was paid."""
    written = [f"{model}.{verb}" for model in ("invoice", "payment") for verb in ("create", "update", "delete")]
    work = (*written, "open_item.allocate", "open_item.report")
    return {
        "chief_accountant": [("invoicing.*", "company")],
        "accounting_clerk": [(f"invoicing.{one}", "company") for one in work],
    }
