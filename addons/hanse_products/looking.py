"""Which product, pack and quantity a scanned text means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from sqlalchemy import func, or_, select

from hanse import BusinessError, Context, _, link_id
from hanse.security.clauses import visible_clause
from hanse_products.gs1 import Measured, Scanned, check_digit, read
from hanse_products.measures import symbol_of
from hanse_products.models import Barcode, Product, Unit
from hanse_products.packs import Packing, packings
from hanse_products.quantities import Measure, as_decimal, convert, measure_of, told


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a scanned text means.

    :ivar pack: None: the code stands on the product itself
    :ivar packs: how many of them
    :ivar quantity: in units of the product
    """

    scanned: Scanned
    product: Product
    pack: Packing | None
    packs: Fraction
    quantity: Fraction

    @property
    def told(self) -> str:
        """Say the quantity as it stands everywhere: ``2 cases = 48 pcs``."""
        if self.pack is not None:
            return self.pack.told(self.packs)
        return told(self.quantity, symbol_of(self.product.unit.symbol))

    def as_mapping(self) -> Mapping[str, Any]:
        """Give it as programs get it: numbers exact, days as days, what is not there left out."""
        scanned = self.scanned
        found: dict[str, Any] = {
            "product": self.product.id,
            "code": self.product.code,
            "name": self.product.name,
            "active": self.product.active,
            "unit": self.product.unit.symbol,
            "quantity": as_decimal(self.quantity),
            "told": self.told,
            "pack": self.pack.id if self.pack is not None else None,
            "pack_name": self.pack.name if self.pack is not None else None,
            "packs": as_decimal(self.packs) if self.pack is not None else None,
            "gtin": scanned.gtin,
            "lot": scanned.lot,
            "serial": scanned.serial,
            "sscc": scanned.sscc,
            "produced": scanned.produced,
            "packed": scanned.packed,
            "best_before": scanned.best_before,
            "sell_by": scanned.sell_by,
            "expires": scanned.expires,
            "elements": dict(scanned.elements) or None,
        }
        return {name: value for name, value in found.items() if value is not None}


def find(ctx: Context, text: str) -> Meaning:
    """Say what a scanned text means; four statements at most.

    :raises Unreadable: it claims to be a code of GS1 and breaks its rules
    :raises BusinessError: no product that the person sees has it
    """
    scanned = read(text, on=ctx.today)
    key = scanned.gtin or scanned.text
    query = (
        select(Product, link_id(Barcode.pack))
        .join(Barcode, link_id(Barcode.product) == Product.id)
        .where(Barcode.key == key, visible_clause(ctx, Product))
    )
    row = ctx.session.execute(query).first()
    if row is None and not scanned.elements:
        row = _by_code(ctx, scanned.text)
    if row is None:
        raise BusinessError(_unknown(ctx, scanned), field="text")
    product, pack = row
    return _meaning(ctx, scanned, product, pack)


def _by_code(ctx: Context, text: str) -> Any:
    """Find a product whose own code somebody has typed or printed."""
    same = or_(Product.code == text, func.lower(Product.code) == text.lower())
    query = select(Product).where(same, visible_clause(ctx, Product)).order_by(Product.code != text)
    found = ctx.session.scalars(query.limit(1)).first()
    return (found, None) if found is not None else None


def _meaning(ctx: Context, scanned: Scanned, product: Product, pack: int | None) -> Meaning:
    packing = packings(ctx, [pack])[pack] if pack is not None else None
    packs = Fraction(scanned.count or 1)
    quantity = packing.unpacked(packs) if packing is not None else packs
    if scanned.measure is not None:
        measured = _measured(ctx, scanned.measure, measure_of(product.unit))
        if measured is not None:
            quantity = measured
            packs = packing.packed(measured) if packing is not None else packs
    return Meaning(scanned, product, packing, packs, quantity)


def _measured(ctx: Context, measured: Measured, own: Measure) -> Fraction | None:
    """Give a trade measure in units of the product; None where it is kept in another group of units."""
    unit = ctx.session.scalars(
        select(Unit).where(Unit.code == measured.unit, link_id(Unit.group) == own.group).order_by(Unit.id).limit(1)
    ).first()
    return convert(measured.amount, measure_of(unit), own) if unit is not None else None


def _unknown(ctx: Context, scanned: Scanned) -> Any:
    """Say that nobody has the code; of a case whose contents we know, say that."""
    if scanned.gtin is not None and scanned.gtin[0] not in "09":
        inside = "0" + scanned.gtin[1:13]
        inner = inside + check_digit(inside)
        query = (
            select(Product.name)
            .join(Barcode, link_id(Barcode.product) == Product.id)
            .where(Barcode.key == inner, visible_clause(ctx, Product))
        )
        name = ctx.session.scalar(query)
        if name is not None:
            return _(
                "%(code)s is a case of %(name)s, but nobody has said how many it holds. Add a pack with this barcode.",
                code=scanned.gtin,
                name=name,
            )
    return _("No product has the code %(code)s.", code=scanned.gtin or scanned.text)


__all__ = ["Meaning", "find"]
