"""A list of events played through the addon's own actions, in a company of its own that is thrown away afterwards.

For comparing costs with other programs: ``hanse inventory replay EVENTS.json``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, _, link_id
from hanse.actions import find_action
from hanse_inventory.costing import Part
from hanse_inventory.models import Location, Move, StockEntry, StockValue, StoreCost, Usage
from hanse_products.models import Costing, ProductsSettings, UnitGroup

ZERO = Decimal(0)
_COST = Decimal("0.0001")
#: Events that move goods, with the kind of document that does and where the event says what they are worth.
_KINDS: dict[str, tuple[str, str | None]] = {
    "receipt": ("receipt", "unit_cost"),
    "delivery": ("delivery", None),
    "customer_return": ("customer_return", None),
    "supplier_return": ("supplier_return", "unit_cost"),
}
Entries = list[dict[str, str]]
#: What keeps books: begun for a case, it gives after each event what was booked for it.
Keeper = Callable[["Replay"], Callable[[Mapping[str, Any]], Entries]]
keepers: list[Keeper] = []


@dataclass
class Replay:
    """A case in the company that it is played in.

    :ivar documents: stock documents by the id of their event
    """

    ctx: Context
    case: Mapping[str, Any]
    product: int
    store: int
    documents: dict[str, int] = field(default_factory=dict[str, int])
    events: dict[str, Mapping[str, Any]] = field(default_factory=dict[str, Mapping[str, Any]])
    _latest: datetime | None = None

    @classmethod
    def begin(cls, ctx: Context, case: Mapping[str, Any], method: Costing) -> Replay:
        """Make the product of a case in a new company."""
        from hanse.settings.changing import change_settings

        change_settings(ctx, ProductsSettings, {"costing": method})
        ctx.kept.clear()
        group = ctx.all(UnitGroup, order_by=[UnitGroup.id]).first()
        name = f"{case.get('uom', 'unit')} ({ctx.company.id})"
        values = {"name": name, "symbol": name[:20], "group": group, "step": Decimal("1e-8")}
        unit = _do(ctx, "products.unit.create", values=[values]).id
        opening = case.get("opening_cost")
        product = {"name": case.get("name") or "Product", "unit": unit}
        if opening is not None:
            product["expected_cost"] = Decimal(str(opening))
        made = _do(ctx, "products.product.create", values=[product]).id
        store = ctx.all(Location, Location.usage == Usage.STORE, order_by=[Location.id]).first()
        _do(ctx, "inventory.location.update", store, values={"negative": True})
        return cls(ctx, case, made, store.id)

    def play(self) -> list[dict[str, Any]]:
        """Play all events in their order; give what holds after each."""
        booked = [begin(self) for begin in keepers]
        found: list[dict[str, Any]] = []
        for event in self.case["events"]:
            key = str(event["id"])
            self.events[key] = event
            cost = self._do(key, event)
            quantity, now = self._now()
            entries = [entry for keep in booked for entry in keep(event)]
            found.append(
                {
                    "id": event["id"],
                    "qty_on_hand": _plain(quantity),
                    "product_cost": _rounded(now),
                    "move_cost": None if cost is None else _rounded(cost),
                    "entries": entries,
                }
            )
        return found

    def _do(self, key: str, event: Mapping[str, Any]) -> Decimal | None:
        """Play one event; give what one unit that moved costs."""
        kind = event["type"]
        if kind == "adjust":
            return self._adjust(key, event)
        if kind == "supplier_invoice":
            self._bill(event)
            return None
        if kind == "customer_invoice":
            return None
        if kind not in _KINDS:
            raise BusinessError(_("Event %(id)s is of no known type: %(type)s.", id=key, type=kind))
        name, priced = _KINDS[kind]
        price = None if priced is None or event.get(priced) is None else Decimal(str(event[priced]))
        return self._post(key, event, name, Decimal(str(event["qty"])), price)

    def _post(self, key: str, event: Mapping[str, Any], kind: str, quantity: Decimal, price: Decimal | None) -> Decimal:
        line = {"product": self.product, "quantity": quantity, "price": price}
        values = {"kind": kind, "place": self.store, "at": self._at(event), "reference": key, "lines": [line]}
        entry = _do(self.ctx, "inventory.entry.create", values=[values]).id
        _do(self.ctx, "inventory.entry.post", entry)
        self.documents[key] = entry
        return self._cost_of(entry)

    def _adjust(self, key: str, event: Mapping[str, Any]) -> Decimal:
        """Put the stock right: goods were found, or are missing."""
        change = {
            "product": self.product,
            "place": self.store,
            "quantity": Decimal(str(event["qty"])),
            "at": self._at(event),
        }
        entries: Sequence[int] = _do(self.ctx, "inventory.entry.adjust", changes=[change]).result
        self.documents[key] = entries[0]
        return self._cost_of(entries[0])

    def _bill(self, event: Mapping[str, Any]) -> None:
        """Let a bill change what its receipts have cost."""
        price = Decimal(str(event["unit_price"]))
        amounts: dict[int, Decimal] = {}
        for key in event["of"]:
            receipt = self.events[str(key)]
            if receipt["type"] == "receipt":
                entry = self.ctx.all(StockEntry, StockEntry.id == self.documents[str(key)]).one()
                difference = price - Decimal(str(receipt["unit_cost"]))
                amounts[entry.lines[0].id] = difference * Decimal(str(receipt["qty"]))
        _do(self.ctx, "inventory.entry.reprice", values=[{"lines": amounts, "at": self._at(event)}])

    def _at(self, event: Mapping[str, Any]) -> datetime:
        """Give the moment of an event: events of a day follow each other."""
        day = date.fromisoformat(str(event["date"])[:10])
        at = datetime.combine(day, time(8), self.ctx.company.zone)
        if self._latest is not None and self._latest.astimezone(self.ctx.company.zone).date() == day:
            at = self._latest + timedelta(seconds=1)
        self._latest = at
        return at

    def _now(self) -> tuple[Decimal, Decimal]:
        query = select(StoreCost.quantity, StoreCost.cost).where(
            link_id(StoreCost.product) == self.product, link_id(StoreCost.store) == self.store
        )
        quantity, cost = self.ctx.session.execute(query).one_or_none() or (ZERO, None)
        opening = self.case.get("opening_cost")
        return quantity, Decimal(str(opening or 0)) if cost is None else cost

    def _cost_of(self, entry: int) -> Decimal:
        query = (
            select(func.sum(StockValue.value), func.sum(StockValue.quantity))
            .join(Move, Move.id == link_id(StockValue.move))
            .where(link_id(Move.entry) == entry, StockValue.part == Part.COST)
        )
        value, quantity = self.ctx.session.execute(query).one()
        return value / quantity if quantity else ZERO


def _do(ctx: Context, name: str, *records: Any, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None, name
    return ctx.run(found, [*records] or None, **params)


def _rounded(value: Decimal) -> str:
    return f"{value.quantize(_COST):f}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


__all__ = ["Entries", "Keeper", "Replay", "keepers"]
