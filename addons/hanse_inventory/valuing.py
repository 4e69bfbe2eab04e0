"""What moves are worth: valued as they come, and again from where something earlier has come in between.

Both go through :class:`hanse_inventory.costing.Costing`, so that values that grew move by move are those of a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from hanse import Context
from hanse.actions.write import array, execute
from hanse_inventory.costing import Change, Costing, Event, Held, Key, Layer, Method, Part
from hanse_inventory.ledger import NewMove, Standing
from hanse_inventory.models import StockValue, Usage
from hanse_inventory.places import places

ZERO = Decimal(0)
Layers = dict[int, Layer]
#: By move, store and part: exact value and amount.
Sums = dict[tuple[int, int, Part], tuple[Decimal, Decimal]]


@dataclass(frozen=True, slots=True)
class Moved:
    """A stored move as valuing sees it.

    :ivar came: where nothing moves but a price changes, how much the move brought whose price it is
    """

    id: int
    product: int
    source: int
    destination: int
    source_store: int | None
    destination_store: int | None
    quantity: Decimal
    worth: Decimal | None
    origin: int | None
    at: datetime
    entry: int
    came: Decimal

    @property
    def source_key(self) -> Key | None:
        """The product in the store it leaves."""
        return None if self.source_store is None else (self.product, self.source_store)

    @property
    def destination_key(self) -> Key | None:
        """The product in the store it enters."""
        return None if self.destination_store is None else (self.product, self.destination_store)

    @property
    def event(self) -> Event:
        """The same for costing."""
        source, destination = self.source_key, self.destination_key
        return Event(self.id, source, destination, self.quantity, self.worth, self.origin, self.came)


@dataclass(frozen=True, slots=True)
class Changed:
    """A change of value that has just been written.

    :ivar store: the store whose stock is worth more or less
    :ivar comes: whether the goods come there
    :ivar again: whether it changes what an earlier move has cost
    """

    entry: int
    product: int
    store: int
    counterpart: Usage
    part: Part
    comes: bool
    again: bool
    day: date
    amount: Decimal


Follower = Callable[[Context, Sequence[Changed]], None]
_followers: list[Follower] = []


def follower(function: Follower) -> Follower:
    """Let an addon follow what the stock is worth, in the same transaction: its books are to say the same."""
    _followers.append(function)
    return function


def value(
    ctx: Context, moves: Sequence[tuple[int, NewMove]], standing: Mapping[Key, Standing], late: Mapping[Key, datetime]
) -> None:
    """Value moves that were just inserted; of products of which something later is known, that is valued again.

    :param standing: what is kept of all their products and stores, whose rows are locked
    """
    changing = [(key, one) for key, one in moves if not one.within]
    again = {product for product, _store in late}
    plain = [(key, one) for key, one in changing if one.product not in again]
    held = _begin_with(ctx, {key: one for key, one in standing.items() if key[0] not in again})
    before = {key: _copied(one.layers) for key, one in held.items()}
    moved = sorted(_moved(ctx, plain), key=lambda one: (one.at, one.id))
    changes = Costing(held, ctx.company.places).play([one.event for one in moved])
    _write(ctx, changes, {one.id: one for one in moved}, known=frozenset())
    latest = _latest(moves, standing)
    _keep(ctx, held, before, latest)
    reached = {key for _key, one in moves if one.product in again for key in one.keys}
    if reached:
        cost_again(ctx, reached, latest)


def _latest(moves: Sequence[tuple[int, NewMove]], standing: Mapping[Key, Standing]) -> dict[Key, datetime]:
    """Give for each key the latest moment for which something is known now."""
    found = {key: one.last_at for key, one in standing.items() if one.last_at is not None}
    for _key, one in moves:
        for key in one.keys:
            found[key] = max(one.at, found.get(key, one.at))
    return found


def _moved(ctx: Context, moves: Sequence[tuple[int, NewMove]]) -> list[Moved]:
    prices = sorted({one.origin for _key, one in moves if not one.quantity and one.origin is not None})
    rows = execute(ctx.session, _CAME, {"company": ctx.company.id, "moves": array(prices)}) if prices else ()
    came: dict[int | None, Decimal] = {row[0]: row[1] for row in rows}
    return [
        Moved(
            key,
            one.product,
            one.source.id,
            one.destination.id,
            one.source.store,
            one.destination.store,
            one.quantity,
            one.worth,
            one.origin,
            one.at,
            one.entry,
            ZERO if one.quantity else came.get(one.origin, ZERO),
        )
        for key, one in moves
    ]


_CAME = "SELECT id, quantity FROM inventory_move WHERE company_id = %(company)s AND id = ANY(%(moves)s::bigint[])"
_LAYERS = """
    SELECT l.product_id, l.store_id, l.move_id, l.quantity, l.value, l.came FROM inventory_layer l
    JOIN unnest(%(products)s::bigint[], %(stores)s::bigint[]) AS u (product, store)
      ON l.product_id = u.product AND l.store_id = u.store
    WHERE l.company_id = %(company)s ORDER BY l.at, l.move_id
"""


def _begin_with(ctx: Context, standing: Mapping[Key, Standing]) -> dict[Key, Held]:
    """Give what stores hold now, with the layers of those that have them."""
    layered = [key for key, one in standing.items() if one.method is not Method.AVERAGE]
    layers: dict[Key, Layers] = {}
    for product, store, move, *left in execute(ctx.session, _LAYERS, _arrays(ctx, layered)) if layered else ():
        layers.setdefault((product, store), {})[move] = Layer(*left)
    return {
        key: Held(key, one.method, one.quantity, one.value, one.cost, layers.get(key, {}))
        for key, one in standing.items()
    }


def _copied(layers: Layers) -> dict[int, tuple[Decimal, Decimal]]:
    return {move: (one.quantity, one.value) for move, one in layers.items()}


def _arrays(ctx: Context, keys: Collection[Key]) -> dict[str, Any]:
    return {
        "company": ctx.company.id,
        "products": array([product for product, _store in keys]),
        "stores": array([store for _product, store in keys]),
    }


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(
    ctx: Context, changes: Sequence[Change], moves: Mapping[int, Moved], *, known: Collection[tuple[int, int]]
) -> None:
    """Write changes of value.

    :param known: moves and stores that have been valued before
    """
    if not changes:
        return
    zone = ctx.company.zone
    rows: list[dict[str, Any]] = []
    for one in changes:
        move = moves[one.event]
        product, store = one.key
        again = (one.event, store) in known
        rows.append(
            {
                "move": one.event,
                "product": product,
                "store": store,
                "counterpart": _counterpart(ctx, move, store),
                "part": one.part,
                "again": again,
                "at": move.at,
                "day": move.at.astimezone(zone).date(),
                "quantity": ZERO if again else one.quantity,
                "value": one.value,
                "amount": one.amount,
            }
        )
    ctx.insert(StockValue, rows)
    changed = [
        Changed(
            moves[row["move"]].entry,
            row["product"],
            row["store"],
            row["counterpart"],
            row["part"],
            moves[row["move"]].destination_store == row["store"],
            row["again"],
            row["day"],
            row["amount"],
        )
        for row in rows
    ]
    for follow in _followers:
        follow(ctx, changed)


def _counterpart(ctx: Context, move: Moved, store: int) -> Usage:
    other = move.destination if move.source_store == store else move.source
    usage = places(ctx)[other].usage
    return Usage.STORE if usage.inside else usage


_KEEP = """
    UPDATE inventory_cost c SET quantity = u.quantity, value = u.value, cost = u.cost, last_at = u.last_at
    FROM unnest(%(products)s::bigint[], %(stores)s::bigint[], %(quantities)s::numeric[], %(values)s::numeric[],
                %(costs)s::numeric[], %(lasts)s::timestamptz[]) AS u (product, store, quantity, value, cost, last_at)
    WHERE c.company_id = %(company)s AND c.product_id = u.product AND c.store_id = u.store
"""
_PUT_LAYERS = """
    INSERT INTO inventory_layer AS l (company_id, product_id, store_id, move_id, at, quantity, value, came)
    SELECT m.company_id, u.product, u.store, u.move, m.at, u.quantity, u.value, u.came
    FROM unnest(%(products)s::bigint[], %(stores)s::bigint[], %(moves)s::bigint[], %(quantities)s::numeric[],
                %(values)s::numeric[], %(cames)s::numeric[]) AS u (product, store, move, quantity, value, came)
    JOIN inventory_move m ON m.id = u.move AND m.company_id = %(company)s
    ON CONFLICT (company_id, product_id, store_id, move_id)
    DO UPDATE SET quantity = excluded.quantity, value = excluded.value
"""
_DROP_LAYERS = """
    DELETE FROM inventory_layer l
    USING unnest(%(products)s::bigint[], %(stores)s::bigint[], %(moves)s::bigint[]) AS u (product, store, move)
    WHERE l.company_id = %(company)s AND l.product_id = u.product AND l.store_id = u.store AND l.move_id = u.move
"""


def _keep(
    ctx: Context,
    held: Mapping[Key, Held],
    before: Mapping[Key, Mapping[int, tuple[Decimal, Decimal]]],
    latest: Mapping[Key, datetime],
) -> None:
    """Store what stores hold now.

    :param before: the layers that are stored
    """
    keys = list(held)
    if not keys:
        return
    params = _arrays(ctx, keys) | {
        "quantities": array([held[key].quantity for key in keys]),
        "values": array([held[key].value for key in keys]),
        "costs": array([held[key].cost for key in keys]),
        "lasts": array([latest.get(key) for key in keys]),
    }
    execute(ctx.session, _KEEP, params)
    put = [
        (*key, move, one.quantity, one.value, one.came)
        for key in keys
        for move, one in held[key].layers.items()
        if before[key].get(move) != (one.quantity, one.value)
    ]
    drop = [(*key, move) for key in keys for move in before[key] if move not in held[key].layers]
    if put:
        execute(ctx.session, _PUT_LAYERS, _columns(ctx, _LAYER_NAMES, put))
    if drop:
        execute(ctx.session, _DROP_LAYERS, _columns(ctx, _LAYER_NAMES[:3], drop))


_LAYER_NAMES = ("products", "stores", "moves", "quantities", "values", "cames")


def _columns(ctx: Context, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    columns = zip(*rows, strict=True)
    return {"company": ctx.company.id} | {
        name: array(list(column)) for name, column in zip(names, columns, strict=True)
    }


# --- costing again ----------------------------------------------------------------------------------------------------

_MOVES = """
    SELECT m.id, m.product_id, m.source_id, m.destination_id, m.source_store_id, m.destination_store_id,
           m.quantity, m.worth, m.origin_id, m.at, m.entry_id,
           CASE WHEN m.quantity = 0 THEN (SELECT o.quantity FROM inventory_move o
                WHERE o.company_id = m.company_id AND o.id = m.origin_id) ELSE 0 END
    FROM inventory_move m
    WHERE m.company_id = %(company)s AND m.product_id = ANY(%(products)s::bigint[])
      AND m.source_store_id IS DISTINCT FROM m.destination_store_id
      AND (m.source_store_id = ANY(%(stores)s::bigint[]) OR m.destination_store_id = ANY(%(stores)s::bigint[]))
    ORDER BY m.at, m.id
"""
_SUMS = """
    SELECT v.move_id, v.store_id, v.part, sum(v.value), sum(v.amount) FROM inventory_value v
    WHERE v.company_id = %(company)s AND v.product_id = ANY(%(products)s::bigint[]) GROUP BY 1, 2, 3
"""
_METHODS = """
    SELECT c.product_id, c.store_id, c.method, c.first_cost, c.last_at FROM inventory_cost c
    JOIN unnest(%(products)s::bigint[], %(stores)s::bigint[]) AS u (product, store)
      ON c.product_id = u.product AND c.store_id = u.store
    WHERE c.company_id = %(company)s ORDER BY c.product_id, c.store_id FOR NO KEY UPDATE OF c
"""


@dataclass
class Recosted:
    """What valuing again came to.

    :ivar changes: how the moves' values differ from those that are stored
    :ivar known: moves and stores that had been valued before
    """

    held: dict[Key, Held]
    latest: dict[Key, datetime]
    moves: dict[int, Moved]
    changes: list[Change]
    known: set[tuple[int, int]]


def cost_again(ctx: Context, keys: Collection[Key], latest: Mapping[Key, datetime] | None = None) -> Recosted:
    """Value again all that happened to products in stores, and in the stores that got goods from there.

    :param latest: the latest moment for which something is known now, where that is not stored yet
    """
    found = recosted(ctx, keys)
    standing = {key: Standing(one.method, one.quantity, one.value, one.cost, None) for key, one in found.held.items()}
    stored = _begin_with(ctx, standing)
    _write(ctx, found.changes, found.moves, known=found.known)
    before = {key: _copied(one.layers) for key, one in stored.items()}
    _keep(ctx, found.held, before, found.latest | dict(latest or {}))
    return found


def recosted(ctx: Context, keys: Collection[Key]) -> Recosted:
    """Work out what valuing again comes to, without writing it; the costs of all that is reached are locked."""
    reached = set(keys)
    while True:
        found = _play_again(ctx, sorted(reached))
        further = {
            key
            for one in found.changes
            if one.part is Part.COST and (key := found.moves[one.event].destination_key) is not None
        } - reached
        if not further:
            return found
        reached |= further


def _play_again(ctx: Context, keys: Sequence[Key]) -> Recosted:
    rows = execute(ctx.session, _METHODS, _arrays(ctx, keys))
    held = {
        (product, store): Held((product, store), Method(method), cost=first)
        for product, store, method, first, _last in rows
    }
    params = {
        "company": ctx.company.id,
        "products": array(sorted({product for product, _store in keys})),
        "stores": array(sorted({store for _product, store in keys})),
    }
    sums = execute(ctx.session, _SUMS, params)
    stored: Sums = {(move, store, Part(part)): (value, amount) for move, store, part, value, amount in sums}
    moves = [one for one in (Moved(*row) for row in execute(ctx.session, _MOVES, params)) if _touches(one, held)]
    known = {
        one.id: -stored[one.id, one.source_store, Part.COST][0]
        for one in moves
        if one.source_store is not None and one.source_key not in held
    }
    changes = Costing(held, ctx.company.places, known).play([one.event for one in moves])
    by_id = {one.id: one for one in moves}
    latest = {(product, store): last for product, store, _method, _first, last in rows if last is not None}
    valued = {(move, store) for move, store, _part in stored}
    return Recosted(held, latest, by_id, _different(changes, stored, by_id, held), valued)


def _touches(move: Moved, held: Mapping[Key, Held]) -> bool:
    return move.source_key in held or move.destination_key in held


def _different(
    changes: Sequence[Change], stored: Sums, moves: Mapping[int, Moved], held: Mapping[Key, Held]
) -> list[Change]:
    """Give how changes of value differ from those that are stored."""
    sums: dict[tuple[int, int, Part], Change] = {}
    for one in changes:
        where = (one.event, one.key[1], one.part)
        there = sums.get(where)
        sums[where] = one if there is None else _added(there, one)
    found: list[Change] = []
    for where, one in sums.items():
        value, amount = stored.get(where, (ZERO, ZERO))
        left = Change(one.event, one.key, one.part, one.quantity, one.value - value, one.amount - amount)
        if left.value or left.amount or where not in stored:
            found.append(left)
    for (move, store, part), (value, amount) in stored.items():
        if (move, store, part) in sums or move not in moves or not (value or amount):
            continue
        key = (moves[move].product, store)
        if key in held:
            found.append(Change(move, key, part, ZERO, -value, -amount))
    return found


def _added(one: Change, other: Change) -> Change:
    quantity, value, amount = one.quantity + other.quantity, one.value + other.value, one.amount + other.amount
    return Change(one.event, one.key, one.part, quantity, value, amount)


__all__ = ["Changed", "Moved", "Recosted", "cost_again", "follower", "recosted", "value"]
