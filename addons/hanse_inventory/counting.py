"""Sheets of counts: what is to be counted, what was counted, and what that differs from the books."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import Context, link_id
from hanse.actions.write import Each, array, execute
from hanse_inventory.costing import rounded
from hanse_inventory.models import InventorySettings, Stock, StockCount, StockCountLine, StoreCost, Tally
from hanse_inventory.places import below, place
from hanse_inventory.standing import Slot, book
from hanse_products.models import Category, Product

ZERO = Decimal(0)
HUNDRED = Decimal(100)


def sheet(ctx: Context, count: StockCount) -> list[tuple[Slot, Decimal]]:
    """Give what stands on the sheet of a count, in the order of the way through the store, with what the books say."""
    here = {one.id: one for one in below(ctx, count.place_id)}
    query = (
        select(link_id(Stock.product), link_id(Stock.location), link_id(Stock.lot), Stock.quantity, Product.name)
        .join(Product, Product.id == link_id(Stock.product))
        .where(Stock.company_id == ctx.company.id, link_id(Stock.location).in_(here), Stock.quantity != 0)
    )
    if count.category_id is not None:
        query = query.where(link_id(Product.category).in_(_tree(count.category_id)))
    rows = sorted(
        ctx.session.execute(query), key=lambda row: (here[row[1]].position, here[row[1]].name, row[4], row[2] or 0)
    )
    return [((product, location, lot), quantity) for product, location, lot, quantity, _name in rows]


def _tree(category: int) -> Any:
    """Select a category and all below it."""
    tree = select(Category.id).where(Category.id == category).cte(recursive=True)
    tree = tree.union(select(Category.id).join(tree, link_id(Category.parent) == tree.c.id))
    return select(tree.c.id)


def add_up(ctx: Context, lines: Collection[int], round_: int) -> None:
    """Set what was counted of lines to the sum of what people have counted in a round."""
    query = (
        select(link_id(Tally.line), func.sum(Tally.quantity), func.max(Tally.counted_at))
        .where(link_id(Tally.line).in_(lines), Tally.round == round_)
        .group_by(link_id(Tally.line))
    )
    sums = list(ctx.session.execute(query))
    if sums:
        values = {"counted": Each([row[1] for row in sums]), "counted_at": Each([row[2] for row in sums])}
        ctx.update([row[0] for row in sums], StockCountLine, values)


@dataclass(frozen=True, slots=True)
class Judged:
    """A counted line beside what the books say of the moment at which it was counted.

    :ivar worth: what the difference is worth at what the product costs in its store
    """

    line: StockCountLine
    book: Decimal
    difference: Decimal
    worth: Decimal

    def is_large(self, settings: InventorySettings) -> bool:
        """Whether it must be counted again."""
        value, percent = settings.recount_value, settings.recount_percent
        if value is not None and abs(self.worth) > value:
            return True
        return percent is not None and abs(self.difference) * HUNDRED > percent * abs(self.book)


def judged(ctx: Context, lines: Iterable[StockCountLine]) -> list[Judged]:
    """Compare counted lines with the books."""
    counted = [(one, one.counted, one.counted_at) for one in lines]
    known = [(line, quantity, at) for line, quantity, at in counted if quantity is not None and at is not None]
    slots: list[tuple[Slot, datetime]] = [
        ((line.product_id, line.location_id, line.lot_id), at) for line, _quantity, at in known
    ]
    costs = _costs(ctx, [line for line, _quantity, _at in known])
    found: list[Judged] = []
    for (line, quantity, _at), there in zip(known, book(ctx, slots), strict=True):
        difference = quantity - there
        store = place(ctx, line.location_id).store or 0
        cost = costs.get((line.product_id, store)) or ZERO
        found.append(Judged(line, there, difference, rounded(difference * cost, ctx.company.places)))
    return found


def _costs(ctx: Context, lines: Sequence[StockCountLine]) -> dict[tuple[int, int], Decimal | None]:
    query = select(link_id(StoreCost.product), link_id(StoreCost.store), StoreCost.cost).where(
        StoreCost.company_id == ctx.company.id, link_id(StoreCost.product).in_({one.product_id for one in lines})
    )
    return {(product, store): cost for product, store, cost in ctx.session.execute(query)}


@dataclass(frozen=True, slots=True)
class Anchor:
    """That something was counted at a moment, which holds whatever is entered later for an earlier one."""

    slot: Slot
    at: datetime
    line: int


_ANCHORS = """
    SELECT u.place, a.id, a.counted_at
    FROM unnest(%(places)s::bigint[], %(products)s::bigint[], %(locations)s::bigint[], %(lots)s::bigint[],
                %(ats)s::timestamptz[]) AS u (place, product, location, lot, at)
    CROSS JOIN LATERAL (
        SELECT l.id, l.counted_at FROM inventory_count_line l
        WHERE l.company_id = %(company)s AND l.posted AND l.product_id = u.product AND l.location_id = u.location
          AND l.lot_id IS NOT DISTINCT FROM u.lot AND l.counted_at >= u.at
        ORDER BY l.counted_at, l.id LIMIT 1) a
"""


def anchors(ctx: Context, slots: Sequence[tuple[Slot, datetime]]) -> list[Anchor | None]:
    """Give for each slot and moment the first count that was posted of it after that moment."""
    if not slots:
        return []
    params = {
        "company": ctx.company.id,
        "places": array(list(range(len(slots)))),
        "products": array([slot[0] for slot, _at in slots]),
        "locations": array([slot[1] for slot, _at in slots]),
        "lots": array([slot[2] for slot, _at in slots]),
        "ats": array([at for _slot, at in slots]),
    }
    found = {row[0]: row[1:] for row in execute(ctx.session, _ANCHORS, params)}
    return [
        Anchor(slot, found[at][1], found[at][0]) if at in found else None for at, (slot, _moment) in enumerate(slots)
    ]


__all__ = ["Anchor", "Judged", "add_up", "anchors", "judged", "sheet"]
