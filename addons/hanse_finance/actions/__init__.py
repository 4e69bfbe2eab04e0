"""What can be done with the books."""

from hanse_finance.actions.accounts import combine_values, sync_values
from hanse_finance.actions.completing_chart import complete_chart
from hanse_finance.actions.entry import create_voucher, record_vouchers, update_voucher
from hanse_finance.actions.opening_books import open_books, take_back
from hanse_finance.actions.periods import close_period, open_year, reopen_period
from hanse_finance.actions.posting import audit_and_post_vouchers, audit_vouchers, post_vouchers, unaudit_vouchers
from hanse_finance.actions.printing import note_prints, print_vouchers
from hanse_finance.actions.reversal import reverse_vouchers
from hanse_finance.actions.taking_over import (
    abandon_taking_over,
    begin_taking_over,
    choose_profit_account,
    enter_balances,
    keep_balance_file,
    replace_balances,
)
from hanse_finance.actions.voiding import restore_vouchers, void_vouchers

__all__ = [
    "abandon_taking_over",
    "audit_and_post_vouchers",
    "audit_vouchers",
    "begin_taking_over",
    "choose_profit_account",
    "close_period",
    "combine_values",
    "complete_chart",
    "create_voucher",
    "enter_balances",
    "keep_balance_file",
    "note_prints",
    "open_books",
    "open_year",
    "post_vouchers",
    "print_vouchers",
    "record_vouchers",
    "reopen_period",
    "replace_balances",
    "restore_vouchers",
    "reverse_vouchers",
    "sync_values",
    "take_back",
    "unaudit_vouchers",
    "update_voucher",
    "void_vouchers",
]
