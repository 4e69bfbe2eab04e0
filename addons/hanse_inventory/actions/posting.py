"""Post stock documents: their lines become moves.  Reverse them: the opposite moves."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import func, select

from hanse import BusinessError, Context, Errors, Records, _, action, link_id
from hanse.actions.write import Each
from hanse.i18n import Label
from hanse_inventory.actions.correcting import anchored, finish
from hanse_inventory.actions.entries import header_values, insert_entries
from hanse_inventory.allocating import Available, Taken
from hanse_inventory.costing import Key, Part
from hanse_inventory.ledger import NewMove, Standing, hold, post
from hanse_inventory.lots import NewLot, lots_for, tracked
from hanse_inventory.models import (
    EntryKind,
    EntryState,
    InventorySettings,
    Lot,
    LotState,
    Move,
    Stock,
    StockEntry,
    StockEntryLine,
    StockValue,
    Tracking,
    TransferState,
)
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import Place, below, outside, place
from hanse_inventory.reserving import free, of_others, own
from hanse_inventory.standing import Slot
from hanse_inventory.transfers import Followed, OnWay, follow, on_way
from hanse_products.models import Product

ZERO = Decimal(0)
_EXACT = Decimal("1e-8")
_PRICES = tuple(kind for kind in EntryKind if kind.priced)
_OUT_OF_TRANSIT = (EntryKind.ARRIVAL, EntryKind.LOSS)


@action(
    StockEntry,
    name="post",
    label=_("Post"),
    permission=Inventory.POST,
    moves=((EntryState.DRAFT, EntryState.INSPECTED), EntryState.POSTED),
    primary=True,
    icon="check",
    done=_("%(count)s stock documents posted"),
)
def post_entries(ctx: Context, entries: Records[StockEntry]) -> None:
    """Move what the lines say; lots that nobody named are those that must be used first.

    :raises BusinessError: more would leave than there is, a lot is not usable, a day is closed; all at once, by line
    """
    chosen = list(entries)
    _refuse_uninspected(ctx, chosen)
    _refuse_sent(chosen)
    coming = [one for one in chosen if one.kind.enters]
    leaving = [one for one in chosen if not one.kind.enters]
    for some in (coming, leaving):  # what comes first can leave with the same click
        if some:
            _Batch(ctx, some).post()
    entries.forget()


def _refuse_sent(entries: Iterable[StockEntry]) -> None:
    """Refuse to send the goods of a transfer a second time."""
    for one in entries:
        transfer = one.transfer if one.kind is EntryKind.SHIPMENT else None
        if transfer is not None and transfer.state is not TransferState.APPROVED:
            raise BusinessError(_("%(number)s is not approved.", number=transfer.number), record=one.id)


def _refuse_uninspected(ctx: Context, entries: Iterable[StockEntry]) -> None:
    if not ctx.settings(InventorySettings).inspect:
        return
    for one in entries:
        if one.kind is EntryKind.RECEIPT and one.state is EntryState.DRAFT:
            raise BusinessError(_("Receipts are inspected before they are posted."), record=one.id)


@dataclass
class _Posted:
    """A document on its way into the stock.

    :ivar at: when it happened
    :ivar many: whether errors have to name the document
    """

    id: int
    entry: StockEntry
    kind: EntryKind
    place: Place
    other: Place
    lines: list[StockEntryLine] = field(default_factory=list[StockEntryLine])
    at: datetime = datetime.min

    def day(self, ctx: Context) -> date:
        """The day on which it happened."""
        return self.at.astimezone(ctx.company.zone).date()


class _Batch:
    """Documents that are posted together: what they need is read once, what they write is written at once."""

    def __init__(self, ctx: Context, entries: Sequence[StockEntry]) -> None:
        self.ctx = ctx
        self.errors: list[BusinessError] = []
        self.documents = [_posted(ctx, one) for one in entries]
        of = {one.id: one for one in self.documents}
        where = StockEntryLine.entry_id.in_(of)
        for line in ctx.all(StockEntryLine, where, order_by=[StockEntryLine.number]):
            of[line.entry_id].lines.append(line)
        products = {line.product_id for one in self.documents for line in one.lines}
        self.tracking = tracked(ctx, products)
        self.names: dict[int, str] = dict(
            ctx.session.execute(select(Product.id, Product.name).where(Product.id.in_(products))).all()
        )

    def post(self) -> None:
        ctx = self.ctx
        standing = hold(ctx, self._keys())
        self._date(standing)
        lots = self._lots()
        self._check_lots()
        self._check_serials(lots)
        self._reservations()
        available = self._available()
        self.on_way = self._on_way()
        moves: list[NewMove] = []
        for one in sorted(self.documents, key=lambda one: one.at):
            for line in one.lines:
                moves += self._moves(one, line, lots.get(line.id), available)
        if self.errors:
            raise self.errors[0] if len(self.errors) == 1 else Errors(self.errors)
        kept = anchored(ctx, [one for one in moves if one.at < ctx.now])
        post(ctx, [*moves, *kept.moves], standing)
        finish(ctx, kept)
        followed = self._followed()
        values: dict[str, Any] = {
            "at": Each([one.at for one in self.documents]),
            "day": Each([one.day(ctx) for one in self.documents]),
            "other": Each([one.other.id for one in self.documents]),
            "poster": ctx.user.id,
            "posted_at": ctx.now,
            "state": EntryState.POSTED,
        }
        ctx.update([one.id for one in self.documents], StockEntry, values)
        follow(ctx, followed)
        if self.reserved:
            free(ctx, [one.id for one in self.documents])

    def _reservations(self) -> None:
        """Read what is set aside for these documents, and for others; what is for others is not theirs to take."""
        self.reserved: dict[int, list[Taken]] = {}
        self.set_aside: dict[Slot, Decimal] = {}
        documents = [one for one in self.documents if not one.kind.enters]
        if documents:
            ids = [one.id for one in documents]
            self.reserved = own(self.ctx, ids)
            products = {line.product_id for one in documents if one.kind.fresh_only for line in one.lines}
            self.set_aside = of_others(self.ctx, products, ids) if products else {}

    def _on_way(self) -> dict[int, list[OnWay]]:
        """Read what is in transit of the lines that arrive, or are lost."""
        lines = [
            line.transfer_line_id
            for one in self.documents
            if one.kind in _OUT_OF_TRANSIT
            for line in one.lines
            if line.transfer_line_id is not None
        ]
        return on_way(self.ctx, lines) if lines else {}

    def _followed(self) -> list[Followed]:
        """Give the lines that transfers are told of."""
        return [
            Followed(one.entry, line, accepted(line), line.base - accepted(line))
            for one in self.documents
            if one.entry.transfer_id is not None
            for line in one.lines
        ]

    def _keys(self) -> list[Key]:
        """Give the product in the stores at both ends, of each line."""
        found: set[Key] = set()
        for one in self.documents:
            stores = {end.store for end in (one.place, one.other) if end.store is not None}
            found |= {(line.product_id, store) for line in one.lines for store in stores}
        return sorted(found)

    def _date(self, standing: dict[Key, Standing]) -> None:
        """Say when documents happened that name no moment: now, and after what is known already."""
        now = self.ctx.now
        for one in self.documents:
            if one.entry.at is not None:
                one.at = one.entry.at
                continue
            lasts = [
                standing[line.product_id, end.store].last_at
                for line in one.lines
                for end in (one.place, one.other)
                if end.store is not None
            ]
            one.at = max([now, *(last for last in lasts if last is not None)])

    # --- lots ---------------------------------------------------------------------------------------------------------

    def _lots(self) -> dict[int, int]:
        """Give the lot of each line that brings one."""
        coming: list[tuple[int, NewLot]] = []
        for one in self.documents:
            for line in one.lines if one.kind.enters and one.kind not in _OUT_OF_TRANSIT else ():
                tracking, life = self.tracking[line.product_id]
                if tracking is not Tracking.NONE and line.lot_id is None:
                    day = one.day(self.ctx)
                    expires = line.expires_on or (None if life is None else day + timedelta(days=life))
                    coming.append((line.id, NewLot(line.product_id, line.new_lot, day, expires, one.entry.partner_id)))
        lots = lots_for(self.ctx, [new for _line, new in coming])
        return {line: lot for (line, _new), lot in zip(coming, lots, strict=True)}

    def _check_serials(self, lots: dict[int, int]) -> None:
        """Refuse that a single thing comes which is there already."""
        coming = {
            lots.get(line.id) or line.lot_id: (one, line)
            for one in self.documents
            if one.kind.enters and one.kind not in _OUT_OF_TRANSIT
            for line in one.lines
            if self.tracking[line.product_id][0] is Tracking.SERIAL
        }
        if not coming:
            return
        query = select(link_id(Stock.lot), Lot.name).join(Lot, Lot.id == link_id(Stock.lot))
        for lot, name in self.ctx.session.execute(query.where(Stock.lot_id.in_(coming), Stock.quantity > 0)):
            self._wrong(*coming[lot], "new_lot", _("Serial number %(serial)s is there already.", serial=name))

    def _check_lots(self) -> None:
        """Refuse lots that somebody named and that may not be issued: expired ones, those in quarantine or recalled."""
        named = {line.lot_id for one in self.documents if one.kind.fresh_only for line in one.lines if line.lot_id}
        if not named:
            return
        query = select(Lot.id, Lot.name, Lot.state, Lot.usable_until).where(Lot.id.in_(named))
        known = {row[0]: row[1:] for row in self.ctx.session.execute(query)}
        for one in self.documents:
            for line in one.lines if one.kind.fresh_only else ():
                if line.lot_id is None:
                    continue
                name, state, until = known[line.lot_id]
                if state is not LotState.AVAILABLE:
                    self._wrong(
                        one, line, "lot", _("Lot %(lot)s is not issued: %(state)s.", lot=name, state=state.label)
                    )
                elif until is not None and until < one.day(self.ctx):
                    message = _(
                        "Lot %(lot)s was usable until %(until)s. It can be wasted or returned, not issued.",
                        lot=name,
                        until=until,
                    )
                    self._wrong(one, line, "lot", message)

    # --- moves --------------------------------------------------------------------------------------------------------

    def _available(self) -> Available | None:
        """Read what is there, where lots or places have to be found."""
        kinds = [kind for kind in EntryKind if not kind.enters and kind not in _OUT_OF_TRANSIT]
        wanted = [(one, line) for one in self.documents if one.kind in kinds for line in one.lines]
        wanted = [(one, line) for one, line in wanted if self._must_find(one, line)]
        if not wanted:
            return None
        locations = {found.id for one, line in wanted for found in self._below(one, line)}
        return Available(self.ctx, {line.product_id for _one, line in wanted}, locations, self.set_aside)

    def _must_find(self, one: _Posted, line: StockEntryLine) -> bool:
        lotted = self.tracking[line.product_id][0] is not Tracking.NONE and line.lot_id is None
        return lotted or len(self._below(one, line)) > 1 or self._is_contested(line)

    def _is_contested(self, line: StockEntryLine) -> bool:
        """Whether others have set something of the product aside."""
        return any(product == line.product_id for product, _location, _lot in self.set_aside)

    def _below(self, one: _Posted, line: StockEntryLine) -> list[Place]:
        return below(self.ctx, line.place_id or one.place.id)

    def _moves(self, one: _Posted, line: StockEntryLine, lot: int | None, available: Available | None) -> list[NewMove]:
        here = one.place if line.place_id is None else place(self.ctx, line.place_id)
        if one.kind in _OUT_OF_TRANSIT:
            return self._out_of_transit(one, line, here)
        if one.kind.enters:
            came = accepted(line)
            return [self._move(one, line, one.other, here, came, lot or line.lot_id)] if came else []
        if available is None or not self._must_find(one, line):
            return [self._move(one, line, here, one.other, line.base, line.lot_id)]
        return self._found(one, line, here, available)

    def _out_of_transit(self, one: _Posted, line: StockEntryLine, here: Place) -> list[NewMove]:
        """Give moves of what is on its way, each at the value it left with; no more than that."""
        source, destination = (one.other, here) if one.kind.enters else (here, one.other)
        rest = accepted(line)
        moves: list[NewMove] = []
        for part in self.on_way.get(line.transfer_line_id or 0, ()):
            quantity = min(rest, part.left) if line.lot_id in (None, part.lot) else ZERO
            if quantity > 0:
                made = self._move(one, line, source, destination, quantity, part.lot)
                moves.append(replace(made, origin=part.move))
                part.left -= quantity
                rest -= quantity
        if rest:
            name = self.names[line.product_id]
            message = _("%(product)s: %(rest)s more than is on its way.", product=name, rest=rest)
            self._wrong(one, line, "quantity", message)
        return moves

    def _found(self, one: _Posted, line: StockEntryLine, here: Place, available: Available) -> list[NewMove]:
        """Give moves out of lots and places; what is missing leaves the place itself, or is refused."""
        day = one.day(self.ctx) if one.kind.fresh_only else None
        locations = [found.id for found in self._below(one, line)]
        candidates = available.candidates(line.product_id, locations, line.lot_id)
        first = self.reserved.get(line.id, ())
        taken = available.take(line.product_id, locations, line.base, need_day=day, lot=line.lot_id, first=first)
        moves = [
            self._move(one, line, place(self.ctx, part.location), one.other, part.quantity, part.lot)
            for part in taken
            if part.location != one.other.id
        ]
        rest = line.base - sum((part.quantity for part in taken), ZERO)
        aside = sum((self.set_aside.get((line.product_id, key, line.lot_id), ZERO) for key in locations), ZERO)
        if rest and aside and not here.negative:
            message = _(
                "%(product)s: %(rest)s more is needed than is free; %(aside)s is set aside for others.",
                product=self.names[line.product_id],
                rest=rest,
                aside=aside,
            )
            self._wrong(one, line, "quantity", message)
        elif rest and self.tracking[line.product_id][0] is not Tracking.NONE and line.lot_id is None:
            spoilt = sum((each.quantity for each in candidates), ZERO) - (line.base - rest)
            self._wrong(one, line, "quantity", self._missing(line, rest, spoilt))
        elif rest:
            moves.append(self._move(one, line, here, one.other, rest, line.lot_id))
        return moves

    def _missing(self, line: StockEntryLine, rest: Decimal, spoilt: Decimal) -> Label:
        name = self.names[line.product_id]
        if spoilt > 0:
            return _(
                "%(product)s: %(rest)s more is needed than is usable; %(spoilt)s is expired or set aside.",
                product=name,
                rest=rest,
                spoilt=spoilt,
            )
        return _("%(product)s: %(rest)s more is needed than is there.", product=name, rest=rest)

    def _move(
        self, one: _Posted, line: StockEntryLine, source: Place, destination: Place, quantity: Decimal, lot: int | None
    ) -> NewMove:
        worth: Decimal | None = None
        if one.kind in _PRICES and line.price is not None:
            worth = (line.price * line.quantity * quantity / line.base).quantize(_EXACT, ROUND_HALF_EVEN)
        return NewMove(
            product=line.product_id,
            source=source,
            destination=destination,
            quantity=quantity,
            at=one.at,
            entry=one.id,
            line=line.id,
            lot=lot,
            worth=worth,
            where=f"lines.{line.number - 1}.quantity",
        )

    def _wrong(self, one: _Posted, line: StockEntryLine, name: str, message: Label) -> None:
        self.errors.append(BusinessError(message, field=f"lines.{line.number - 1}.{name}", record=one.id))


def accepted(line: StockEntryLine) -> Decimal:
    """Give what of a line enters the stock, in the unit of the product."""
    if not line.rejected:
        return line.base
    return (line.base * (line.quantity - line.rejected) / line.quantity).quantize(_EXACT, ROUND_HALF_EVEN)


def _posted(ctx: Context, entry: StockEntry) -> _Posted:
    other = outside(ctx, entry.kind.other) if entry.other_id is None else place(ctx, entry.other_id)
    return _Posted(entry.id, entry, entry.kind, place(ctx, entry.place_id), other)


# --- reversing --------------------------------------------------------------------------------------------------------


@action(
    StockEntry,
    name="reverse",
    label=_("Reverse"),
    permission=Inventory.REVERSE,
    moves=(EntryState.POSTED, EntryState.REVERSED),
    icon="arrow-back-up",
    confirm=_("Reverse? What came leaves again, what left comes back, at the value it had."),
    done=_("%(count)s stock documents reversed"),
    offered=lambda entry: entry.state is EntryState.POSTED and entry.reverses_id is None,
)
def reverse_entries(ctx: Context, entries: Records[StockEntry]) -> list[int]:
    """Make for each posted document one with the opposite moves, now; give their ids.

    :raises BusinessError: what came is not there any more; one reverses another itself
    """
    chosen = list(entries)
    for one in chosen:
        if one.kind is EntryKind.REPRICE:
            raise BusinessError(_("Change the price once more instead."), record=one.id)
        if one.reverses_id is not None:
            raise BusinessError(_("This document reverses another. Write a new one instead."), record=one.id)
    moves = list(ctx.all(Move, Move.entry_id.in_([one.id for one in chosen]), order_by=[Move.id]))
    keys = {
        (one.product_id, store) for one in moves for store in (one.source_store_id, one.destination_store_id) if store
    }
    standing = hold(ctx, keys)
    worth = _worth(ctx, moves)
    made = insert_entries(ctx, [_opposite(ctx, one) for one in chosen])
    lines = _lines_of(ctx, made)
    reversed_by = {one.id: new for one, new in zip(chosen, made, strict=True)}
    at = max([ctx.now, *(one.last_at for one in standing.values() if one.last_at is not None)])
    numbers = {line.id: line.number for one in chosen for line in one.lines}
    opposite = [
        NewMove(
            product=one.product_id,
            source=place(ctx, one.destination_id),
            destination=place(ctx, one.source_id),
            quantity=one.quantity,
            at=at,
            entry=reversed_by[one.entry_id],
            line=lines[reversed_by[one.entry_id], numbers[one.line_id]],
            lot=one.lot_id,
            worth=worth[one.id],
            origin=one.id,
        )
        for one in moves
    ]
    post(ctx, opposite, standing)
    day = at.astimezone(ctx.company.zone).date()
    values: dict[str, Any] = {
        "at": at,
        "day": day,
        "poster": ctx.user.id,
        "posted_at": ctx.now,
        "state": EntryState.POSTED,
    }
    ctx.update(made, StockEntry, values)
    follow(ctx, _taken_back(chosen))
    entries.forget()
    return made


def _taken_back(entries: Iterable[StockEntry]) -> list[Followed]:
    return [
        Followed(one, line, accepted(line), line.base - accepted(line), -1)
        for one in entries
        if one.transfer_id is not None
        for line in one.lines
    ]


def _worth(ctx: Context, moves: Sequence[Move]) -> dict[int, Decimal | None]:
    """Give what each move costs; None for those between two stores, which go back at what they cost there."""
    query = (
        select(link_id(StockValue.move), func.sum(StockValue.value))
        .where(link_id(StockValue.move).in_([one.id for one in moves]), StockValue.part == Part.COST)
        .group_by(link_id(StockValue.move))
    )
    sums: dict[int, Decimal] = dict(ctx.session.execute(query).all())
    between = {one.id for one in moves if one.source_store_id is not None and one.destination_store_id is not None}
    return {one.id: None if one.id in between else abs(sums.get(one.id, ZERO)) for one in moves}


def _opposite(ctx: Context, entry: StockEntry) -> dict[str, Any]:
    """Give the document that takes another back; its lines say the same."""
    lines = [
        {
            "number": line.number,
            "product": line.product_id,
            "lot": line.lot_id,
            "quantity": line.quantity,
            "rejected": line.rejected,
            "unit": line.unit_id,
            "pack": line.pack_id,
            "base": line.base,
            "price": line.price,
            "place": line.place_id,
            "origin": line.id,
            "transfer_line": line.transfer_line_id,
        }
        for line in entry.lines
    ]
    header = header_values(entry) | {"at": None, "photo": None, "note": None, "other": entry.other_id}
    header |= {"transfer": entry.transfer_id}
    return header | {"reverses": entry.id, "reference": entry.number, "maker": ctx.user.id, "lines": lines}


def _lines_of(ctx: Context, entries: Sequence[int]) -> dict[tuple[int, int], int]:
    query = select(link_id(StockEntryLine.entry), StockEntryLine.number, StockEntryLine.id).where(
        link_id(StockEntryLine.entry).in_(entries)
    )
    return {(entry, number): line for entry, number, line in ctx.session.execute(query)}


__all__ = ["post_entries", "reverse_entries"]
