"""Quantities in packs: ``4 packs = 40 pcs``, whoever shows them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import aliased

from hanse import Context, link_id
from hanse_products.measures import symbol_of
from hanse_products.models import Pack, Product, Unit
from hanse_products.quantities import Quantity, equation


@dataclass(frozen=True, slots=True)
class Packing:
    """What arithmetic needs of a pack.

    :ivar contents: units of the product in one pack
    :ivar symbol: of the product's unit
    :ivar supplier: from whom it comes so; None: from everybody
    """

    id: int
    product: int
    name: str
    contents: Fraction
    symbol: str
    supplier: int | None = None

    def unpacked(self, packs: Quantity) -> Fraction:
        """Give a number of packs in units of the product."""
        return Fraction(packs) * self.contents

    def packed(self, quantity: Quantity) -> Fraction:
        """Give units of the product in packs."""
        return Fraction(quantity) / self.contents

    def needed(self, quantity: Quantity) -> int:
        """Give how many whole packs it takes for so many units of the product."""
        return math.ceil(self.packed(quantity))

    def told(self, packs: Quantity = 1) -> str:
        """Say what packs hold, as it stands wherever a quantity is in packs: ``4 packs = 40 pcs``."""
        return equation((packs, self.name), (self.unpacked(packs), symbol_of(self.symbol)))


def packings(ctx: Context, packs: Iterable[int]) -> dict[int, Packing]:
    """Read packs by id, in one statement."""
    wanted = sorted(set(packs))
    return {one.id: one for one in _read(ctx, Pack.id.in_(wanted))} if wanted else {}


def packings_of(ctx: Context, products: Iterable[int]) -> dict[int, list[Packing]]:
    """Read the packs of products, the smallest first, in one statement."""
    found: dict[int, list[Packing]] = {}
    for one in _read(ctx, Pack.product_id.in_(sorted(set(products)))):
        found.setdefault(one.product, []).append(one)
    return {product: sorted(packs, key=lambda one: (one.contents, one.id)) for product, packs in found.items()}


def _read(ctx: Context, where: ColumnElement[bool]) -> list[Packing]:
    own, other = aliased(Unit), aliased(Unit)
    query = (
        select(
            Pack.id,
            Pack.product_id,
            Pack.name,
            Pack.contents,
            Pack.supplier_id,
            Pack.unit_id,
            own.symbol,
            own.numerator,
            own.denominator,
            other.numerator,
            other.denominator,
        )
        .join(Product, Product.id == Pack.product_id)
        .join(own, own.id == link_id(Product.unit))
        .outerjoin(other, other.id == Pack.unit_id)
        .where(where)
    )
    found: list[Packing] = []
    for key, product, name, contents, supplier, unit, symbol, *sizes in ctx.session.execute(query):
        above, below, inner_above, inner_below = sizes
        ratio = Fraction(inner_above, inner_below) / Fraction(above, below) if unit is not None else Fraction(1)
        found.append(Packing(key, product, name, Fraction(contents) * ratio, symbol, supplier))
    return found


__all__ = ["Packing", "packings", "packings_of"]
