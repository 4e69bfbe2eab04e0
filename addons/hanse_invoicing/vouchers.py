"""From a document to its voucher: entries, debit positive, become lines on the sides the document's kind asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Errors, _
from hanse.i18n import Label, speaking
from hanse_finance.models import Side
from hanse_finance.setup import action

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to write.

    :ivar base: in the company's currency, debit positive
    :ivar side: the side it stands on, red if the amount is on the other; None: where its sign says
    :ivar currency: id of a foreign currency, with ``amount`` in it, debit positive
    """

    account: int
    details: int | None
    base: Decimal
    side: Side | None = None
    currency: int | None = None
    amount: Decimal = ZERO
    rate: Decimal | None = None

    @property
    def red(self) -> Entry:
        """The same with the opposite sign on the same side."""
        side = self.side or (Side.DEBIT if self.base >= 0 else Side.CREDIT)
        return replace(self, base=-self.base, amount=-self.amount, side=side)

    def line(self, summary: str) -> dict[str, Any]:
        """Give it as finance takes it."""
        side = self.side or (Side.DEBIT if self.base >= 0 else Side.CREDIT)
        line: dict[str, Any] = {
            "summary": summary,
            "account": self.account,
            "details": self.details,
            "debit" if side is Side.DEBIT else "credit": self.base if side is Side.DEBIT else -self.base,
            "base": self.base,
        }
        if self.currency is not None:
            line |= {"foreign_currency": self.currency, "foreign_amount": self.amount, "foreign_rate": self.rate}
        return line


def gathered(entries: Sequence[Entry]) -> list[Entry]:
    """Add up entries that agree in all but their amounts; those of zero are left out."""
    found: dict[tuple[Any, ...], Entry] = {}
    for one in entries:
        key = (one.account, one.details, one.side, one.currency)
        there = found.get(key)
        found[key] = (
            one if there is None else replace(there, base=there.base + one.base, amount=there.amount + one.amount)
        )
    return [one for one in found.values() if one.base or one.amount]


@dataclass(frozen=True, slots=True)
class Booking:
    """What a document writes into the books.

    :ivar document: names the document, whose maker the voucher has; who acts has confirmed it and is the auditor
    :ivar record: id of the document, which errors name where several are booked
    """

    day: date
    maker: int
    summary: Label
    document: Label
    entries: Sequence[Entry]
    word: int | None = None
    source: str | None = None
    record: int | None = None

    def values(self, locale: str) -> dict[str, Any] | None:
        """Give the voucher as finance takes it; None where nothing moves."""
        lines = gathered(self.entries)
        if not lines:
            return None
        with speaking(locale):  # books are kept in one language, whoever writes
            said, named = str(self.summary)[:200], str(self.document)
        head = {"day": self.day, "word": self.word, "document": named, "source": self.source}
        return {**head, "lines": [one.line(said) for one in lines]}


def enter(
    ctx: Context,
    *,
    day: date,
    maker: int,
    summary: Label,
    document: Label,
    entries: Sequence[Entry],
    word: int | None = None,
    source: str | None = None,
) -> int | None:
    """Record and post a voucher as finance does for documents; None where nothing moves.

    :param document: names the document, whose maker the voucher has; who acts has confirmed it and is the auditor
    :raises BusinessError: the period is closed, an account takes no postings, a dimension is missing …
    """
    return enter_all(ctx, [Booking(day, maker, summary, document, entries, word, source)])[0]


def enter_all(ctx: Context, bookings: Sequence[Booking]) -> list[int | None]:
    """Record and post the vouchers of many documents; their ids in the same order, None where nothing moves.

    :raises BusinessError: as for one; of several, the message names the document
    """
    found: list[int | None] = [None] * len(bookings)
    values = [one.values(ctx.company.locale) for one in bookings]
    makers = dict.fromkeys(one.maker for one in bookings)
    for maker in makers:
        places = [at for at, one in enumerate(bookings) if one.maker == maker and values[at] is not None]
        if not places:
            continue
        try:
            made = ctx.run(action("finance.voucher.enter"), values=[values[at] for at in places], maker=maker).done
        except BusinessError as error:
            raise _named(error, [bookings[at] for at in places]) from error
        for at, voucher in zip(places, made, strict=True):
            found[at] = voucher
    return found


def _named(error: BusinessError, bookings: Sequence[Booking]) -> BusinessError:
    """Let an error of one voucher among several name the document that it is about."""
    if len(bookings) == 1:
        return error
    told: list[BusinessError] = []
    for one in error.each():
        place, dot, _rest = (one.field or "").partition(".")
        if not (dot and place.isdigit()):
            return error
        about = bookings[int(place)]
        message = _("%(what)s, %(day)s: %(error)s", what=about.summary, day=about.day, error=one.message)
        told.append(BusinessError(message, record=about.record))
    return told[0] if len(told) == 1 else Errors(told)
