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
    """

    product: int
    quantity: Quantity = 1
    unit: int | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """The price that holds.

    :ivar amount: for one of the unit that was asked for, rounded half away from zero to 8 decimals
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
    valid_from: date | None


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
    day, money = on or ctx.today, currency or ctx.company.currency_id
    products = _products(ctx, {one.product for one in asked})
    kept = _kept(ctx, products, day, money)
    units = {one.unit for one in products.values()} | {one.unit for prices in kept.values() for one in prices}
    known = measures(ctx, units | {one.unit for one in asked if one.unit is not None})
    prices = _Prices(products, kept, known, own_currency=money == ctx.company.currency_id)
    return [prices.of(one) for one in asked]


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


def _kept(ctx: Context, products: Mapping[int, _Product], day: date, currency: int) -> dict[int, list[_Kept]]:
    query = select(Price.id, Price.product_id, Price.amount, Price.unit_id, Price.min_quantity, Price.valid_from).where(
        Price.company_id == ctx.company.id,
        Price.product_id.in_(list(products)),
        Price.currency_id == currency,
        or_(Price.valid_from.is_(None), Price.valid_from <= day),
        or_(Price.valid_until.is_(None), Price.valid_until >= day),
    )
    found: dict[int, list[_Kept]] = {}
    for key, product, amount, unit, least, since in ctx.session.execute(query):
        own = products[product].unit if unit is None else unit
        found.setdefault(product, []).append(_Kept(key, product, amount, own, least, since))
    return found


@dataclass(frozen=True, slots=True)
class _Prices:
    """All that is needed to say which prices hold."""

    products: Mapping[int, _Product]
    kept: Mapping[int, Sequence[_Kept]]
    known: Mapping[int, Measure]
    own_currency: bool

    def of(self, asked: Asked) -> Found | None:
        """Give the price that holds: the product's own, else that of the product it is a variant of."""
        own = self.products.get(asked.product)
        if own is None:
            return None
        unit = self.known[asked.unit if asked.unit is not None else own.unit]
        found = self._of(asked.product, asked.quantity, unit)
        return self._of(own.template, asked.quantity, unit) if found is None and own.template is not None else found

    def _of(self, product: int, quantity: Quantity, unit: Measure) -> Found | None:
        own, known = self.products[product], self.known
        fitting = [
            one
            for one in self.kept.get(product, ())
            if known[one.unit].group == unit.group
            and convert(quantity, unit, known[one.unit]) >= Fraction(one.min_quantity)
        ]
        if fitting:
            best = max(fitting, key=lambda one: _rank(one, unit, known))
            return Found(_per(best.amount, known[best.unit], unit), best.id)
        if own.usual is None or not self.own_currency:
            return None
        return Found(_per(own.usual, known[own.unit], unit), None)


def _rank(one: _Kept, unit: Measure, known: Mapping[int, Measure]) -> tuple[Any, ...]:
    least = Fraction(one.min_quantity) * known[one.unit].ratio
    return (one.unit == unit.id, least, one.valid_from or date.min, one.id)


def _per(amount: Decimal, priced: Measure, asked: Measure) -> Decimal:
    """Give a price per one unit as a price per another.

    :raises NoConversion: the units are of different groups
    """
    return as_decimal(Fraction(amount) * convert(1, asked, priced))
