"""What was where, and what it was worth, as of a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from hanse import Context
from hanse.actions.write import array, execute

ZERO = Decimal(0)
#: A product at a location, of one lot where it has lots.
Slot = tuple[int, int, int | None]

_BOOK = """
    SELECT u.place, coalesce(s.quantity, 0) - coalesce((
        SELECT sum(CASE WHEN m.destination_id = u.location THEN m.quantity ELSE -m.quantity END)
        FROM inventory_move m
        WHERE m.company_id = %(company)s AND m.product_id = u.product AND m.at > u.at
          AND m.lot_id IS NOT DISTINCT FROM u.lot AND u.location IN (m.source_id, m.destination_id)), 0)
    FROM unnest(%(places)s::bigint[], %(products)s::bigint[], %(locations)s::bigint[], %(lots)s::bigint[],
                %(ats)s::timestamptz[]) AS u (place, product, location, lot, at)
    LEFT JOIN inventory_stock s ON s.company_id = %(company)s AND s.product_id = u.product
     AND s.location_id = u.location AND s.lot_id IS NOT DISTINCT FROM u.lot
"""


def book(ctx: Context, slots: Sequence[tuple[Slot, datetime]]) -> list[Decimal]:
    """Give what was there at a moment, of each slot; what happened at that very moment is counted in."""
    if not slots:
        return []
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "places": array(list(range(len(slots)))),
        "products": array([slot[0] for slot, _at in slots]),
        "locations": array([slot[1] for slot, _at in slots]),
        "lots": array([slot[2] for slot, _at in slots]),
        "ats": array([at for _slot, at in slots]),
    }
    found = dict(execute(ctx.session, _BOOK, params))
    return [found[place] for place in range(len(slots))]


__all__ = ["Slot", "book"]
