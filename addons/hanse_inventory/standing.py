"""What was where, and what it was worth, as of a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any

from hanse import Context
from hanse.actions.write import array, execute
from hanse_inventory.models import Location, Usage
from hanse_inventory.places import below

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


# --- on hand ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class There:
    """How much of a product is at a location, of one lot where it has lots.

    :ivar value: what of the value of its store falls on it; None: nobody asked
    """

    product: int
    name: str
    code: str | None
    symbol: str
    store: int
    store_name: str
    location: int
    location_name: str
    lot: int | None
    lot_name: str | None
    expires: date | None
    quantity: Decimal
    value: Decimal | None


_LATER = """
        UNION ALL
        SELECT m.product_id, m.source_id, m.lot_id, m.quantity FROM inventory_move m
        WHERE m.company_id = %(company)s AND m.at > %(at)s AND m.source_id = ANY(%(locations)s::bigint[])
        UNION ALL
        SELECT m.product_id, m.destination_id, m.lot_id, -m.quantity FROM inventory_move m
        WHERE m.company_id = %(company)s AND m.at > %(at)s AND m.destination_id = ANY(%(locations)s::bigint[])
"""
_ON_HAND = """
    WITH rows AS (
        SELECT s.product_id, s.location_id, s.lot_id, s.quantity FROM inventory_stock s
        WHERE s.company_id = %(company)s AND s.location_id = ANY(%(locations)s::bigint[])
        {later}
    ), there AS (
        SELECT product_id, location_id, lot_id, sum(quantity) AS quantity FROM rows
        GROUP BY product_id, location_id, lot_id HAVING sum(quantity) <> 0
    )
    SELECT p.id, p.name, p.code, u.symbol, l.store_id, st.name, l.id, l.name, lot.id, lot.name, lot.expires_on,
           t.quantity, {value}
    FROM there t
    JOIN products_product p ON p.id = t.product_id
    JOIN products_unit u ON u.id = p.unit_id
    JOIN inventory_location l ON l.company_id = %(company)s AND l.id = t.location_id
    JOIN inventory_location st ON st.company_id = %(company)s AND st.id = l.store_id
    LEFT JOIN inventory_lot lot ON lot.company_id = %(company)s AND lot.id = t.lot_id
    {costs}
    WHERE (%(product)s::bigint IS NULL OR p.id = %(product)s)
      AND (%(category)s::bigint[] IS NULL OR p.category_id = ANY(%(category)s::bigint[]))
    ORDER BY p.name, p.id, st.name, st.id, l.position, l.name, l.id, lot.expires_on NULLS LAST, lot.name
"""
_COSTS_NOW = (
    "LEFT JOIN inventory_cost c ON c.company_id = %(company)s AND c.product_id = p.id AND c.store_id = l.store_id"
)
_COSTS_THEN = """
    LEFT JOIN (
        SELECT v.product_id, v.store_id, sum(v.quantity) AS quantity, sum(v.value) AS value FROM inventory_value v
        WHERE v.company_id = %(company)s AND v.at <= %(at)s GROUP BY v.product_id, v.store_id
    ) c ON c.product_id = p.id AND c.store_id = l.store_id
"""
_SHARE = "c.value * t.quantity / nullif(c.quantity, 0)"


def on_hand(
    ctx: Context,
    *,
    locations: Iterable[int],
    at: datetime | None = None,
    product: int | None = None,
    categories: Sequence[int] | None = None,
    valued: bool = False,
) -> list[There]:
    """Give what is at locations, by product, place and lot; one statement.

    :param at: as of this moment, what happened at it counted in; None: now, which reads no moves
    :param valued: also what it is worth, as a share of what its store holds of the product
    """
    costs = "" if not valued else _COSTS_NOW if at is None else _COSTS_THEN
    statement = _ON_HAND.format(
        later="" if at is None else _LATER, costs=costs, value=_SHARE if valued else "NULL::numeric"
    )
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "locations": array(sorted(locations)),
        "at": at,
        "product": product,
        "category": None if categories is None else array(list(categories)),
    }
    return [There(*row) for row in execute(ctx.session, statement, params)]


_QUANTITIES = """
    SELECT s.product_id, s.location_id, s.quantity FROM inventory_stock s
    WHERE s.company_id = %(company)s AND s.location_id = ANY(%(locations)s::bigint[])
      AND (%(products)s::bigint[] IS NULL OR s.product_id = ANY(%(products)s::bigint[]))
"""


def quantities(
    ctx: Context, *, locations: Iterable[int], products: Iterable[int] | None = None
) -> dict[tuple[int, int], Decimal]:
    """Give how much of products is at locations now, by product and location; what programs need to know."""
    params = {
        "company": ctx.company.id,
        "locations": array(sorted(locations)),
        "products": None if products is None else array(sorted(products)),
    }
    found: dict[tuple[int, int], Decimal] = {}
    for product, place, there in execute(ctx.session, _QUANTITIES, params):
        key = (product, place)
        found[key] = found[key] + there if key in found else there  # lots of a place add up
    return found


def seen_places(ctx: Context, place: int | None = None) -> list[int]:
    """Give the locations that hold goods and that the person sees; those at and below a place, if one is named."""
    holding = [usage for usage in Usage if usage.holds]
    seen = set(ctx.visible(Location, Location.usage.in_(holding)).ids)
    return sorted(seen if place is None else seen & {one.id for one in below(ctx, place)})


# --- stock card -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CardMove:
    """A move of a product, seen from some locations.

    :ivar quantity: positive what came there, negative what left
    :ivar value: by how much it changed what their stores are worth, with all that was valued again
    :ivar other: the name of the location at the other end
    """

    at: datetime
    entry: int
    number: str
    kind: str
    lot_name: str | None
    here: str
    other: str
    partner: str | None
    quantity: Decimal
    value: Decimal


_SIGN = """(CASE WHEN m.destination_id = ANY(%(locations)s::bigint[]) THEN m.quantity ELSE 0 END
          - CASE WHEN m.source_id = ANY(%(locations)s::bigint[]) THEN m.quantity ELSE 0 END)"""
_VALUE = """coalesce((SELECT sum(v.value) FROM inventory_value v WHERE v.company_id = m.company_id AND v.move_id = m.id
          AND v.store_id = ANY(%(stores)s::bigint[])), 0)"""
_TOUCHED = """m.company_id = %(company)s AND m.product_id = %(product)s
       AND (m.destination_id = ANY(%(locations)s::bigint[]) OR m.source_id = ANY(%(locations)s::bigint[]))
       AND (%(lot)s::bigint IS NULL OR m.lot_id = %(lot)s)"""
_OPENING = f"SELECT coalesce(sum({_SIGN}), 0), coalesce(sum({_VALUE}), 0) FROM inventory_move m WHERE {_TOUCHED} AND m.at < %(start)s"  # noqa: E501, S608
_CARD = f"""
    SELECT m.at, e.id, e.number, e.kind, lot.name,
           CASE WHEN m.destination_id = ANY(%(locations)s::bigint[]) THEN d.name ELSE s.name END,
           CASE WHEN m.destination_id = ANY(%(locations)s::bigint[]) THEN s.name ELSE d.name END,
           partner.name, {_SIGN} AS moved, {_VALUE} AS worth
    FROM inventory_move m
    JOIN inventory_entry e ON e.company_id = m.company_id AND e.id = m.entry_id
    JOIN inventory_location s ON s.company_id = m.company_id AND s.id = m.source_id
    JOIN inventory_location d ON d.company_id = m.company_id AND d.id = m.destination_id
    LEFT JOIN inventory_lot lot ON lot.company_id = m.company_id AND lot.id = m.lot_id
    LEFT JOIN contacts_partner partner ON partner.id = e.partner_id
    WHERE {_TOUCHED} AND m.at >= %(start)s AND m.at < %(end)s
    ORDER BY m.at, m.id
"""  # noqa: S608


def card(
    ctx: Context,
    product: int,
    *,
    locations: Sequence[int],
    stores: Sequence[int],
    lot: int | None,
    first: date,
    last: date,
) -> tuple[tuple[Decimal, Decimal], list[CardMove]]:
    """Give quantity and value before the first day, and every move from it to the last, in two statements.

    Moves within the locations that change no value are left out.
    """
    zone = ctx.company.zone
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "product": product,
        "locations": array(list(locations)),
        "stores": array(list(stores)),
        "lot": lot,
        "start": datetime(first.year, first.month, first.day, tzinfo=zone),
        "end": begin_of(last + timedelta(days=1), zone),
    }
    (opening,) = execute(ctx.session, _OPENING, params)
    found = [CardMove(*row) for row in execute(ctx.session, _CARD, params)]
    return (opening[0], opening[1]), [one for one in found if one.quantity or one.value]


def begin_of(day: date, zone: Any) -> datetime:
    """Give the moment at which a day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def by_store(rows: Iterable[There]) -> Iterator[There]:
    """Add up what is at the places of a store, of all lots; rows come sorted by product and store."""
    for _key, group in groupby(rows, key=lambda one: (one.product, one.store)):
        some = list(group)
        first = some[0]
        value = None if first.value is None else sum((one.value or ZERO for one in some), ZERO)
        yield There(
            first.product,
            first.name,
            first.code,
            first.symbol,
            first.store,
            first.store_name,
            first.store,
            first.store_name,
            None,
            None,
            None,
            sum((one.quantity for one in some), ZERO),
            value,
        )


__all__ = ["CardMove", "Slot", "There", "begin_of", "book", "by_store", "card", "on_hand", "seen_places"]
