"""The one way by which stock moves: moves, what is where, and what it is worth, in a few statements for many moves.

Whoever moves stock first holds the costs of what moves, product by product and store by store in the order of their
ids; so two who move the same product in the same store come one after the other, and each sees what the other has left.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, _, link_id
from hanse.actions.write import array, execute
from hanse.i18n import Label
from hanse_inventory.costing import Key, Method
from hanse_inventory.models import InventorySettings, Lot, Move, StockedProduct
from hanse_inventory.places import Place, places
from hanse_products.costing import costing_of
from hanse_products.measures import symbol_of
from hanse_products.models import Costing, Product, Unit
from hanse_products.quantities import told

ZERO = Decimal(0)
Guard = Callable[[Context, Collection[date]], Iterable[BusinessError]]
_guards: list[Guard] = []


@dataclass(frozen=True, slots=True)
class NewMove:
    """A move that is to be made.

    :ivar worth: value that is given from outside; None: what it costs here
    :ivar origin: id of the move whose goods or price these are
    :ivar place: names the field of a form that an error is about
    """

    product: int
    source: Place
    destination: Place
    quantity: Decimal
    at: datetime
    entry: int
    line: int
    lot: int | None = None
    worth: Decimal | None = None
    origin: int | None = None
    where: str | None = None

    @property
    def keys(self) -> list[Key]:
        """The product in the stores at both ends: what must be held while it moves."""
        stores = dict.fromkeys((self.source.store, self.destination.store))
        return [(self.product, store) for store in stores if store is not None]

    @property
    def within(self) -> bool:
        """Whether it stays in its store, whose value it does not change."""
        return self.source.store == self.destination.store


@dataclass(frozen=True, slots=True)
class Standing:
    """What is kept of a product in a store, as it was when its row was locked."""

    method: Method
    quantity: Decimal
    value: Decimal
    cost: Decimal | None
    last_at: datetime | None


def guard(judge: Guard) -> Guard:
    """Let an addon say on which days nothing may move: days come in, errors come out."""
    _guards.append(judge)
    return judge


_MISSING = """
    INSERT INTO inventory_cost (company_id, product_id, store_id, method, quantity, value, cost, first_cost)
    SELECT %(company)s, u.product, u.store, u.method, 0, 0, u.cost, u.cost
    FROM unnest(%(products)s::bigint[], %(stores)s::bigint[], %(methods)s::text[], %(costs)s::numeric[])
        AS u (product, store, method, cost)
    ORDER BY u.product, u.store ON CONFLICT (company_id, product_id, store_id) DO NOTHING
"""
_HOLD = """
    SELECT c.product_id, c.store_id, c.method, c.quantity, c.value, c.cost, c.last_at
    FROM inventory_cost c
    JOIN unnest(%(products)s::bigint[], %(stores)s::bigint[]) AS u (product, store)
      ON c.product_id = u.product AND c.store_id = u.store
    WHERE c.company_id = %(company)s ORDER BY c.product_id, c.store_id FOR NO KEY UPDATE OF c
"""


def hold(ctx: Context, keys: Iterable[Key]) -> dict[Key, Standing]:
    """Lock what is kept of products in stores, and read it; what was never there begins with nothing."""
    wanted = sorted(set(keys))
    if not wanted:
        return {}
    found = _held(ctx, wanted)
    missing = [key for key in wanted if key not in found]
    if missing:
        begun = _begun(ctx, missing)
        params = _key_arrays(ctx, missing) | {
            "methods": array([begun[key][0].value for key in missing]),
            "costs": array([begun[key][1] for key in missing]),
        }
        execute(ctx.session, _MISSING, params)
        found |= _held(ctx, missing)
    return found


def _held(ctx: Context, keys: Sequence[Key]) -> dict[Key, Standing]:
    rows = execute(ctx.session, _HOLD, _key_arrays(ctx, keys))
    return {(row[0], row[1]): Standing(Method(row[2]), *row[3:]) for row in rows}


def _key_arrays(ctx: Context, keys: Sequence[Key]) -> dict[str, Any]:
    return {
        "company": ctx.company.id,
        "products": array([product for product, _store in keys]),
        "stores": array([store for _product, store in keys]),
    }


def _begun(ctx: Context, keys: Sequence[Key]) -> dict[Key, tuple[Method, Decimal | None]]:
    """Give how each key will be costed, that is as its category says, and what it costs before anything has come.

    In transit things keep what they cost.
    """
    known = places(ctx)
    query = select(StockedProduct.id, link_id(StockedProduct.category), StockedProduct.expected_cost).where(
        StockedProduct.id.in_({product for product, _store in keys})
    )
    facts: dict[int, tuple[int | None, Decimal | None]] = {
        product: (category, cost) for product, category, cost in ctx.session.execute(query)
    }
    usual = costing_of(ctx, [category for category, _cost in facts.values()])
    found: dict[Key, tuple[Method, Decimal | None]] = {}
    for product, store in keys:
        category, cost = facts[product]
        own = Method.FIFO if usual[category] is Costing.FIFO else Method.AVERAGE
        found[product, store] = (own if known[store].usage.inside else Method.SPECIFIC), cost
    return found


# --- posting ----------------------------------------------------------------------------------------------------------


def post(ctx: Context, moves: Sequence[NewMove], standing: Mapping[Key, Standing]) -> list[int]:
    """Make moves: insert them, change what is where, and value them.  Give their ids.

    :param standing: what :func:`hold` gave for all keys of the moves
    :raises BusinessError: a day is closed, more would leave than there is; all that is wrong, each with its field
    """
    if not moves:
        return []
    _check(ctx, moves)
    posted_at = ctx.now
    rows = [_row(ctx, one, posted_at) for one in moves]
    ids = ctx.insert(Move, rows)
    late = _late(moves, standing)
    _count(ctx, moves, late)
    from hanse_inventory.valuing import value  # both know of moves

    value(ctx, list(zip(ids, moves, strict=True)), standing, late)
    return ids


def _row(ctx: Context, one: NewMove, posted_at: datetime) -> dict[str, Any]:
    return {
        "product": one.product,
        "lot": one.lot,
        "source": one.source.id,
        "destination": one.destination.id,
        "source_store": one.source.store,
        "destination_store": one.destination.store,
        "quantity": one.quantity,
        "worth": one.worth,
        "origin": one.origin,
        "at": one.at,
        "day": one.at.astimezone(ctx.company.zone).date(),
        "posted_at": posted_at,
        "entry": one.entry,
        "line": one.line,
    }


def _late(moves: Sequence[NewMove], standing: Mapping[Key, Standing]) -> dict[Key, datetime]:
    """Give the keys for which something later is known already, with the moment from which they change."""
    found: dict[Key, datetime] = {}
    for one in moves:
        for key in one.keys:
            last = standing[key].last_at
            if last is not None and one.at < last:
                found[key] = min(one.at, found.get(key, one.at))
    return found


def _check(ctx: Context, moves: Sequence[NewMove]) -> None:
    days = {one.at.astimezone(ctx.company.zone).date() for one in moves}
    errors = list(closed(ctx, days))
    now = ctx.now
    errors += [
        BusinessError(_("What has not happened yet cannot be posted."), field=one.where, record=one.entry)
        for one in moves
        if one.at > now and not _is_last(one, now)
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Errors(errors)


def _is_last(one: NewMove, now: datetime) -> bool:
    """Whether it only follows what another has posted a moment ago, by a clock that goes ahead."""
    return (one.at - now).total_seconds() < 60


def closed(ctx: Context, days: Collection[date]) -> Iterable[BusinessError]:
    """Say which days take no moves any more."""
    until = ctx.settings(InventorySettings).closed_until
    early = min(days, default=None)
    if until is not None and early is not None and early <= until:
        yield BusinessError(
            _("The stock is closed until %(until)s. Give a later day than %(day)s.", until=until, day=early), field="at"
        )
    for judge in _guards:
        yield from judge(ctx, days)


# --- what is where ----------------------------------------------------------------------------------------------------

_COUNT = """
    INSERT INTO inventory_stock AS s (company_id, product_id, location_id, lot_id, quantity, since)
    SELECT %(company)s, u.product, u.location, u.lot, u.quantity, u.since
    FROM unnest(%(products)s::bigint[], %(locations)s::bigint[], %(lots)s::bigint[], %(quantities)s::numeric[],
                %(sinces)s::timestamptz[]) AS u (product, location, lot, quantity, since)
    ORDER BY u.product, u.location, u.lot
    ON CONFLICT (company_id, product_id, location_id, lot_id) DO UPDATE SET
        quantity = s.quantity + excluded.quantity,
        since = CASE WHEN s.quantity > 0 THEN s.since ELSE excluded.since END
    RETURNING s.product_id, s.location_id, s.lot_id, s.quantity
"""
Slot = tuple[int, int, int | None]


def _count(ctx: Context, moves: Sequence[NewMove], late: Mapping[Key, datetime]) -> None:
    """Change what is at each location; nothing may go below zero where that is not allowed."""
    changes: dict[Slot, Decimal] = {}
    since: dict[Slot, datetime] = {}
    places_of: dict[int, Place] = {}
    for one in moves:
        for end, quantity in ((one.source, -one.quantity), (one.destination, one.quantity)):
            if end.usage.holds and quantity:
                slot = (one.product, end.id, one.lot)
                changes[slot] = changes.get(slot, ZERO) + quantity
                since[slot] = min(one.at, since.get(slot, one.at))
                places_of[end.id] = end
    slots = sorted(changes, key=lambda slot: (slot[0], slot[1], slot[2] or 0))
    params = {
        "company": ctx.company.id,
        "products": array([slot[0] for slot in slots]),
        "locations": array([slot[1] for slot in slots]),
        "lots": array([slot[2] for slot in slots]),
        "quantities": array([changes[slot] for slot in slots]),
        "sinces": array([since[slot] for slot in slots]),
    }
    after: dict[Slot, Decimal] = {(row[0], row[1], row[2]): row[3] for row in execute(ctx.session, _COUNT, params)}
    short = {
        slot: left for slot, left in after.items() if left < 0 and changes[slot] < 0 and not places_of[slot[1]].negative
    }
    if late:
        short |= _short_meanwhile(ctx, changes, since, places_of, {product for product, _store in late})
    if short:
        raise _too_much(ctx, moves, short, changes)


_LOWEST = """
    SELECT s.product_id, s.location_id, s.lot_id, s.quantity - coalesce((
        SELECT max(later) FROM (
            SELECT sum(CASE WHEN m.destination_id = s.location_id THEN m.quantity ELSE -m.quantity END)
                   OVER (ORDER BY m.at DESC, m.id DESC) AS later
            FROM inventory_move m
            WHERE m.company_id = s.company_id AND m.product_id = s.product_id AND m.at > u.since
              AND m.lot_id IS NOT DISTINCT FROM s.lot_id
              AND (m.destination_id = s.location_id) <> (m.source_id = s.location_id)
        ) sums
    ), 0)
    FROM unnest(%(products)s::bigint[], %(locations)s::bigint[], %(lots)s::bigint[], %(sinces)s::timestamptz[])
        AS u (product, location, lot, since)
    JOIN inventory_stock s ON s.company_id = %(company)s AND s.product_id = u.product AND s.location_id = u.location
     AND s.lot_id IS NOT DISTINCT FROM u.lot
"""


def _short_meanwhile(
    ctx: Context,
    changes: Mapping[Slot, Decimal],
    since: Mapping[Slot, datetime],
    places_of: Mapping[int, Place],
    products: Collection[int],
) -> dict[Slot, Decimal]:
    """Find where what leaves at an earlier moment was not there at it, or is missing before more came."""
    slots = [
        slot
        for slot, quantity in changes.items()
        if quantity < 0 and slot[0] in products and not places_of[slot[1]].negative
    ]
    params = {
        "company": ctx.company.id,
        "products": array([slot[0] for slot in slots]),
        "locations": array([slot[1] for slot in slots]),
        "lots": array([slot[2] for slot in slots]),
        "sinces": array([since[slot] for slot in slots]),
    }
    rows = execute(ctx.session, _LOWEST, params) if slots else []
    return {(row[0], row[1], row[2]): row[3] for row in rows if row[3] < 0}


def _too_much(
    ctx: Context, moves: Sequence[NewMove], short: Mapping[Slot, Decimal], changes: Mapping[Slot, Decimal]
) -> BusinessError:
    """Say of each line that takes more than there is how much there is."""
    names = _names(ctx, {slot[0] for slot in short})
    lots = {slot[2] for slot in short if slot[2] is not None}
    lot_names: dict[int, str] = dict(ctx.session.execute(select(Lot.id, Lot.name).where(Lot.id.in_(lots))).all())
    errors: list[BusinessError] = []
    for one in moves:
        slot = (one.product, one.source.id, one.lot)
        if slot not in short:
            continue
        name, symbol = names[one.product]
        there = max(short[slot] - changes[slot], ZERO)
        message: Label = _(
            "%(product)s: only %(there)s is at %(place)s, not %(wanted)s.",
            product=name if one.lot is None else f"{name} ({lot_names[one.lot]})",
            there=told(there, symbol),
            place=one.source.name,
            wanted=told(-changes[slot], symbol),
        )
        errors.append(BusinessError(message, field=one.where, record=one.entry))
    return errors[0] if len(errors) == 1 else Errors(errors)


def _names(ctx: Context, products: Collection[int]) -> dict[int, tuple[str, str]]:
    """Give names of products, and the symbols of their units."""
    query = (
        select(Product.id, Product.name, Unit.symbol)
        .join(Unit, Unit.id == link_id(Product.unit))
        .where(Product.id.in_(products))
    )
    return {record: (name, symbol_of(symbol)) for record, name, symbol in ctx.session.execute(query)}


__all__ = ["NewMove", "Standing", "closed", "guard", "hold", "post"]
