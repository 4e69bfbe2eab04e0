"""What columns of balance files are called; each addon reads the headings of its country's programs.

A heading is read into a *role*: ``code``, ``name``, ``side``, ``currency``, ``dimension:<code>``,
``dimension_code:<code>``, or an amount: ``<when>``, ``<when>_debit``, ``<when>_credit``, with ``foreign_`` before it
where it is in the row's own currency, ``quantity_`` where it is a quantity.  ``when`` is ``opening`` and ``closing``
(balances at the ends of what the file covers), ``moved`` (within it), ``total`` (since the beginning of the year),
``year`` (the balance then).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from hanse.exchange.headings import plain_words
from hanse_finance.models import AccountType, Side

WHEN = ("opening", "moved", "total", "closing", "year")


@dataclass(frozen=True, slots=True)
class Words:
    """How the headings and rows of files are read that programs of one country write.

    :ivar heading: gives the role of a heading, which comes without blanks and marks, in small letters
    :ivar is_total: tells rows that add up others by the text in them
    :ivar sides: texts that say on which side a balance stands: 1 debit, -1 credit, 0 level
    :ivar own_currency: what the company's own currency is called besides its code
    :ivar currency_sums: what it is called in rows that add up several currencies
    :ivar currencies: what other currencies are called, with their codes
    :ivar not_periods: marks in a title whose date is none of the file's
    :ivar classify: gives type and side that the country's standards give an account, by its code and all that are used
    :ivar profit: codes of the profit account
    """

    addon: str
    heading: Callable[[str], str | None]
    is_total: Callable[[str], bool]
    sides: dict[str, int]
    own_currency: frozenset[str] = frozenset()
    currency_sums: frozenset[str] = frozenset()
    currencies: Sequence[tuple[str, str]] = ()
    not_periods: tuple[str, ...] = ()
    classify: Callable[[Iterable[str], str], tuple[AccountType, Side] | None] = lambda _codes, _code: None
    profit: tuple[str, ...] = ()


_words: dict[str, Words] = {}


def register_words(words: Words) -> Words:
    """Have headings and rows of balance files read this way as well."""
    return _words.setdefault(words.addon, words)


def known_words() -> list[Words]:
    """Give everything registered, other addons first."""
    return sorted(_words.values(), key=lambda words: words.addon == "hanse_finance")


def role_of(text: str) -> str | None:
    """Give the role of a heading; None: nobody knows it."""
    plain = plain_words(text)
    return next((role for words in known_words() if plain and (role := words.heading(plain)) is not None), None)


def is_total(text: str) -> bool:
    """Tell whether a text marks a row that adds up others."""
    plain = plain_words(text)
    return bool(plain) and any(words.is_total(plain) for words in known_words())


def side_of(text: str) -> int | None:
    """Read on which side a balance stands; None: the text says nothing about it."""
    plain = plain_words(text)
    return next((words.sides[plain] for words in known_words() if plain in words.sides), None)


_EXACT = {
    "code": "code",
    "account": "code",
    "accountcode": "code",
    "accountnumber": "code",
    "name": "name",
    "accountname": "name",
    "side": "side",
    "balanceside": "side",
    "drcr": "side",
    "currency": "currency",
    "foreigncurrency": "currency",
    "customer": "dimension:customer",
    "customercode": "dimension_code:customer",
    "supplier": "dimension:supplier",
    "suppliercode": "dimension_code:supplier",
    "department": "dimension:department",
    "departmentcode": "dimension_code:department",
}
_AMOUNT = re.compile(r"(foreign)?(opening|closing|yeartodate|movement|yearopening)(balance)?(debit|credit)?(quantity)?")
_AMOUNT_AHEAD = re.compile(r"(foreign)?(debit|credit)(quantity)?(yeartodate|movement|opening|closing)?")
_PLACES = {"yeartodate": "total", "movement": "moved", "yearopening": "year"}


def _heading(plain: str) -> str | None:
    if plain in _EXACT:
        return _EXACT[plain]
    if plain == "foreignbalance":
        return "foreign_opening"
    if plain == "quantity":
        return "quantity_opening"
    if found := _AMOUNT.fullmatch(plain):
        foreign, when, side, counted = found[1], _PLACES.get(found[2], found[2]), found[4], found[5]
    elif found := _AMOUNT_AHEAD.fullmatch(plain):
        foreign, side, counted, when = found[1], found[2], found[3], _PLACES.get(found[4] or "movement", found[4])
    else:
        return None
    prefix = "quantity_" if counted else "foreign_" if foreign else ""
    return f"{prefix}{when}{f'_{side}' if side else ''}"


register_words(
    Words(
        "hanse_finance",
        _heading,
        lambda plain: plain in ("total", "subtotal", "grandtotal", "sum"),
        {"d": 1, "dr": 1, "debit": 1, "c": -1, "cr": -1, "credit": -1, "nil": 0},
    )
)
__all__ = ["WHEN", "Words", "is_total", "known_words", "register_words", "role_of", "side_of"]
