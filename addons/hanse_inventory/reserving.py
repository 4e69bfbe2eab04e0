"""What is set aside, and for whom: always the sum of reservations, never a figure of its own."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from hanse import Context
from hanse.actions.write import array, execute
from hanse_inventory.allocating import Taken
from hanse_inventory.standing import Slot

ZERO = Decimal(0)
_OF_OTHERS = """
    SELECT r.product_id, r.location_id, r.lot_id, sum(r.quantity) FROM inventory_reservation r
    JOIN inventory_entry_line l ON l.company_id = r.company_id AND l.id = r.line_id
    WHERE r.company_id = %(company)s AND r.product_id = ANY(%(products)s::bigint[])
      AND l.entry_id <> ALL(%(entries)s::bigint[])
    GROUP BY 1, 2, 3
"""
_OWN = """
    SELECT r.line_id, r.location_id, r.lot_id, r.quantity FROM inventory_reservation r
    JOIN inventory_entry_line l ON l.company_id = r.company_id AND l.id = r.line_id
    WHERE r.company_id = %(company)s AND l.entry_id = ANY(%(entries)s::bigint[]) ORDER BY r.id
"""
_FREE = """
    DELETE FROM inventory_reservation r USING inventory_entry_line l
    WHERE r.company_id = %(company)s AND l.company_id = r.company_id AND l.id = r.line_id
      AND l.entry_id = ANY(%(entries)s::bigint[])
"""


def of_others(ctx: Context, products: Collection[int], entries: Collection[int]) -> dict[Slot, Decimal]:
    """Give what is set aside of products, by place and lot, for other documents than these."""
    params = _params(ctx, entries) | {"products": array(sorted(products))}
    rows = execute(ctx.session, _OF_OTHERS, params)
    return {(product, location, lot): quantity for product, location, lot, quantity in rows}


def own(ctx: Context, entries: Collection[int]) -> dict[int, list[Taken]]:
    """Give what is set aside for documents, by their lines."""
    found: dict[int, list[Taken]] = {}
    for line, *part in execute(ctx.session, _OWN, _params(ctx, entries)):
        found.setdefault(line, []).append(Taken(*part))
    return found


def free(ctx: Context, entries: Collection[int]) -> None:
    """Set nothing aside for documents any more."""
    execute(ctx.session, _FREE, _params(ctx, entries))


def _params(ctx: Context, entries: Collection[int]) -> dict[str, Any]:
    return {"company": ctx.company.id, "entries": array(sorted(entries))}


__all__ = ["free", "of_others", "own"]
