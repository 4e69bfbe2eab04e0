"""Where a lot came from and went to, what expires, and what was wasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hanse import Context
from hanse.actions.write import array, execute

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Step:
    """A move of a lot.

    :ivar came: whether it came from outside
    :ivar went: whether it left for outside; neither: it went from place to place
    """

    at: datetime
    entry: int
    number: str
    kind: str
    source: str
    destination: str
    partner: int | None
    partner_name: str | None
    reference: str | None
    quantity: Decimal
    came: bool
    went: bool


_STEPS = """
    SELECT m.at, e.id, e.number, e.kind, s.name, d.name, partner.id, partner.name, e.reference, m.quantity,
           s.store_id IS NULL, d.store_id IS NULL
    FROM inventory_move m
    JOIN inventory_entry e ON e.company_id = m.company_id AND e.id = m.entry_id
    JOIN inventory_location s ON s.company_id = m.company_id AND s.id = m.source_id
    JOIN inventory_location d ON d.company_id = m.company_id AND d.id = m.destination_id
    LEFT JOIN contacts_partner partner ON partner.id = e.partner_id
    WHERE m.company_id = %(company)s AND m.lot_id = %(lot)s AND m.quantity > 0
    ORDER BY m.at, m.id
"""


def steps(ctx: Context, lot: int) -> list[Step]:
    """Give every move of a lot, from the supplier's receipt to whoever got it, in one statement."""
    return [Step(*row) for row in execute(ctx.session, _STEPS, {"company": ctx.company.id, "lot": lot})]


@dataclass(frozen=True, slots=True)
class Expiring:
    """A lot at a place that expires soon, or has expired.

    :ivar value: what it is worth at what its store holds the product at
    """

    lot: int
    lot_name: str
    product: int
    product_name: str
    symbol: str
    location_name: str
    expires: date
    quantity: Decimal
    value: Decimal | None


_EXPIRING = """
    SELECT lot.id, lot.name, p.id, p.name, u.symbol, l.name, lot.expires_on, s.quantity,
           s.quantity * c.value / nullif(c.quantity, 0)
    FROM inventory_lot lot
    JOIN inventory_stock s ON s.company_id = lot.company_id AND s.lot_id = lot.id AND s.quantity > 0
    JOIN inventory_location l ON l.company_id = lot.company_id AND l.id = s.location_id
    JOIN products_product p ON p.id = lot.product_id
    JOIN products_unit u ON u.id = p.unit_id
    LEFT JOIN inventory_cost c ON c.company_id = lot.company_id AND c.product_id = p.id AND c.store_id = l.store_id
    WHERE lot.company_id = %(company)s AND lot.expires_on <= %(until)s AND s.location_id = ANY(%(locations)s::bigint[])
    ORDER BY lot.expires_on, p.name, lot.name, l.name
"""


def expiring(ctx: Context, *, until: date, locations: Sequence[int]) -> list[Expiring]:
    """Give the lots at locations that expire until a day, what has expired first."""
    params = {"company": ctx.company.id, "until": until, "locations": array(list(locations))}
    return [Expiring(*row) for row in execute(ctx.session, _EXPIRING, params)]


@dataclass(frozen=True, slots=True)
class Wasted:
    """How much of a product was wasted for a reason, less what was taken back."""

    reason: int | None
    reason_name: str | None
    product: int
    product_name: str
    symbol: str
    quantity: Decimal
    cost: Decimal


_WASTED = """
    SELECT r.id, r.name, p.id, p.name, u.symbol,
           sum(CASE WHEN d.usage = 'waste' THEN m.quantity ELSE -m.quantity END) AS quantity,
           -sum(coalesce((SELECT sum(v.amount) FROM inventory_value v
                WHERE v.company_id = m.company_id AND v.move_id = m.id AND v.part = 'cost'), 0)) AS cost
    FROM inventory_move m
    JOIN inventory_entry e ON e.company_id = m.company_id AND e.id = m.entry_id
    JOIN inventory_location s ON s.company_id = m.company_id AND s.id = m.source_id
    JOIN inventory_location d ON d.company_id = m.company_id AND d.id = m.destination_id
    JOIN products_product p ON p.id = m.product_id
    JOIN products_unit u ON u.id = p.unit_id
    LEFT JOIN inventory_waste_reason r ON r.company_id = m.company_id AND r.id = e.reason_id
    WHERE m.company_id = %(company)s AND m.day BETWEEN %(first)s AND %(last)s AND 'waste' IN (s.usage, d.usage)
      AND (s.id = ANY(%(locations)s::bigint[]) OR d.id = ANY(%(locations)s::bigint[]))
    GROUP BY r.id, r.name, p.id, p.name, u.symbol
    ORDER BY r.name NULLS LAST, r.id, cost DESC, p.name
"""


def wasted(ctx: Context, *, first: date, last: date, locations: Sequence[int]) -> list[Wasted]:
    """Give what was wasted from locations on the days of a span, by reason and product."""
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "first": first,
        "last": last,
        "locations": array(list(locations)),
    }
    return [Wasted(*row) for row in execute(ctx.session, _WASTED, params)]


@dataclass(frozen=True, slots=True)
class Valued:
    """A move of a document with what it changed of values; ``difference`` is what nothing moved for."""

    product: int
    product_name: str
    symbol: str
    lot_name: str | None
    source: str
    destination: str
    quantity: Decimal
    store_name: str | None
    cost: Decimal | None
    difference: Decimal | None


_VALUED = """
    SELECT p.id, p.name, u.symbol, lot.name, s.name, d.name, m.quantity, st.name,
           sum(v.amount) FILTER (WHERE v.part = 'cost'), sum(v.amount) FILTER (WHERE v.part <> 'cost')
    FROM inventory_move m
    JOIN products_product p ON p.id = m.product_id
    JOIN products_unit u ON u.id = p.unit_id
    JOIN inventory_location s ON s.company_id = m.company_id AND s.id = m.source_id
    JOIN inventory_location d ON d.company_id = m.company_id AND d.id = m.destination_id
    LEFT JOIN inventory_lot lot ON lot.company_id = m.company_id AND lot.id = m.lot_id
    LEFT JOIN inventory_value v ON v.company_id = m.company_id AND v.move_id = m.id
    LEFT JOIN inventory_location st ON st.company_id = m.company_id AND st.id = v.store_id
    WHERE m.company_id = %(company)s AND m.entry_id = %(entry)s
    GROUP BY m.id, p.id, p.name, u.symbol, lot.name, s.name, d.name, m.quantity, st.id, st.name
    ORDER BY m.id, st.name
"""


def valued(ctx: Context, entry: int) -> list[Valued]:
    """Give the moves of a document, each once for every store whose value it changed."""
    return [Valued(*row) for row in execute(ctx.session, _VALUED, {"company": ctx.company.id, "entry": entry})]


__all__ = ["Expiring", "Step", "Valued", "Wasted", "expiring", "steps", "valued", "wasted"]
