"""Lots that come with receipts: found by their number, or made."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select, tuple_

from hanse import Context, _, link_id, sequence
from hanse_inventory.models import Lot, StockedProduct, Tracking

LOTS = sequence("inventory.lot", title=_("Lots"), pattern="L{year}{month}{day}-{number:3}")


@dataclass(frozen=True, slots=True)
class NewLot:
    """A lot that comes with goods; without a name it gets a number."""

    product: int
    name: str | None
    received: date
    expires: date | None = None
    supplier: int | None = None


def tracked(ctx: Context, products: Collection[int]) -> dict[int, tuple[Tracking, int | None]]:
    """Read how products are tracked, and how many days their lots last."""
    query = select(StockedProduct.id, StockedProduct.tracking, StockedProduct.shelf_life)
    rows = ctx.session.execute(query.where(StockedProduct.id.in_(products)))
    return {product: (tracking, life) for product, tracking, life in rows}


def lots_for(ctx: Context, wanted: Sequence[NewLot]) -> list[int]:
    """Give the lot of each that comes: the one with its number, or a new one; those without a number get one."""
    if not wanted:
        return []
    unnamed = [at for at, one in enumerate(wanted) if not one.name]
    numbers = dict(zip(unnamed, ctx.numbers_on(LOTS.key, [wanted[at].received for at in unnamed]), strict=True))
    names = [(one.product, one.name or numbers[at]) for at, one in enumerate(wanted)]
    query = select(link_id(Lot.product), Lot.name, Lot.id).where(
        Lot.company_id == ctx.company.id, tuple_(link_id(Lot.product), Lot.name).in_(sorted(set(names)))
    )
    there = {(product, name): lot for product, name, lot in ctx.session.execute(query)}
    missing = {name: wanted[at] for at, name in reversed(list(enumerate(names))) if name not in there}
    made = ctx.insert(Lot, [_row(one, name) for (_product, name), one in missing.items()])
    there |= dict(zip(missing, made, strict=True))
    return [there[name] for name in names]


def _row(one: NewLot, name: str) -> dict[str, Any]:
    return {
        "product": one.product,
        "name": name,
        "received_on": one.received,
        "expires_on": one.expires,
        "supplier": one.supplier,
    }


__all__ = ["LOTS", "NewLot", "lots_for", "tracked"]
