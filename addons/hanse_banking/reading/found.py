"""What a file of a bank says, whatever its format, and whether that adds up."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise

from hanse import BusinessError, _
from hanse.i18n import Label

ZERO = Decimal(0)
#: More digits than this are no amount of money.
_LARGEST = Decimal(10) ** 15
_AMOUNT = re.compile(r"[+-]?[0-9]{1,18}([.,][0-9]{0,8})?")


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line of a statement.

    :ivar row: where it stands in the file, from 1
    :ivar amount: positive where money came in
    :ivar balance: of the account behind the line, where the file says it
    """

    row: int
    day: date
    amount: Decimal
    counterparty: str = ""
    counterparty_account: str = ""
    purpose: str = ""
    reference: str = ""
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class FoundStatement:
    """A statement; ``opening`` and ``closing`` are None where the file does not say them."""

    lines: tuple[FoundLine, ...]
    number: str = ""
    account: str = ""
    currency: str = ""
    start: date | None = None
    end: date | None = None
    opening: Decimal | None = None
    closing: Decimal | None = None

    def first_day(self) -> date | None:
        """Give its first day, or that of its first line."""
        return self.start or min((one.day for one in self.lines), default=self.end)

    def last_day(self) -> date | None:
        """Give its last day, or that of its last line."""
        return self.end or max((one.day for one in self.lines), default=self.start)


def unreadable(message: Label) -> BusinessError:
    """Say what is wrong with a file."""
    return BusinessError(message, field="file")


def tidy(text: str | None, most: int) -> str:
    """Give a text in one line, full-width letters made plain, not longer than it may be."""
    plain = unicodedata.normalize("NFKC", text or "")
    return " ".join("".join(one if one.isprintable() else " " for one in plain).split())[:most]


def amount_in(text: str) -> Decimal:
    """Read an amount as standards write it: ``1234.50``.

    :raises BusinessError: it is none
    """
    if not _AMOUNT.fullmatch(text):
        raise unreadable(_("“%(text)s” is no amount.", text=text[:40]))
    return Decimal(text.replace(",", "."))


def plain_number(text: str) -> str:
    """Give letters and digits of an account number."""
    return "".join(one for one in text.upper() if one.isalnum())


def checked(statement: FoundStatement) -> FoundStatement:
    """Give the statement with opening and closing balance as far as they follow from its lines.

    :raises BusinessError: a balance beside a line, or the closing balance, is not what the lines make of the opening
        balance; it names the first row that breaks it, and the amount
    """
    if any(not one.amount.is_finite() or abs(one.amount) >= _LARGEST for one in statement.lines):
        raise unreadable(_("An amount in this file is larger than any bank's."))
    stated = [one for one in (statement.opening, statement.closing) if one is not None]
    if any(not one.is_finite() or abs(one) >= _LARGEST for one in stated):
        raise unreadable(_("An amount in this file is larger than any bank's."))
    lines = [one for one in statement.lines if one.amount]
    lines = _in_order(lines)
    opening = statement.opening
    if opening is None and lines and lines[0].balance is not None:
        opening = lines[0].balance - lines[0].amount
    closing = statement.closing
    if opening is not None:
        reached = _reached(opening, lines)
        if closing is not None and closing != reached:
            raise unreadable(
                _(
                    "Opening balance %(opening)s and the lines make %(reached)s, but the closing balance is "
                    "%(closing)s: %(difference)s is missing.",
                    opening=opening,
                    reached=reached,
                    closing=closing,
                    difference=closing - reached,
                )
            )
        closing = reached
    return replace(statement, lines=tuple(lines), opening=opening, closing=closing)


def _in_order(lines: list[FoundLine]) -> list[FoundLine]:
    """Put lines the other way round where the file begins with the latest: balances tell, else days."""
    if len(lines) > 1 and all(one.balance is not None for one in lines):
        there, back = _breaks(lines), _breaks(lines[::-1])
        if there != back:
            return lines[::-1] if back < there else lines
    if lines and lines[0].day > lines[-1].day:
        return lines[::-1]
    return lines


def _breaks(lines: Sequence[FoundLine]) -> int:
    """Count where a balance does not follow from the one before it."""
    return sum((one.balance or ZERO) + two.amount != (two.balance or ZERO) for one, two in pairwise(lines))


def _reached(opening: Decimal, lines: Sequence[FoundLine]) -> Decimal:
    balance = opening
    for one in lines:
        balance += one.amount
        if one.balance is not None and one.balance != balance:
            raise unreadable(
                _(
                    "Row %(row)s: after %(amount)s the balance should be %(balance)s, but the file says %(said)s: "
                    "%(difference)s is missing.",
                    row=one.row,
                    amount=one.amount,
                    balance=balance,
                    said=one.balance,
                    difference=one.balance - balance,
                )
            )
    return balance


def keys(lines: Sequence[FoundLine]) -> list[str]:
    """Give what tells lines apart: day, amount and reference, or else counterparty and purpose; and which of them."""
    seen: Counter[str] = Counter()
    found: list[str] = []
    for one in lines:
        told = one.reference or f"{one.counterparty}\n{one.counterparty_account}\n{one.purpose}"
        plain = f"{one.day.isoformat()}\n{one.amount.normalize():f}\n{told}"
        seen[plain] += 1
        found.append(sha256(f"{plain}\n{seen[plain]}".encode()).hexdigest())
    return found


__all__ = ["FoundLine", "FoundStatement", "amount_in", "checked", "keys", "plain_number", "tidy", "unreadable"]
