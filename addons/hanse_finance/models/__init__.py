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
from hanse_finance.models.balances import Balance, DimensionBalance
from hanse_finance.models.periods import FiscalYear, Period, PeriodState
from hanse_finance.models.rates import ExchangeRate
from hanse_finance.models.settings import LedgerSettings
from hanse_finance.models.vouchers import (
    Reversal,
    Voucher,
    VoucherKind,
    VoucherLine,
    VoucherPrint,
    VoucherState,
    VoucherWord,
)

__all__ = [
    "Account",
    "AccountDimension",
    "AccountType",
    "Balance",
    "Dimension",
    "DimensionBalance",
    "DimensionSet",
    "DimensionSetValue",
    "DimensionSource",
    "DimensionValue",
    "ExchangeRate",
    "FiscalYear",
    "LedgerSettings",
    "Period",
    "PeriodState",
    "Reversal",
    "Side",
    "Voucher",
    "VoucherKind",
    "VoucherLine",
    "VoucherPrint",
    "VoucherState",
    "VoucherWord",
]
