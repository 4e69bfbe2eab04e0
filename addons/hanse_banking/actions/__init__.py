"""What can be done with bank accounts: read statements, match, write vouchers by rules."""

from hanse_banking.actions.matches import accept_certain, match_posted, match_together, undo
from hanse_banking.actions.rules import write_by_rules
from hanse_banking.actions.statements import name_columns, read_file
from hanse_banking.closing import C8

__all__ = [
    "C8",
    "accept_certain",
    "match_posted",
    "match_together",
    "name_columns",
    "read_file",
    "undo",
    "write_by_rules",
]
