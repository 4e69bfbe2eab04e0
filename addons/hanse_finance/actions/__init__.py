"""What can be done with the books."""

from hanse_finance.actions.accounts import (
    combine_values,
    sync_values,
)
from hanse_finance.actions.cash import (
    assign_cash,
    load_items,
    reassign,
    split,
    take_back,
)
from hanse_finance.actions.closing import (
    revalue_periods,
    transfer_profit,
    transfer_year,
)
from hanse_finance.actions.entry import (
    create_voucher,
    record_vouchers,
    update_voucher,
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
    "archive_periods",
    "archive_years",
    "assign_cash",
    "audit_and_post_vouchers",
    "audit_vouchers",
    "close_period",
    "combine_values",
    "create_templates",
    "create_voucher",
    "export_periods",
    "export_years",
    "keep_as_template",
    "load_items",
    "note_prints",
    "open_year",
    "post_vouchers",
    "print_vouchers",
    "reassign",
    "record_vouchers",
    "renumber",
    "reopen_period",
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
