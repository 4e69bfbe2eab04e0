"""The books: ledgers, journals, lists and balances, each a report that leads to the next, and at last to a voucher."""

from hanse_finance.screens.books.three_columns import ACCOUNT_LEDGER, JOURNAL  # isort: skip  others lead to it
from hanse_finance.screens.books.ageing import AGEING
from hanse_finance.screens.books.chronological import CHRONOLOGICAL
from hanse_finance.screens.books.dimensions import DIMENSION_BALANCES, DIMENSION_LEDGER
from hanse_finance.screens.books.foreign import FOREIGN_LEDGER
from hanse_finance.screens.books.general import GENERAL_LEDGER
from hanse_finance.screens.books.multi_column import MULTI_COLUMN
from hanse_finance.screens.books.quantity import QUANTITY_BALANCES, QUANTITY_LEDGER
from hanse_finance.screens.books.summary import ACCOUNT_SUMMARY

__all__ = [
    "ACCOUNT_LEDGER",
    "ACCOUNT_SUMMARY",
    "AGEING",
    "CHRONOLOGICAL",
    "DIMENSION_BALANCES",
    "DIMENSION_LEDGER",
    "FOREIGN_LEDGER",
    "GENERAL_LEDGER",
    "JOURNAL",
    "MULTI_COLUMN",
    "QUANTITY_BALANCES",
    "QUANTITY_LEDGER",
]
