"""What people see of finance: vouchers, reports, accounts, periods, settings."""

from hanse import _, menu_section

menu_section("finance", _("Finance"), order=20, icon="calculator")
menu_section("books", _("Books"), order=21, icon="books")
menu_section("finance_statements", _("Statements"), order=24, icon="report")
menu_section("finance_settings", _("Finance settings"), order=70, icon="settings")

# The menu sections stand above because a screen names its section.
from hanse_finance.screens.accounts import ACCOUNTS, DIMENSION_SETS, DIMENSION_VALUES, DIMENSIONS  # noqa: E402
from hanse_finance.screens.books import ACCOUNT_LEDGER  # noqa: E402
from hanse_finance.screens.budgets import BUDGET, BUDGET_LINES  # noqa: E402
from hanse_finance.screens.cash import CASH_FLOW_PARTS, CASH_ITEMS, CASH_PARTS  # noqa: E402
from hanse_finance.screens.closing import closing  # noqa: E402
from hanse_finance.screens.entries import ENTRIES  # noqa: E402
from hanse_finance.screens.periods import FISCAL_YEARS, PERIODS, RATES, WORDS  # noqa: E402
from hanse_finance.screens.printing import PRINT_LOG, PRINT_SETTINGS, PRINTERS, print_vouchers  # noqa: E402
from hanse_finance.screens.statements import (  # noqa: E402
    BALANCE_SHEET,
    CASH_FLOW,
    INCOME_STATEMENT,
    STATEMENT_LINE,
)
from hanse_finance.screens.taking_over import opening_page  # noqa: E402
from hanse_finance.screens.templates import TEMPLATES, begin_voucher  # noqa: E402
from hanse_finance.screens.trial_balance import TRIAL_BALANCE  # noqa: E402
from hanse_finance.screens.vouchers import VOUCHERS  # noqa: E402

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_LEDGER",
    "BALANCE_SHEET",
    "BUDGET",
    "BUDGET_LINES",
    "CASH_FLOW",
    "CASH_FLOW_PARTS",
    "CASH_ITEMS",
    "CASH_PARTS",
    "DIMENSIONS",
    "DIMENSION_SETS",
    "DIMENSION_VALUES",
    "ENTRIES",
    "FISCAL_YEARS",
    "INCOME_STATEMENT",
    "PERIODS",
    "PRINTERS",
    "PRINT_LOG",
    "PRINT_SETTINGS",
    "RATES",
    "STATEMENT_LINE",
    "TEMPLATES",
    "TRIAL_BALANCE",
    "VOUCHERS",
    "WORDS",
    "begin_voucher",
    "closing",
    "opening_page",
    "print_vouchers",
]
