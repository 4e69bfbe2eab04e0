"""What a product fills in on a line: text, unit, price, account and tax.  One place for forms, programs and files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from sqlalchemy import select

from hanse import Context, link_id
from hanse_invoicing.completing import GivenLine
from hanse_invoicing.models import InvoiceKind, InvoiceLine
from hanse_products.models import Product
from hanse_products.pricing import Asked, prices_of
from hanse_products_invoicing.accounts import Posted, line_accounts
from hanse_products_invoicing.given import converted
from hanse_products_invoicing.taxes import taxes_of
from hanse_products_invoicing.units import LineUnit, Sold, line_units

#: Longer descriptions do not fit on a line.
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Wanted:
    """A product on a line of a document.

    :ivar currency: id
    :ivar unit: as somebody has written it; empty: that of the product
    """

    product: int
    kind: InvoiceKind
    day: date
    currency: int
    quantity: Decimal = Decimal(1)
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a product says of its line; None where it says nothing.

    :ivar price: for one of the unit; None on bills, where no price holds, and where nobody knows what the unit means
    """

    description: str
    unit: str
    price: Decimal | None
    account: int | None
    tax: int | None

    def values(self) -> dict[str, Any]:
        """Give it by the names of fields, without what it does not know."""
        found = {
            "description": self.description,
            "unit": self.unit,
            "price": self.price,
            "account": self.account,
            "tax": self.tax,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class _Product:
    """A product as lines describe it, and its category."""

    description: str
    category: int | None


def filled(ctx: Context, wanted: Sequence[Wanted]) -> list[Filled | None]:
    """Say what products fill in, None for one that is not there; about a dozen statements, however many lines."""
    known = _products(ctx, {one.product for one in wanted})
    there = [one for one in wanted if one.product in known]
    told = iter(_told(ctx, there, known))
    return [next(told) if one.product in known else None for one in wanted]


def _told(ctx: Context, lines: Sequence[Wanted], known: Mapping[int, _Product]) -> list[Filled]:
    categories = [known[one.product].category for one in lines]
    units = line_units(ctx, [Sold(one.product, one.unit) for one in lines])
    prices = _prices(ctx, lines, units)
    posted = [Posted(one.product, category, one.kind) for one, category in zip(lines, categories, strict=True)]
    accounts, taxes = line_accounts(ctx, posted), _taxes(ctx, lines, categories)
    return [
        Filled(known[one.product].description, one.unit if unit is None else unit.text, price, account, tax)
        for one, unit, price, account, tax in zip(lines, units, prices, accounts, taxes, strict=True)
    ]


def _taxes(ctx: Context, lines: Sequence[Wanted], categories: Sequence[int | None]) -> list[int | None]:
    asked = [(category, one.day) for one, category in zip(lines, categories, strict=True)]
    found = {
        sells: taxes_of(ctx, field, (key for one, key in zip(lines, asked, strict=True) if one.kind.sells is sells))
        for sells, field in ((True, "sale_tax"), (False, "purchase_tax"))
    }
    return [found[one.kind.sells].get(key) for one, key in zip(lines, asked, strict=True)]


def _products(ctx: Context, ids: Iterable[int]) -> dict[int, _Product]:
    query = select(Product.id, Product.name, Product.specification, link_id(Product.category))
    rows = ctx.session.execute(query.where(Product.id.in_(sorted(ids))))
    return {
        key: _Product(" ".join(filter(None, (name, specification)))[:_LONGEST], category)
        for key, name, specification, category in rows
    }


def _prices(ctx: Context, lines: Sequence[Wanted], units: Sequence[LineUnit | None]) -> list[Decimal | None]:
    """Give the prices of what is sold, for one of the unit on the line, exactly: a case of 120 costs 120 times one."""
    asked = {
        at: Asked(one.product, Fraction(one.quantity) * unit.size, unit.unit, unit.size, one.day, one.currency)
        for at, (one, unit) in enumerate(zip(lines, units, strict=True))
        if unit is not None and one.kind.sells
    }
    prices = dict(zip(asked, prices_of(ctx, list(asked.values())), strict=True))
    return [price.amount if (price := prices.get(at)) is not None else None for at in range(len(lines))]


def complete_lines(ctx: Context, lines: Sequence[GivenLine]) -> list[Mapping[str, Any]]:
    """Say what products know of lines of drafts."""
    wanted = [_wanted(line) for line in lines]
    known = iter(filled(ctx, [one for one in wanted if one is not None]))
    found: list[Mapping[str, Any]] = []
    for one in wanted:
        told = next(known) if one is not None else None
        found.append({} if told is None else told.values())
    return found


def _wanted(line: GivenLine) -> Wanted | None:
    """Give what a line asks for; None without a product.  What is wrong is refused when the line is checked."""
    product = converted(InvoiceLine, "product", line.given.get("product"))
    if product is None:
        return None
    quantity = converted(InvoiceLine, "quantity", line.given.get("quantity"))
    unit = converted(InvoiceLine, "unit", line.given.get("unit"))
    return Wanted(product, line.kind, line.day, line.currency, Decimal(1) if quantity is None else quantity, unit or "")


__all__ = ["Filled", "Wanted", "complete_lines", "filled"]
