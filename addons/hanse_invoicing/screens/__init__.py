"""What people see of receivables and payables."""

from hanse import _, menu_section

menu_section("invoicing", _("Receivables and payables"), order=18, icon="file-invoice")
menu_section("invoicing_settings", _("Invoicing settings"), order=71, icon="settings")

# The menu sections stand above because a screen names its section.
from hanse_invoicing.screens import partners as partners  # noqa: E402
from hanse_invoicing.screens import receiving as receiving  # noqa: E402
from hanse_invoicing.screens.invoices import INVOICES  # noqa: E402
from hanse_invoicing.screens.items import ALLOCATIONS, ITEMS  # noqa: E402
from hanse_invoicing.screens.payments import PAYMENTS  # noqa: E402
from hanse_invoicing.screens.reconciling import RECONCILIATION  # noqa: E402
from hanse_invoicing.screens.reminders import LEVELS, REMINDERS  # noqa: E402
from hanse_invoicing.screens.runs import RUNS  # noqa: E402
from hanse_invoicing.screens.standing import AGEING, STATEMENT  # noqa: E402
from hanse_invoicing.screens.taxes import TAXES, TERMS  # noqa: E402
from hanse_invoicing.screens.turnover import TURNOVER  # noqa: E402

__all__ = [
    "AGEING",
    "ALLOCATIONS",
    "INVOICES",
    "ITEMS",
    "LEVELS",
    "PAYMENTS",
    "RECONCILIATION",
    "REMINDERS",
    "RUNS",
    "STATEMENT",
    "TAXES",
    "TERMS",
    "TURNOVER",
]
