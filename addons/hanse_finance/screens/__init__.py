"""What people see of finance: vouchers, reports, accounts, periods, settings."""

from hanse import _, menu_section

menu_section("finance", _("Finance"), order=20, icon="calculator")
menu_section("books", _("Books"), order=21, icon="books")
menu_section("finance_settings", _("Finance settings"), order=70, icon="settings")

# The menu sections stand above because a screen names its section.
from hanse_finance.screens.accounts import ACCOUNTS, DIMENSION_SETS, DIMENSION_VALUES, DIMENSIONS  # noqa: E402
from hanse_finance.screens.books import ACCOUNT_LEDGER  # noqa: E402
from hanse_finance.screens.entries import ENTRIES  # noqa: E402
from hanse_finance.screens.periods import FISCAL_YEARS, PERIODS, RATES, WORDS  # noqa: E402
from hanse_finance.screens.trial_balance import TRIAL_BALANCE  # noqa: E402
from hanse_finance.screens.vouchers import VOUCHERS  # noqa: E402

__all__ = [
    "ACCOUNTS",
    "ACCOUNT_LEDGER",
    "DIMENSIONS",
    "DIMENSION_SETS",
    "DIMENSION_VALUES",
    "ENTRIES",
    "FISCAL_YEARS",
    "PERIODS",
    "RATES",
    "TRIAL_BALANCE",
    "VOUCHERS",
    "WORDS",
]
