"""What is kept of banks: accounts, their statements, what was matched, and rules."""

from hanse_banking.models.accounts import HouseAccount
from hanse_banking.models.matches import BankMatch, MatchPart
from hanse_banking.models.rules import BankRule, BankVoucher, Direction
from hanse_banking.models.statements import BankLine, BankStatement

__all__ = [
    "BankLine",
    "BankMatch",
    "BankRule",
    "BankStatement",
    "BankVoucher",
    "Direction",
    "HouseAccount",
    "MatchPart",
]
