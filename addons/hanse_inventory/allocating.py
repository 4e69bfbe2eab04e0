"""Which lots and places goods are taken from: one allocator, wherever stock leaves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select

from hanse import Context, link_id
from hanse_inventory.models import InventorySettings, Location, Lot, LotState, Removal, Stock
from hanse_inventory.standing import Slot

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is at a place, of one lot where there are lots.

    :ivar usable_until: the last day on which the lot is issued; None: for ever
    :ivar free: whether nobody has put the lot in quarantine or recalled it
    :ivar since: when goods came there
    :ivar position: of the place on the way through the store
    """

    location: int
    lot: int | None
    quantity: Decimal
    since: datetime
    position: int = 0
    usable_until: date | None = None
    free: bool = True

    def usable_on(self, day: date) -> bool:
        """Whether it may be issued on a day."""
        return self.free and (self.usable_until is None or self.usable_until >= day)


@dataclass(frozen=True, slots=True)
class Taken:
    """A part of what is taken."""

    location: int
    lot: int | None
    quantity: Decimal


def allocate(
    candidates: Iterable[Candidate], quantity: Decimal, removal: Removal, *, need_day: date | None
) -> list[Taken]:
    """Take a quantity from candidates, those first that must go first; as much of it as there is.

    FEFO: what is usable for the shortest time, then what came first.  FIFO: what came first.  Nearest: by the way
    through the store.

    :param need_day: the day for which it must be usable; None: whatever is there, also what is spoilt
    """
    fit = [one for one in candidates if one.quantity > 0 and (need_day is None or one.usable_on(need_day))]
    taken: list[Taken] = []
    for one in sorted(fit, key=lambda one: _order(one, removal)):
        part = min(one.quantity, quantity)
        if part <= 0:
            break
        taken.append(Taken(one.location, one.lot, part))
        quantity -= part
    return taken


def _order(one: Candidate, removal: Removal) -> tuple[object, ...]:
    came = (one.since, one.lot or 0, one.position, one.location)
    if removal is Removal.FEFO:
        return (one.usable_until or date.max, *came)
    return came if removal is Removal.FIFO else (one.position, *came)


class Available:
    """What is there of some products at some places; what is taken is no longer there for who comes next.

    :param set_aside: what is set aside for others, by place and lot: it is not there
    """

    def __init__(
        self,
        ctx: Context,
        products: Collection[int],
        locations: Collection[int],
        set_aside: Mapping[Slot, Decimal] | None = None,
    ) -> None:
        self.removal = ctx.settings(InventorySettings).removal
        self._at: dict[int, list[Candidate]] = {}
        query = (
            select(
                link_id(Stock.product),
                link_id(Stock.location),
                link_id(Stock.lot),
                Stock.quantity,
                Stock.since,
                Location.position,
                Lot.usable_until,
                Lot.state,
            )
            .join(Location, Location.id == link_id(Stock.location))
            .outerjoin(Lot, Lot.id == link_id(Stock.lot))
            .where(
                Stock.company_id == ctx.company.id,
                link_id(Stock.product).in_(products),
                link_id(Stock.location).in_(locations),
                Stock.quantity != 0,
            )
        )
        for product, location, lot, quantity, since, position, usable, state in ctx.session.execute(query):
            there = quantity - (set_aside or {}).get((product, location, lot), ZERO)
            free = state not in (LotState.QUARANTINE, LotState.RECALLED)
            found = Candidate(location, lot, there, since, position, usable, free)
            self._at.setdefault(product, []).append(found)

    def candidates(self, product: int, locations: Collection[int], lot: int | None = None) -> list[Candidate]:
        """Give what is there of a product at some places, of one lot if it is named."""
        wanted = set(locations)
        return [one for one in self._at.get(product, ()) if one.location in wanted and (lot is None or one.lot == lot)]

    def take(
        self,
        product: int,
        locations: Collection[int],
        quantity: Decimal,
        *,
        need_day: date | None,
        lot: int | None = None,
        first: Sequence[Taken] = (),
    ) -> list[Taken]:
        """Take a quantity; as much of it as there is.

        :param first: what was set aside for who takes it: it goes before all else
        """
        taken = self._reserved(product, quantity, need_day, first)
        quantity -= sum((one.quantity for one in taken), ZERO)
        more = allocate(self.candidates(product, locations, lot), quantity, self.removal, need_day=need_day)
        self._take_off(product, more)
        return joined([*taken, *more])

    def _reserved(self, product: int, quantity: Decimal, need_day: date | None, first: Sequence[Taken]) -> list[Taken]:
        taken: list[Taken] = []
        for one in first:
            there = [each for each in self.candidates(product, [one.location]) if each.lot == one.lot]
            parts = allocate(there, min(one.quantity, quantity), self.removal, need_day=need_day)
            self._take_off(product, parts)
            taken += parts
            quantity -= sum((part.quantity for part in parts), ZERO)
        return taken

    def _take_off(self, product: int, taken: Sequence[Taken]) -> None:
        less = {(one.location, one.lot): one.quantity for one in taken}
        self._at[product] = [
            replace(one, quantity=one.quantity - less.get((one.location, one.lot), ZERO))
            for one in self._at.get(product, ())
        ]


def joined(taken: Iterable[Taken]) -> list[Taken]:
    """Add up parts of one place and lot."""
    sums: dict[tuple[int, int | None], Decimal] = {}
    for one in taken:
        sums[one.location, one.lot] = sums.get((one.location, one.lot), ZERO) + one.quantity
    return [Taken(location, lot, quantity) for (location, lot), quantity in sums.items()]


__all__ = ["Available", "Candidate", "Taken", "allocate", "joined"]
