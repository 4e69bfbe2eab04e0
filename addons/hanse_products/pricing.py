"""Which price holds: for a product, a quantity, a unit, a day and a currency."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import or_, select

from hanse import Context, link_id
from hanse_products.models import Price, Product
from hanse_products.quantities import Measure, Quantity, as_decimal, convert, measures


@dataclass(frozen=True, slots=True)
class Asked:
    """For what a price is asked.

    :ivar quantity: in ``unit``
    :ivar unit: id; None: the unit of the product
    :ivar per: the price is for so many of the unit: for the 24 of a case
    :ivar on: the day, ``currency`` its id; None: those that all are asked for
    """

    product: int
    quantity: Quantity = 1
    unit: int | None = None
    per: Quantity = 1
    on: date | None = None
    currency: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The price that holds.

    :ivar amount: for what was asked for, one of the unit or ``per`` of it, rounded half away from zero to 8 decimals
    :ivar price: id of the price; None: it is the sales price of the product
    """

    amount: Decimal
    price: int | None


@dataclass(frozen=True, slots=True)
class _Kept:
    """A price as it is stored."""

    id: int
    product: int
    amount: Decimal
    unit: int
    min_quantity: Decimal
    currency: int
    valid_from: date | None
    valid_until: date | None

    def holds(self, on: date, currency: int) -> bool:
        """Tell whether it is in force on a day, in a currency."""
        return self.currency == currency and (self.valid_from or on) <= on <= (self.valid_until or on)


def prices_of(
    ctx: Context, asked: Sequence[Asked], *, on: date | None = None, currency: int | None = None
) -> list[Found | None]:
    """Give the price that holds for each of what is asked, None where there is none.

    Of the prices that hold on the day and from this quantity, the one in the asked unit goes before others, then the
    one for the largest quantity, then the one that begins last.  Without any, the product's sales price holds, in
    the company's currency; of a variant without both, those of the product that it is a variant of.  A price per
    kilogram is one per gram too, divided by 1000.  Three statements, however much is asked.

    :param on: the company's today unless given
    :param currency: id; the company's unless given
    """
    if not asked:
        return []
    usual = (on or ctx.today, currency or ctx.company.currency_id)
    at = [(one.on or usual[0], one.currency or usual[1]) for one in asked]
    products = _products(ctx, {one.product for one in asked})
    kept = _kept(ctx, products, at)
    units = {one.unit for one in products.values()} | {one.unit for prices in kept.values() for one in prices}
    known = measures(ctx, units | {one.unit for one in asked if one.unit is not None})
    prices = _Prices(products, kept, known, ctx.company.currency_id)
    return [prices.of(one, *when) for one, when in zip(asked, at, strict=True)]


@dataclass(frozen=True, slots=True)
class _Product:
    """What a product says of its price.

    :ivar template: id of the product that it is a variant of
    """

    usual: Decimal | None
    unit: int
    template: int | None


def _products(ctx: Context, ids: set[int]) -> dict[int, _Product]:
    """Read products, and those that they are variants of."""
    above = select(link_id(Product.template)).where(Product.id.in_(ids))
    query = select(Product.id, Product.list_price, link_id(Product.unit), link_id(Product.template))
    rows = ctx.session.execute(query.where(or_(Product.id.in_(ids), Product.id.in_(above))))
    return {row[0]: _Product(*row[1:]) for row in rows}


def _kept(ctx: Context, products: Mapping[int, _Product], at: Sequence[tuple[date, int]]) -> dict[int, list[_Kept]]:
    """Read the prices that hold at any of the days and in any of the currencies."""
    days = [day for day, _currency in at]
    query = select(
        Price.id,
        Price.product_id,
        Price.amount,
        Price.unit_id,
        Price.min_quantity,
        Price.currency_id,
        Price.valid_from,
        Price.valid_until,
    ).where(
        Price.company_id == ctx.company.id,
        Price.product_id.in_(list(products)),
        Price.currency_id.in_({currency for _day, currency in at}),
        or_(Price.valid_from.is_(None), Price.valid_from <= max(days)),
        or_(Price.valid_until.is_(None), Price.valid_until >= min(days)),
    )
    found: dict[int, list[_Kept]] = {}
    for key, product, amount, unit, least, currency, since, until in ctx.session.execute(query):
        own = products[product].unit if unit is None else unit
        found.setdefault(product, []).append(_Kept(key, product, amount, own, least, currency, since, until))
    return found


@dataclass(frozen=True, slots=True)
class _Prices:
    """All that is needed to say which prices hold."""

    products: Mapping[int, _Product]
    kept: Mapping[int, Sequence[_Kept]]
    known: Mapping[int, Measure]
    own_currency: int

    def of(self, asked: Asked, day: date, currency: int) -> Found | None:
        """Give the price that holds: the product's own, else that of the product it is a variant of."""
        own = self.products.get(asked.product)
        if own is None:
            return None
        unit = self.known[asked.unit if asked.unit is not None else own.unit]
        found = self._of(asked.product, asked, unit, day, currency)
        return (
            self._of(own.template, asked, unit, day, currency) if found is None and own.template is not None else found
        )

    def _of(self, product: int, asked: Asked, unit: Measure, day: date, currency: int) -> Found | None:
        own, known = self.products[product], self.known
        fitting = [
            one
            for one in self.kept.get(product, ())
            if one.holds(day, currency)
            and known[one.unit].group == unit.group
            and convert(asked.quantity, unit, known[one.unit]) >= Fraction(one.min_quantity)
        ]
        if fitting:
            best = max(fitting, key=lambda one: _rank(one, unit, known))
            return Found(_per(best.amount, known[best.unit], unit, asked.per), best.id)
        if own.usual is None or currency != self.own_currency:
            return None
        return Found(_per(own.usual, known[own.unit], unit, asked.per), None)


def _rank(one: _Kept, unit: Measure, known: Mapping[int, Measure]) -> tuple[Any, ...]:
    least = Fraction(one.min_quantity) * known[one.unit].ratio
    return (one.unit == unit.id, least, one.valid_from or date.min, one.id)


def _per(amount: Decimal, priced: Measure, asked: Measure, per: Quantity) -> Decimal:
    """Give a price per one unit as a price per so many of another.

    :raises NoConversion: the units are of different groups
    """
    return as_decimal(Fraction(amount) * convert(per, asked, priced))
