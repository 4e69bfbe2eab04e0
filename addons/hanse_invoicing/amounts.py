"""Amounts of invoices: discount, tax and rounding of each line, and the parts in which they fall due.  No database.

Each rounding is one named rule.  China rounds each line half up and adds lines up (发票); a document may also be
rounded as a whole, and lines then share its total so that they add up to it.
"""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from decimal import Context as Digits
from enum import Enum

ZERO, HUNDRED = Decimal(0), Decimal(100)
#: Enough for quantity × price × discount × rate with all their decimals.
_EXACTLY = Digits(prec=90)


class Rule(Enum):
    """How net amounts are rounded: each line half up, each line half even, or the document half up."""

    LINE_HALF_UP = "line_half_up"
    LINE_HALF_EVEN = "line_half_even"
    DOCUMENT_HALF_UP = "document_half_up"


@dataclass(frozen=True, slots=True)
class Priced:
    """What a line says.

    :ivar discount: percent of quantity × price
    :ivar percent: of the tax; None: it has none
    """

    quantity: Decimal
    price: Decimal
    discount: Decimal = ZERO
    percent: Decimal | None = None

    @property
    def exact(self) -> Decimal:
        """Quantity × price less discount, not rounded."""
        full = _EXACTLY.multiply(self.quantity, self.price)
        return _EXACTLY.divide(_EXACTLY.multiply(full, HUNDRED - self.discount), HUNDRED)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a line comes to; net + tax = gross."""

    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax


def rounded(amount: Decimal, places: int, mode: str = ROUND_HALF_UP) -> Decimal:
    """Round to the decimals of a currency."""
    return amount.quantize(Decimal(1).scaleb(-places), mode, _EXACTLY)


def shared_out(amounts: Sequence[Decimal], places: int) -> list[Decimal]:
    """Round amounts so that they add up to their rounded sum: each takes what the sum so far has grown by."""
    shares: list[Decimal] = []
    exact = told = ZERO
    for amount in amounts:
        exact += amount
        grown = rounded(exact, places)
        shares.append(grown - told)
        told = grown
    return shares


def net_amounts(lines: Sequence[Priced], places: int, rule: Rule = Rule.LINE_HALF_UP) -> list[Decimal]:
    """Give the amount of each line before tax, or with it where prices include it.

    :param places: decimals of the currency
    """
    if rule is Rule.DOCUMENT_HALF_UP:
        return shared_out([line.exact for line in lines], places)
    mode = ROUND_HALF_EVEN if rule is Rule.LINE_HALF_EVEN else ROUND_HALF_UP
    return [rounded(line.exact, places, mode) for line in lines]


def tax_of(net: Decimal, percent: Decimal | None) -> Decimal:
    """Give the tax on a net amount, not rounded."""
    return ZERO if percent is None else _EXACTLY.divide(_EXACTLY.multiply(net, percent), HUNDRED)


def net_in(gross: Decimal, percent: Decimal | None) -> Decimal:
    """Give the net amount within a gross one, not rounded: gross / (1 + rate)."""
    return gross if percent is None else _EXACTLY.divide(_EXACTLY.multiply(gross, HUNDRED), HUNDRED + percent)


def line_amounts(
    lines: Sequence[Priced], places: int, *, included: bool = False, per_document: bool = False
) -> list[Amounts]:
    """Give net and tax of each line.

    :param included: prices include tax: net = round(gross / (1 + rate)), tax = gross − net, never both rounded
    :param per_document: tax is rounded once for each rate, and its lines share it; else on each line
    """
    stated = net_amounts(lines, places)
    if not per_document:
        return [_split(amount, line.percent, places, included) for amount, line in zip(stated, lines, strict=True)]
    found: list[Amounts | None] = [None] * len(lines)
    for percent in dict.fromkeys(line.percent for line in lines):
        group = [place for place, line in enumerate(lines) if line.percent == percent]
        part = net_in if included else tax_of
        shares = shared_out([part(stated[place], percent) for place in group], places)
        for place, share in zip(group, shares, strict=True):
            found[place] = Amounts(share, stated[place] - share) if included else Amounts(stated[place], share)
    return [one for one in found if one is not None]


def _split(stated: Decimal, percent: Decimal | None, places: int, included: bool) -> Amounts:
    if not included:
        return Amounts(stated, rounded(tax_of(stated, percent), places))
    net = rounded(net_in(stated, percent), places)
    return Amounts(net, stated - net)


# --- when it is due ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what is to be paid.

    :ivar percent: of the whole; None with no ``fixed``: what is left
    :ivar fixed: an amount
    :ivar days: after the day of the document, and after the end of its month where ``end_of_month``
    """

    days: int
    percent: Decimal | None = None
    fixed: Decimal | None = None
    end_of_month: bool = False

    def due(self, day: date) -> date:
        """Give the day on which it is due."""
        if self.end_of_month:
            day = day.replace(day=calendar.monthrange(day.year, day.month)[1])
        return day + timedelta(days=self.days)


def instalments(gross: Decimal, day: date, parts: Sequence[Part], places: int) -> list[tuple[date, Decimal]]:
    """Give days and amounts by which a whole is due; they add up to it, the last part takes what is left.

    A fixed amount is at most what is left.  Without parts all is due on the day itself.
    """
    left = gross
    found: list[tuple[date, Decimal]] = []
    for place, part in enumerate(parts):
        if place == len(parts) - 1 or (part.percent is None and part.fixed is None):
            amount = left
        elif part.fixed is not None:
            amount = min(part.fixed, left)
        else:
            amount = min(rounded(gross * (part.percent or ZERO) / HUNDRED, places), left)
        if amount or not gross:
            found.append((part.due(day), amount))
        left -= amount
        if not left:
            break
    return found or [(day, gross)]


def portion(whole: Decimal, part: Decimal, of: Decimal, places: int) -> Decimal:
    """Give what belongs to a part of an amount out of another amount that belongs to the whole: a base amount, say."""
    return ZERO if not of else rounded(_EXACTLY.divide(_EXACTLY.multiply(whole, part), of), places)


__all__ = [
    "Amounts",
    "Part",
    "Priced",
    "Rule",
    "instalments",
    "line_amounts",
    "net_amounts",
    "net_in",
    "portion",
    "rounded",
    "shared_out",
    "tax_of",
]
