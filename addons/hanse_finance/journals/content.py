"""What a journal says, in plain values: nothing here knows a database or a format."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from hanse import Choice
from hanse_finance.analyses import Analysis
from hanse_finance.models import AccountType, Side


class JournalFormat(Choice):
    """Programs that keep books in plain text."""

    HLEDGER = "hledger", "hledger"
    LEDGER = "ledger", "Ledger"
    BEANCOUNT = "beancount", "Beancount"


class Commodity(NamedTuple):
    """A currency.  ``places`` is the number of decimals its amounts are written with, at least."""

    id: int
    code: str
    places: int


class JournalAccount(NamedTuple):
    """An account of the chart, which may stand below another."""

    id: int
    code: str
    title: str
    type: AccountType
    side: Side
    parent: int | None = None
    cash: bool = False


class Foreign(NamedTuple):
    """What a line was reckoned from in another currency; it does not count in balances."""

    currency: str
    amount: Decimal
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class JournalLine:
    """A line: ``amount`` of ``commodity``, debit positive, which counts as ``base`` in the company's currency.

    :ivar red: the side that a negative amount was written on; None: the amount is not red
    """

    account: int
    commodity: int
    amount: Decimal
    base: Decimal
    summary: str = ""
    red: Side | None = None
    foreign: Foreign | None = None
    analysis: Sequence[Analysis] = ()

    @property
    def is_debit(self) -> bool:
        """Whether it was written on the debit side: a red amount stays there and has a minus."""
        return self.amount >= 0 if self.red is None else self.red is Side.DEBIT


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A posted voucher.  The base amounts of its lines add up to zero.

    :ivar code: word and number, ``记-12``
    :ivar tags: what else is known of it, by the names of :data:`hanse_finance.journals.names.TAGS`
    """

    day: datetime.date
    code: str
    summary: str
    lines: Sequence[JournalLine]
    tags: Mapping[str, str] = field(default_factory=dict[str, str])


class BookBalance(NamedTuple):
    """A balance of an account in a currency, debit positive, and what it counts for in the company's."""

    account: int
    commodity: int
    amount: Decimal
    base: Decimal


class Price(NamedTuple):
    """What one unit of a currency was worth in another on a day."""

    day: datetime.date
    commodity: int
    quote: int
    rate: Decimal


@dataclass(frozen=True, slots=True)
class Books:
    """The books of a company from the beginning of ``first`` to the end of ``last``.

    :ivar currency: id of the company's currency, which is among the commodities
    :ivar dimensions: code of each dimension by its id
    :ivar opening: empty where the books begin here
    :ivar entries: by day; read as they are asked for, once
    :ivar prices: likewise
    """

    company: str
    first: datetime.date
    last: datetime.date
    currency: int
    commodities: Sequence[Commodity]
    accounts: Sequence[JournalAccount]
    dimensions: Mapping[int, str]
    opening: Sequence[BookBalance]
    closing: Sequence[BookBalance]
    entries: Iterable[JournalEntry]
    prices: Iterable[Price] = ()
