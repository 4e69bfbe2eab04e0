"""How the cost of an asset is spread over its months.  Pure and exact; nothing here knows a database.

Source: 企业会计准则第4号——固定资产, articles 14 to 19, and its application guide: depreciation begins the month
after an asset came into use.  It ends with the month of its disposal, or when all but the residual value is
written off.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

from hanse_assets.models.categories import Method

ZERO = Decimal(0)
#: Before the end of the life, so many months are depreciated in a straight line by the double declining balance.
_EVENED_OUT = 24


def rounded(amount: Fraction, places: int) -> Decimal:
    """Round half up, away from zero only above it: ``rounded(Fraction(5, 1000), 2)`` is 0.01.

    :param amount: not below zero
    """
    scaled = amount * 10**places
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal(whole).scaleb(-places)


def residual_of(cost: Decimal, rate: Decimal | None, places: int) -> Decimal:
    """Give the residual value that a rate, in percent, leaves of a cost."""
    return rounded(Fraction(cost) * Fraction(rate or ZERO) / 100, places)


def planned(
    method: Method, carrying: Decimal, residual: Decimal, *, life: int, elapsed: int = 0, places: int = 2
) -> list[Decimal]:
    """Give the depreciation of each month that is left, rounded half up; together exactly ``carrying - residual``.

    The last month takes what rounding left.  A plan that begins in the middle of a life goes on as the method would:

    * straight line: the same every month;
    * double declining balance: every month of a year of use a twelfth of carrying amount × 2 / years, without regard
      to the residual value, but never below it; in the last two years the rest in a straight line;
    * sum of the years' digits: by years that are left, n + (n - 1) + … + 1.

    ``planned(Method.STRAIGHT, Decimal(1000), Decimal(0), life=3)`` gives 333.33, 333.33 and 333.34.

    :param carrying: cost less what was depreciated and written down before
    :param life: months of use in all
    :param elapsed: months that are over
    :raises ValueError: units of production are planned by nobody
    """
    if method is Method.PRODUCTION:
        raise ValueError("what will be produced is not known")
    months = life - elapsed
    left = max(carrying - residual, ZERO)
    if method is Method.NONE or months <= 0:
        return []
    if method is Method.DECLINING:
        return _paid_out(_declining(Fraction(carrying), Fraction(left), life, elapsed), left, months, places)
    weights = [
        1 if method is Method.STRAIGHT else -(-(life - month // 12 * 12) // 12) for month in range(elapsed, life)
    ]
    whole = sum(weights)
    return _paid_out((Fraction(left) * weight / whole for weight in weights), left, months, places)


def _declining(carrying: Fraction, left: Fraction, life: int, elapsed: int) -> Iterable[Fraction]:
    """Give exact amounts by month: of double declining balance, then evened out.

    Within a year every month has the same; who begins in the middle of one reckons back to what it began with.
    """
    even = max(life - _EVENED_OUT, 0)
    monthly = Fraction(0)
    for month in range(elapsed, life):
        if month >= even:
            monthly = left / (life - month)
        elif month % 12 == 0 or month == elapsed:
            rate = Fraction(2, life)
            monthly = carrying / (1 - rate * (month % 12)) * rate
        amount = min(monthly, left)
        yield amount
        carrying -= amount
        left -= amount


def _paid_out(exact: Iterable[Fraction], left: Decimal, months: int, places: int) -> list[Decimal]:
    """Round each month; none takes more than is left, and the last all of it."""
    amounts: list[Decimal] = []
    for place, amount in enumerate(exact):
        charge = left if place == months - 1 else min(rounded(amount, places), left)
        amounts.append(charge)
        left -= charge
    return amounts


def produced(carrying: Decimal, residual: Decimal, *, output: Decimal, quantity: Decimal, places: int = 2) -> Decimal:
    """Give what a quantity takes of an asset that can still produce ``output``: units of production.

    ``produced(Decimal(600000), Decimal(60000), output=Decimal(500000), quantity=Decimal(4000))`` is 4320.00.
    """
    left = max(carrying - residual, ZERO)
    if output <= 0 or quantity >= output:
        return left if quantity > 0 else ZERO
    return min(rounded(Fraction(left) * Fraction(quantity) / Fraction(output), places), left)


__all__ = ["planned", "produced", "residual_of", "rounded"]
