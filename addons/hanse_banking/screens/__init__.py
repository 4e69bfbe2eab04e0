"""What people see of banks: accounts, statements, the page where both sides are matched, the adjustment table."""

from hanse import _, menu_section

menu_section("banking", _("Banks"), order=23, icon="building-bank")

from hanse_banking.screens.adjustment import ADJUSTMENT  # noqa: E402  the menu is named first
from hanse_banking.screens.columns import columns  # noqa: E402
from hanse_banking.screens.lists import ACCOUNTS, LINES, MATCHES, RULES, STATEMENTS  # noqa: E402
from hanse_banking.screens.reconcile import reconcile  # noqa: E402

__all__ = ["ACCOUNTS", "ADJUSTMENT", "LINES", "MATCHES", "RULES", "STATEMENTS", "columns", "reconcile"]
