"""How what leaves a store is valued: by moving average, or first in, first out.  Arithmetic only, without a database.

A store holds a quantity of a product and its value.  Values are exact to 8 decimals; what the books get of each
change is the difference of the values before and after, each rounded to the currency, so that whatever is added up
over whatever time is right to the last cent, and nothing is left where nothing is held.

The moving average is a unit cost with 4 decimals, of small ones with 4 digits that count: what comes in makes a new
one, (Q·cost + q·p) / (Q + q), and what leaves is worth quantity × unit cost, as it stands on a slip.  What rounding
leaves of a value goes, as a difference, when the last piece does.

Sources: V' = V + q·p and average = V'/Q' (企业会计准则第1号, article 14, allows both methods); Tryton 8.2, whose
average costs are the same to the last decimal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

from hanse import Choice, _

#: A product and a store, by their ids.
Key = tuple[int, int]
ZERO = Decimal(0)
_VALUE = Decimal("1e-8")
_COST = Decimal("1e-12")
_PLACES, _DIGITS, _FINEST = 4, 4, 12


class Method(Choice):
    """How what leaves is valued."""

    AVERAGE = "average", _("Moving average")
    FIFO = "fifo", _("First in, first out")
    SPECIFIC = "specific", _("As it came in")


class Part(Choice):
    """What a change of value is: the cost of what moved, or a difference that nothing moved for."""

    COST = "cost", _("Cost")
    VARIANCE = "variance", _("Difference")


@dataclass(slots=True)
class Layer:
    """What is left of one move in, first in, first out."""

    quantity: Decimal
    value: Decimal
    came: Decimal  # how much it was at first


@dataclass(slots=True)
class Held:
    """What a store holds of a product.

    :ivar key: names product and store
    :ivar value: negative where more has left than was there: what left is valued at the last cost until more comes
    :ivar cost: of one unit, the last that was known; None: there was none yet
    :ivar layers: by the key of the move that brought them, the oldest first; none under the moving average
    """

    key: Key
    method: Method
    quantity: Decimal = ZERO
    value: Decimal = ZERO
    cost: Decimal | None = None
    layers: dict[int, Layer] = field(default_factory=dict[int, Layer])


@dataclass(frozen=True, slots=True)
class Event:
    """A move as costing sees it.

    :ivar source: the store it leaves, and of which product; None: it comes from outside
    :ivar destination: the store it enters; None: it goes outside
    :ivar worth: value that is given from outside, as on receipts and returns to suppliers; None: what it costs here
    :ivar origin: key of the move whose goods these are, or, where nothing moves, whose price changes
    :ivar came: where nothing moves, how much that move brought
    """

    key: int
    source: Key | None
    destination: Key | None
    quantity: Decimal
    worth: Decimal | None = None
    origin: int | None = None
    came: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the value that a store holds.

    :ivar event: key of the move it comes of
    :ivar amount: what the books get of it, in whole units of the currency's smallest coin
    """

    event: int
    key: Key
    part: Part
    quantity: Decimal
    value: Decimal
    amount: Decimal


def rounded(value: Decimal, places: int) -> Decimal:
    """Round to the currency, half away from zero."""
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _exact(value: Decimal) -> Decimal:
    return value.quantize(_VALUE, ROUND_HALF_EVEN)


class Costing:
    """Values moves in the order they are given, which is that of time.

    :param held: what stores hold before the first move; afterwards what they hold after the last
    :param known: values of moves out of stores that are not in ``held``, by the key of the move
    """

    def __init__(self, held: Mapping[Key, Held], places: int, known: Mapping[int, Decimal] | None = None) -> None:
        self.held = held
        self.places = places
        self.known = known or {}
        self.changes: list[Change] = []

    def play(self, events: Iterable[Event]) -> list[Change]:
        """Value moves; give the changes of value in order."""
        for event in events:
            self._play(event)
        return self.changes

    def _play(self, event: Event) -> None:
        source = None if event.source is None else self.held.get(event.source)
        destination = None if event.destination is None else self.held.get(event.destination)
        if not event.quantity:
            if destination is not None and event.worth is not None:
                self._reprice(event, destination, event.worth)
            return
        worth = event.worth
        if source is not None:
            moved = self._leave(event, source)
            worth = moved if event.destination is not None else worth
        elif event.source is not None:
            worth = self.known[event.key]
        if destination is not None:
            self._enter(event, destination, worth)

    # --- in -----------------------------------------------------------------------------------------------------------

    def _enter(self, event: Event, held: Held, given: Decimal | None) -> None:
        quantity, there = event.quantity, max(held.quantity, ZERO)
        worth = _exact(quantity * (current(held) or ZERO)) if given is None else given
        before = held.value
        short, pool = held.quantity < 0, held.value
        was = held.quantity
        held.quantity += quantity
        held.value = before + worth
        self._note(event, held, Part.COST, quantity, before)
        if short:
            self._make_good(event, held, was, pool, worth)
        if held.method is not Method.AVERAGE and held.quantity > 0:
            left = min(quantity, held.quantity)
            value = held.value if short else worth
            held.layers[event.key] = Layer(left, value, quantity)
        if held.method is not Method.AVERAGE and held.quantity > 0:
            held.cost = per_unit(held.value, held.quantity)
        elif given is not None:
            held.cost = unit_cost((there * (held.cost or ZERO) + worth) / (there + quantity))

    def _make_good(self, event: Event, held: Held, was: Decimal, pool: Decimal, worth: Decimal) -> None:
        """What had left before it came is valued at last: what it was reckoned at differs from what it cost."""
        before = held.value
        if held.quantity > 0:
            held.value = _exact(worth * held.quantity / event.quantity)
        elif held.quantity < 0:
            held.value = _exact(pool * held.quantity / was)
        else:
            held.value = ZERO
        self._note(event, held, Part.VARIANCE, ZERO, before)

    # --- out ----------------------------------------------------------------------------------------------------------

    def _leave(self, event: Event, held: Held) -> Decimal:
        """Take a move out of a store; give its value."""
        quantity, before = event.quantity, held.value
        there = max(held.quantity, ZERO)
        own = self._taken(event, held, min(quantity, there)) if there else ZERO
        short = quantity - min(quantity, there)
        cost = held.cost or ZERO
        if short:
            own += _exact(short * cost)
        stores = event.destination is not None
        worth = own if event.worth is None else event.worth
        if stores:  # what passes between two is the same in the books of both
            worth = rounded(own, self.places)
        held.quantity -= quantity
        held.value = before - worth
        self._note(event, held, Part.COST, -quantity, before)
        self._settle(event, held, before, own, short)
        if held.quantity <= 0:
            return worth
        if held.method is not Method.AVERAGE:
            held.cost = per_unit(held.value, held.quantity)
        elif event.worth is not None and not stores:
            held.cost = unit_cost(max(there * (held.cost or ZERO) - worth, ZERO) / held.quantity)
        return worth

    def _taken(self, event: Event, held: Held, quantity: Decimal) -> Decimal:
        """Give the value of so much of what is there, and take it off the layers."""
        if held.method is Method.AVERAGE:
            return _exact(quantity * (held.cost or ZERO))
        value = ZERO
        layers = held.layers
        order = [event.origin, *(key for key in layers if key != event.origin)] if event.origin in layers else [*layers]
        for key in order:
            if not quantity:
                break
            assert key is not None
            layer = layers[key]
            part = min(quantity, layer.quantity)
            share = layer.value if part == layer.quantity else _exact(layer.value * part / layer.quantity)
            value += share
            quantity -= part
            held.cost = per_unit(share, part)
            if part == layer.quantity:
                del layers[key]
            else:
                layer.quantity -= part
                layer.value -= share
        return value

    def _settle(self, event: Event, held: Held, before: Decimal, own: Decimal, short: Decimal) -> None:
        """Put right what a given value or rounding has left: nothing where nothing is held, never below nothing."""
        left = held.value
        if held.quantity > 0:
            if held.method is not Method.AVERAGE:
                held.value = before - own  # as the layers say
            else:
                held.value = max(held.value, ZERO)
        elif held.quantity == 0:
            held.value = ZERO
        else:
            pool = before if short == event.quantity else ZERO
            held.value = pool - _exact(short * (held.cost or ZERO))
        self._note(event, held, Part.VARIANCE, ZERO, left)

    # --- prices -------------------------------------------------------------------------------------------------------

    def _reprice(self, event: Event, held: Held, worth: Decimal) -> None:
        """Add to the price of what came in before: what of it is still there is worth more, the rest has cost more."""
        before = held.value
        share = _exact(worth * self._still_there(event, held))
        held.value += worth
        self._note(event, held, Part.COST, ZERO, before)
        between = held.value
        held.value = max(before + share, ZERO) if held.quantity > 0 else before
        self._note(event, held, Part.VARIANCE, ZERO, between)
        layer = held.layers.get(event.origin or 0)
        if layer is not None:
            layer.value += held.value - before
        if held.quantity > 0 and held.method is Method.AVERAGE:
            held.cost = unit_cost((held.cost or ZERO) + (held.value - before) / held.quantity)
        elif held.quantity > 0:
            held.cost = per_unit(held.value, held.quantity)

    def _still_there(self, event: Event, held: Held) -> Decimal:
        """Give which share of what a move brought is still held; under the average at most what is there at all."""
        if held.method is Method.AVERAGE:
            return min(max(held.quantity, ZERO), event.came) / event.came
        layer = held.layers.get(event.origin or 0)
        return ZERO if layer is None else layer.quantity / layer.came

    def _note(self, event: Event, held: Held, part: Part, quantity: Decimal, before: Decimal) -> None:
        """Note a change of value, unless nothing has changed."""
        if not quantity and held.value == before:
            return
        amount = rounded(held.value, self.places) - rounded(before, self.places)
        self.changes.append(Change(event.key, held.key, part, quantity, held.value - before, amount))


def per_unit(value: Decimal, quantity: Decimal) -> Decimal:
    """Give the cost of one unit, to 12 decimals."""
    return (value / quantity).quantize(_COST, ROUND_HALF_EVEN)


def unit_cost(cost: Decimal) -> Decimal:
    """Round a unit cost: 4 decimals, and of small ones as many as 4 digits take."""
    places = max(_PLACES, _DIGITS - 1 - cost.adjusted()) if cost else _PLACES
    return cost.quantize(Decimal(1).scaleb(-min(places, _FINEST)), ROUND_HALF_EVEN)


def current(held: Held) -> Decimal | None:
    """Give the cost of one unit as it is now; None where none was ever known."""
    if held.method is Method.AVERAGE or held.quantity <= 0:
        return held.cost
    return per_unit(held.value, held.quantity)


__all__ = [
    "Change",
    "Costing",
    "Event",
    "Held",
    "Key",
    "Layer",
    "Method",
    "Part",
    "current",
    "per_unit",
    "rounded",
    "unit_cost",
]
