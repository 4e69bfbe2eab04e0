"""What can be done with the books."""

from hanse_finance.actions.accounts import (
    combine_values,
    sync_values,
)
from hanse_finance.actions.cash import (
    assign_cash,
    forget_parts,
    load_items,
    reassign,
    split,
)
from hanse_finance.actions.closing import (
    revalue_periods,
    transfer_profit,
    transfer_year,
)
from hanse_finance.actions.completing_chart import (
    complete_chart,
)
from hanse_finance.actions.entry import (
    create_voucher,
    record_vouchers,
    update_voucher,
)
from hanse_finance.actions.opening_books import (
    open_books,
    take_back,
)
from hanse_finance.actions.periods import (
    close_period,
    open_year,
    reopen_period,
)
from hanse_finance.actions.posting import (
    audit_and_post_vouchers,
    audit_vouchers,
    post_vouchers,
    unaudit_vouchers,
)
from hanse_finance.actions.printing import (
    note_prints,
    print_vouchers,
)
from hanse_finance.actions.reversal import (
    reverse_vouchers,
)
from hanse_finance.actions.signing import (
    renumber,
    sign_vouchers,
    unsign_vouchers,
)
from hanse_finance.actions.taking_out import (
    archive_periods,
    archive_years,
    export_periods,
    export_years,
)
from hanse_finance.actions.taking_over import (
    abandon_taking_over,
    begin_taking_over,
    choose_profit_account,
    enter_balances,
    keep_balance_file,
    replace_balances,
)
from hanse_finance.actions.templates import (
    create_templates,
    keep_as_template,
    write_from_template,
)
from hanse_finance.actions.voiding import (
    restore_vouchers,
    void_vouchers,
)

__all__ = [
    "abandon_taking_over",
    "archive_periods",
    "archive_years",
    "assign_cash",
    "audit_and_post_vouchers",
    "audit_vouchers",
    "begin_taking_over",
    "choose_profit_account",
    "close_period",
    "combine_values",
    "complete_chart",
    "create_templates",
    "create_voucher",
    "enter_balances",
    "export_periods",
    "export_years",
    "forget_parts",
    "keep_as_template",
    "keep_balance_file",
    "load_items",
    "note_prints",
    "open_books",
    "open_year",
    "post_vouchers",
    "print_vouchers",
    "reassign",
    "record_vouchers",
    "renumber",
    "reopen_period",
    "replace_balances",
    "restore_vouchers",
    "revalue_periods",
    "reverse_vouchers",
    "sign_vouchers",
    "split",
    "sync_values",
    "take_back",
    "transfer_profit",
    "transfer_year",
    "unaudit_vouchers",
    "unsign_vouchers",
    "update_voucher",
    "void_vouchers",
    "write_from_template",
]
