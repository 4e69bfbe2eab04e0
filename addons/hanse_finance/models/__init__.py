"""The books: accounts, dimensions, years and periods, vouchers, balances."""

from hanse_finance.models.accounts import (
    Account,
    AccountDimension,
    AccountType,
    Dimension,
    DimensionSet,
    DimensionSetValue,
    DimensionSource,
    DimensionValue,
    Side,
)
from hanse_finance.models.balances import (
    Balance,
    DimensionBalance,
)
from hanse_finance.models.budgets import BudgetLine
from hanse_finance.models.cash import (
    CashBalance,
    CashFlow,
)
from hanse_finance.models.cash_items import (
    CashItem,
)
from hanse_finance.models.closings import (
    ClosedReport,
)
from hanse_finance.models.openings import (
    Opening,
    OpeningLine,
    OpeningState,
)
from hanse_finance.models.periods import (
    FiscalYear,
    Period,
    PeriodState,
)
from hanse_finance.models.printing import (
    Printer,
    VoucherColumns,
    VoucherPrint,
    VoucherPrintSettings,
)
from hanse_finance.models.rates import (
    ExchangeRate,
)
from hanse_finance.models.settings import (
    FinanceSettings,
    LedgerSettings,
    ProfitVouchers,
    Transfers,
)
from hanse_finance.models.templates import (
    Rhythm,
    TemplateLine,
    VoucherTemplate,
)
from hanse_finance.models.vouchers import (
    Reversal,
    Voucher,
    VoucherKind,
    VoucherLine,
    VoucherState,
    VoucherWord,
)

__all__ = [
    "Account",
    "AccountDimension",
    "AccountType",
    "Balance",
    "BudgetLine",
    "CashBalance",
    "CashFlow",
    "CashItem",
    "ClosedReport",
    "Dimension",
    "DimensionBalance",
    "DimensionSet",
    "DimensionSetValue",
    "DimensionSource",
    "DimensionValue",
    "ExchangeRate",
    "FinanceSettings",
    "FiscalYear",
    "LedgerSettings",
    "Opening",
    "OpeningLine",
    "OpeningState",
    "Period",
    "PeriodState",
    "Printer",
    "ProfitVouchers",
    "Reversal",
    "Rhythm",
    "Side",
    "TemplateLine",
    "Transfers",
    "Voucher",
    "VoucherColumns",
    "VoucherKind",
    "VoucherLine",
    "VoucherPrint",
    "VoucherPrintSettings",
    "VoucherState",
    "VoucherTemplate",
    "VoucherWord",
]
