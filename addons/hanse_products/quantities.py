"""Exact arithmetic with quantities: converting between units of a group, and rounding in the one place that does.

A quantity is a ratio (:class:`fractions.Fraction`) for as long as it is worked with; only what a person enters, and
what is written into a document, is a decimal number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import format_decimal
from hanse_products.measures import symbol_of
from hanse_products.models import Unit

Quantity = Fraction | Decimal | int
#: Decimals that are stored of quantities and amounts.
PLACES = 8
#: Longer decimal numbers are told as a ratio.
_FINEST = Decimal("1e-15")


class NoConversion(BusinessError):
    """Two units have no common base unit: kilograms cannot become pieces."""

    def __init__(self, one: Measure, other: Measure, *, field: str | None = None) -> None:
        message = _(
            "%(one)s cannot be converted into %(other)s: they are units of different groups.",
            one=one.shown,
            other=other.shown,
        )
        super().__init__(message, field=field)


@dataclass(frozen=True, slots=True)
class Measure:
    """What arithmetic needs of a unit.

    :ivar group: id of the unit group; only units of one group are converted
    :ivar ratio: base units in one of it
    :ivar step: quantities that are entered are multiples of it
    """

    id: int
    symbol: str
    group: int
    ratio: Fraction
    step: Decimal

    @property
    def shown(self) -> str:
        """The symbol in the reader's language."""
        return symbol_of(self.symbol)


def measure_of(unit: Unit) -> Measure:
    """Give what arithmetic needs of a unit."""
    return Measure(unit.id, unit.symbol, unit.group_id, unit.ratio, unit.step)


def measures(ctx: Context, units: Iterable[int]) -> dict[int, Measure]:
    """Read units by id, in one statement."""
    wanted = sorted(set(units))
    query = select(Unit.id, Unit.symbol, link_id(Unit.group), Unit.numerator, Unit.denominator, Unit.step)
    rows = ctx.session.execute(query.where(Unit.id.in_(wanted))) if wanted else ()
    return {row[0]: Measure(row[0], row[1], row[2], Fraction(row[3], row[4]), row[5]) for row in rows}


def exact(quantity: Quantity) -> Fraction:
    """Give a quantity as a ratio."""
    return Fraction(quantity)


def convert(quantity: Quantity, one: Measure, other: Measure) -> Fraction:
    """Convert exactly: ``convert(convert(q, a, b), b, a) == q`` for every q.

    One dozen is 12 pieces; 1 piece is 1/12 of a dozen, and 12 of these are 1 dozen again, not 0.999.

    :raises NoConversion: the units are of different groups
    """
    if one.group != other.group:
        raise NoConversion(one, other)
    return Fraction(quantity) * one.ratio / other.ratio


def rounded(quantity: Quantity, step: Decimal) -> Decimal:
    """Round to a multiple of ``step``, half away from zero: the rule for every quantity that is entered.

    ``rounded(Fraction(1, 3), Decimal("0.001"))`` is 0.333, ``rounded(Fraction(5, 2), Decimal(1))`` is 3.
    """
    steps = abs(Fraction(quantity)) / Fraction(step)
    whole = (2 * steps.numerator + steps.denominator) // (2 * steps.denominator)
    return step * (-whole if quantity < 0 else whole)


def as_decimal(quantity: Quantity) -> Decimal:
    """Write a ratio with the decimals that are stored, rounded half away from zero where it has more."""
    return rounded(quantity, Decimal(1).scaleb(-PLACES)).normalize() + 0


def is_multiple(quantity: Quantity, step: Decimal) -> bool:
    """Tell whether a quantity can be entered in a unit with this step."""
    return (Fraction(quantity) / Fraction(step)).denominator == 1


def told(quantity: Quantity, symbol: str) -> str:
    """Write a quantity with its unit for the reader: ``40 pcs``; what is no decimal number as a ratio, ``1/3 m``."""
    ratio = Fraction(quantity)
    decimal = rounded(ratio, _FINEST)
    text = format_decimal(decimal) if Fraction(decimal) == ratio else f"{ratio.numerator}/{ratio.denominator}"
    return f"{text} {symbol}"


def equation(*sides: tuple[Quantity, str]) -> str:
    """Say that quantities are the same: ``4 packs = 40 pcs``."""
    return " = ".join(told(quantity, symbol) for quantity, symbol in sides)


__all__ = [
    "Measure",
    "NoConversion",
    "Quantity",
    "as_decimal",
    "convert",
    "equation",
    "exact",
    "is_multiple",
    "measure_of",
    "measures",
    "rounded",
    "told",
]
