"""What can be done with the books."""

from hanse_finance.actions.accounts import combine_values, sync_values
from hanse_finance.actions.entry import create_voucher, record_vouchers, update_voucher
from hanse_finance.actions.periods import close_period, open_year, reopen_period
from hanse_finance.actions.posting import audit_and_post_vouchers, audit_vouchers, post_vouchers, unaudit_vouchers
from hanse_finance.actions.printing import note_prints, print_vouchers
from hanse_finance.actions.reversal import reverse_vouchers
from hanse_finance.actions.taking_out import archive_periods, archive_years, export_periods, export_years
from hanse_finance.actions.voiding import restore_vouchers, void_vouchers

__all__ = [
    "archive_periods",
    "archive_years",
    "audit_and_post_vouchers",
    "audit_vouchers",
    "close_period",
    "combine_values",
    "create_voucher",
    "export_periods",
    "export_years",
    "note_prints",
    "open_year",
    "post_vouchers",
    "print_vouchers",
    "record_vouchers",
    "reopen_period",
    "restore_vouchers",
    "reverse_vouchers",
    "sync_values",
    "unaudit_vouchers",
    "update_voucher",
    "void_vouchers",
]
