"""What is maintained of the stock, compared with the moves and computed anew from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse.actions import find_action
from hanse_inventory.costing import Held, Key
from hanse_inventory.valuing import Recosted, recosted

#: So many products are costed together.
_PRODUCTS = 200
#: What is at each place by the moves.
_COMPUTED = """
    SELECT product_id, location_id, lot_id, sum(change) AS quantity
    FROM (SELECT product_id, destination_id AS location_id, lot_id, quantity AS change
          FROM inventory_move WHERE company_id = :company
          UNION ALL
          SELECT product_id, source_id, lot_id, -quantity FROM inventory_move WHERE company_id = :company) ends
    JOIN inventory_location l ON l.id = location_id AND l.company_id = :company
     AND l.usage IN ('store', 'place', 'transit')
    GROUP BY product_id, location_id, lot_id
"""
_LOT = "product_id, location_id, coalesce(lot_id, 0) AS lot, quantity"
_DIFFERENT = text(
    "SELECT product_id, location_id, lot, coalesce(s.quantity, 0), coalesce(c.quantity, 0) "  # noqa: S608
    f"FROM (SELECT {_LOT} FROM inventory_stock WHERE company_id = :company) s "
    f"FULL JOIN (SELECT {_LOT} FROM ({_COMPUTED}) computed) c USING (product_id, location_id, lot) "
    "WHERE coalesce(s.quantity, 0) <> coalesce(c.quantity, 0) ORDER BY 1, 2, 3"
)
#: The same, and since when: from the first move in after nothing was there.
_RUNNING = """
    SELECT product_id, location_id, lot_id, sum(change) AS quantity,
           min(at) FILTER (WHERE change > 0 AND at > coalesce(emptied, '-infinity')) AS since, max(at) AS last
    FROM (
        SELECT *, max(CASE WHEN after <= 0 THEN at END) OVER (PARTITION BY product_id, location_id, lot_id) AS emptied
        FROM (
            SELECT product_id, location_id, lot_id, change, at,
                   sum(change) OVER (PARTITION BY product_id, location_id, lot_id ORDER BY at, ends.id) AS after
            FROM (SELECT id, product_id, destination_id AS location_id, lot_id, quantity AS change, at
                  FROM inventory_move WHERE company_id = :company
                  UNION ALL
                  SELECT id, product_id, source_id, lot_id, -quantity, at
                  FROM inventory_move WHERE company_id = :company) ends
            JOIN inventory_location l ON l.id = location_id AND l.company_id = :company
             AND l.usage IN ('store', 'place', 'transit')
        ) running
    ) marked
    GROUP BY product_id, location_id, lot_id
"""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something maintained that is not what the moves say."""

    table: str
    key: tuple[Any, ...]
    stored: str
    right: str

    def __str__(self) -> str:
        return f"{self.table} {self.key}: stored {self.stored}, the moves say {self.right}"


def differences(ctx: Context) -> list[Difference]:
    """Compare quantities, values, costs and layers of the company with its moves; that reads all there are."""
    params = {"company": ctx.company.id}
    found = [
        Difference("inventory_stock", (product, location, lot), f"{stored:f}", f"{right:f}")
        for product, location, lot, stored, right in ctx.session.execute(_DIFFERENT, params)
    ]
    for keys in _all_keys(ctx):
        found += _differences_of(ctx, recosted(ctx, keys))
    return found


def rebuild(ctx: Context) -> None:
    """Compute quantities, costs and layers anew; where a move's value differs, a further row puts it right."""
    params = {"company": ctx.company.id}
    found = find_action("inventory.entry.cost_again")
    assert found is not None
    for some in list(_all_keys(ctx)):
        ctx.run(found, keys=list(some))
    ctx.session.execute(text("DELETE FROM inventory_stock WHERE company_id = :company"), params)
    ctx.session.execute(
        text(
            "INSERT INTO inventory_stock (company_id, product_id, location_id, lot_id, quantity, since) "  # noqa: S608
            f"SELECT :company, product_id, location_id, lot_id, quantity, coalesce(since, last) FROM ({_RUNNING}) r "
            "ORDER BY product_id, location_id, lot_id"
        ),
        params,
    )


def _all_keys(ctx: Context) -> Iterator[Sequence[Key]]:
    """Give all products and stores that costs are kept of, some products at a time."""
    query = "SELECT product_id, store_id FROM inventory_cost WHERE company_id = :company ORDER BY 1, 2"
    stores: dict[int, list[Key]] = {}
    for product, store in ctx.session.execute(text(query), {"company": ctx.company.id}):
        stores.setdefault(product, []).append((product, store))
    products = list(stores)
    for first in range(0, len(products), _PRODUCTS):
        yield [key for product in products[first : first + _PRODUCTS] for key in stores[product]]


_COSTS = text(
    "SELECT product_id, store_id, quantity, value, cost FROM inventory_cost "
    "WHERE company_id = :company AND product_id = ANY(:products)"
)
_STORED_LAYERS = text(
    "SELECT product_id, store_id, move_id, quantity, value FROM inventory_layer "
    "WHERE company_id = :company AND product_id = ANY(:products) ORDER BY at, move_id"
)


def _differences_of(ctx: Context, found: Recosted) -> Iterator[Difference]:
    for change in found.changes:
        where = (change.event, change.key[1], change.part.value)
        yield Difference("inventory_value", where, "another value", f"{change.value:f} more ({change.amount:f})")
    params = {"company": ctx.company.id, "products": sorted({product for product, _store in found.held})}
    layers: dict[Key, list[tuple[Any, ...]]] = {}
    for product, store, *layer in ctx.session.execute(_STORED_LAYERS, params):
        layers.setdefault((product, store), []).append(tuple(layer))
    for product, store, quantity, value, cost in ctx.session.execute(_COSTS, params):
        key = (product, store)
        right = found.held[key]
        if (quantity, value, cost) != (right.quantity, right.value, right.cost):
            yield Difference("inventory_cost", key, _told(quantity, value, cost), _told(*_of(right)))
        computed = [(move, one.quantity, one.value) for move, one in right.layers.items()]
        if layers.get(key, []) != computed:
            yield Difference("inventory_layer", key, str(layers.get(key, [])), str(computed))


def _of(held: Held) -> tuple[Decimal, Decimal, Decimal | None]:
    return held.quantity, held.value, held.cost


def _told(*figures: Decimal | None) -> str:
    return "/".join("-" if one is None else f"{one:f}" for one in figures)


__all__ = ["Difference", "differences", "rebuild"]
