"""Count: begin, note what is counted, count again what differs much, approve, post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

from sqlalchemy import select

from hanse import BusinessError, Context, Errors, Records, _, action, link_id
from hanse.actions.generic import check_rights
from hanse.actions.values import WrongValue, convert
from hanse.actions.write import Each
from hanse_inventory.actions.correcting import Correction, anchored, correct, finish
from hanse_inventory.counting import Judged, add_up, judged, sheet
from hanse_inventory.ledger import hold, post
from hanse_inventory.models import (
    CountState,
    EntryKind,
    InventorySettings,
    Lot,
    StockCount,
    StockCountLine,
    StockedProduct,
    Tally,
    Tracking,
)
from hanse_inventory.permissions import Inventory
from hanse_inventory.places import below, place
from hanse_inventory.standing import Slot

ZERO = Decimal(0)
_COUNTED = (CountState.COUNTING, CountState.RECOUNT)


@action(
    StockCount,
    name="create",
    label=_("New count"),
    permission="inventory.count.create",
    creates=True,
    hidden=True,
    fills=("maker",),
)
def create_counts(ctx: Context, counts: Records[StockCount], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Plan counts.

    :raises BusinessError: the place is none in a store
    """
    check_rights(ctx, StockCount, values)
    for at, value in enumerate(values):
        if value.get("place") is not None:
            given = value["place"]
            if not place(ctx, given if isinstance(given, int) else given.id).usage.inside:
                where = "place" if len(values) == 1 else f"{at}.place"
                raise BusinessError(_("Choose a warehouse or store, or a place in one."), field=where)
    return ctx.insert(StockCount, [{**value, "maker": ctx.user.id} for value in values])


@action(
    StockCount,
    name="begin",
    label=_("Begin"),
    permission=Inventory.COUNT,
    moves=(CountState.PLANNED, CountState.COUNTING),
    primary=True,
    icon="player-play",
    done=_("%(count)s counts begun"),
)
def begin_counts(ctx: Context, counts: Records[StockCount]) -> None:
    """Write the sheets: everything that the books say is there."""
    for count in list(counts):
        lines = [
            {
                "count": count.id,
                "number": number,
                "product": slot[0],
                "location": slot[1],
                "lot": slot[2],
                "book": there,
            }
            for number, (slot, there) in enumerate(sheet(ctx, count), start=1)
        ]
        if lines:
            ctx.insert(StockCountLine, lines)
    ctx.update(counts, {"frozen_at": ctx.now})


@action(
    StockCount,
    name="tally",
    label=_("Note what is counted"),
    permission=Inventory.COUNT,
    hidden=True,
    done=_("Noted"),
)
def tally_counts(ctx: Context, counts: Records[StockCount], *, tallies: Sequence[Mapping[str, Any]]) -> int:
    """Note what somebody has counted; several of one line add up, and what is sent twice counts once.

    :param tallies: each with ``line``, or ``product``, ``location`` and ``lot`` of what is not on the sheet;
        ``quantity`` in the unit of the product; ``counted_at`` and ``key``, if it was counted without a connection
    :return: how many were new
    :raises BusinessError: all that is wrong, by tally
    """
    (count,) = list(counts)
    if count.state not in _COUNTED:
        raise BusinessError(_("%(number)s is not being counted now.", number=count.number), record=count.id)
    rows, errors = _Tallies(ctx, count).read(tallies)
    if errors:
        raise errors[0] if len(errors) == 1 else Errors(errors)
    known = set(ctx.session.scalars(select(Tally.key).where(Tally.key.in_([row["key"] for row in rows]))))
    new = list({row["key"]: row for row in rows if row["key"] not in known}.values())
    if new:
        ctx.insert(Tally, new)
        add_up(ctx, {row["line"] for row in new}, new[0]["round"])
    counts.forget()
    return len(new)


class _Tallies:
    """Reads what was counted, and puts on the sheet what was not there."""

    def __init__(self, ctx: Context, count: StockCount) -> None:
        self.ctx, self.count = ctx, count
        self.round = 2 if count.state is CountState.RECOUNT else 1
        lines = ctx.all(StockCountLine, StockCountLine.count_id == count.id)
        self.lines = {one.id: one for one in lines}
        self.at = {(one.product_id, one.location_id, one.lot_id): one.id for one in lines}
        self.errors: list[BusinessError] = []

    def read(self, tallies: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], list[BusinessError]]:
        rows = [self._row(at, one) for at, one in enumerate(tallies)]
        self._refuse_same_people(rows)
        return [row for row in rows if row is not None], self.errors

    def _row(self, at: int, given: Mapping[str, Any]) -> dict[str, Any] | None:
        where = f"tallies.{at}."
        try:
            quantity = convert(Tally.__fields__["quantity"], given.get("quantity"))
            counted_at: datetime | None = convert(Tally.__fields__["counted_at"], given.get("counted_at"))
        except WrongValue as error:
            self.errors.append(BusinessError(error.message, field=where + "quantity"))
            return None
        if quantity is None or quantity < 0:
            self.errors.append(BusinessError(_("Say how much is there; nothing is 0."), field=where + "quantity"))
            return None
        if counted_at is not None and counted_at > self.ctx.now:
            self.errors.append(
                BusinessError(_("What has not happened yet cannot be posted."), field=where + "counted_at")
            )
            return None
        line = self._line(given, where)
        if line is None:
            return None
        return {
            "line": line,
            "user": self.ctx.user.id,
            "round": self.round,
            "quantity": quantity,
            "counted_at": counted_at or self.ctx.now,
            "key": str(given.get("key") or uuid4()),
        }

    def _line(self, given: Mapping[str, Any], where: str) -> int | None:
        if given.get("line") is not None:
            line = int(given["line"])
            if line not in self.lines:
                self.errors.append(BusinessError(_("This line is not on the sheet."), field=where + "line"))
                return None
            if self.round == 2 and not self.lines[line].again:
                self.errors.append(BusinessError(_("This line need not be counted again."), field=where + "line"))
                return None
            return line
        slot = self._slot(given, where)
        if slot is None:
            return None
        if slot not in self.at:
            number = len(self.at) + 1
            row = {"count": self.count.id, "number": number, "product": slot[0], "location": slot[1], "lot": slot[2]}
            (self.at[slot],) = self.ctx.insert(StockCountLine, [row])
        return self.at[slot]

    def _slot(self, given: Mapping[str, Any], where: str) -> Slot | None:
        product, lot = given.get("product"), given.get("lot")
        location = given.get("location") or self.count.place_id
        here = {one.id for one in below(self.ctx, self.count.place_id)}
        tracking = self.ctx.session.scalar(
            select(StockedProduct.tracking).where(StockedProduct.id == int(product or 0))
        )
        if tracking is None:
            self.errors.append(BusinessError(_("Choose a product."), field=where + "product"))
        elif int(location) not in here:
            self.errors.append(BusinessError(_("This place is not part of what is counted."), field=where + "location"))
        elif (tracking is Tracking.NONE) is not (lot is None):
            self.errors.append(BusinessError(_("Say which lot it is."), field=where + "lot"))
        elif lot is not None and not self._is_lot(int(product or 0), int(lot)):
            self.errors.append(
                BusinessError(_("This is a lot of another product. Choose one of this product."), field=where + "lot")
            )
        else:
            return int(product or 0), int(location), None if lot is None else int(lot)
        return None

    def _is_lot(self, product: int, lot: int) -> bool:
        query = select(Lot.id).where(Lot.id == lot, link_id(Lot.product) == product)
        return self.ctx.session.scalar(query) is not None

    def _refuse_same_people(self, rows: Sequence[dict[str, Any] | None]) -> None:
        """What is counted again is counted by somebody else."""
        if self.round == 1:
            return
        wanted = {row["line"] for row in rows if row is not None}
        query = select(link_id(Tally.line)).where(
            link_id(Tally.line).in_(wanted), Tally.round == 1, link_id(Tally.user) == self.ctx.user.id
        )
        own = set(self.ctx.session.scalars(query))
        for at, row in enumerate(rows):
            if row is not None and row["line"] in own:
                message = _("You have counted this yourself. Somebody else counts it again.")
                self.errors.append(BusinessError(message, field=f"tallies.{at}.line"))


@action(
    StockCount,
    name="finish",
    label=_("Counting is finished"),
    permission=Inventory.COUNT,
    icon="flag",
    primary=True,
    done=_("%(count)s counts are finished"),
    offered=lambda count: count.state in _COUNTED,
)
def finish_counts(ctx: Context, counts: Records[StockCount]) -> None:
    """Compare with the books of the moments of counting; what differs much is counted again by somebody else.

    Lines that nobody has counted stay as they are.

    :raises BusinessError: nothing was counted, or what must be counted again is not
    """
    settings = ctx.settings(InventorySettings)
    for count in list(counts):
        if count.state not in _COUNTED:
            raise BusinessError(_("%(number)s is not being counted now.", number=count.number), record=count.id)
        lines = list(ctx.all(StockCountLine, StockCountLine.count_id == count.id))
        found = judged(ctx, lines)
        if not found:
            raise BusinessError(_("Nothing of %(number)s is counted yet.", number=count.number), record=count.id)
        if count.state is CountState.RECOUNT:
            _refuse_uncounted(ctx, count, [one for one in lines if one.again])
            again: list[Judged] = []
        else:
            again = [one for one in found if one.is_large(settings)]
        _note(ctx, found, {one.line.id for one in again} or None)
        state = CountState.RECOUNT if again else CountState.REVIEW
        ctx.update([count.id], StockCount, {"state": state})
    counts.forget()


def _refuse_uncounted(ctx: Context, count: StockCount, lines: Sequence[StockCountLine]) -> None:
    query = select(link_id(Tally.line)).where(link_id(Tally.line).in_([one.id for one in lines]), Tally.round == 2)
    done = set(ctx.session.scalars(query))
    left = [one for one in lines if one.id not in done]
    if left:
        message = _("%(count)s lines of %(number)s must still be counted again.", count=len(left), number=count.number)
        raise BusinessError(message, record=count.id)


def _note(ctx: Context, found: Sequence[Judged], again: set[int] | None) -> None:
    values: dict[str, Any] = {
        "book": Each([one.book for one in found]),
        "difference": Each([one.difference for one in found]),
        "worth": Each([one.worth for one in found]),
    }
    if again is not None:
        values["again"] = Each([one.line.id in again for one in found])
    ctx.update([one.line.id for one in found], StockCountLine, values)


@action(
    StockCount,
    name="approve",
    label=_("Approve"),
    permission=Inventory.APPROVE_COUNT,
    moves=(CountState.REVIEW, CountState.APPROVED),
    icon="check",
    primary=True,
    done=_("%(count)s counts approved"),
)
def approve_counts(ctx: Context, counts: Records[StockCount]) -> None:
    """Agree with what was counted."""
    ctx.update(counts, {"approver": ctx.user.id})


@action(
    StockCount,
    name="count_again",
    label=_("Count again"),
    permission=Inventory.APPROVE_COUNT,
    moves=(CountState.REVIEW, CountState.COUNTING),
    icon="refresh",
    done=_("%(count)s counts go on"),
)
def count_again(ctx: Context, counts: Records[StockCount]) -> None:
    """Let people go on counting: something was forgotten."""


@action(
    StockCount,
    name="post",
    label=_("Post"),
    permission=Inventory.APPROVE_COUNT,
    moves=(CountState.APPROVED, CountState.POSTED),
    icon="check",
    primary=True,
    done=_("%(count)s counts posted"),
)
def post_counts(ctx: Context, counts: Records[StockCount]) -> None:
    """Put the stock right as of the moments of counting; what was entered since for earlier ones is counted in.

    :raises BusinessError: a day is closed
    """
    for count in list(counts):
        lines = list(ctx.all(StockCountLine, StockCountLine.count_id == count.id, order_by=[StockCountLine.number]))
        keys = {(one.product_id, place(ctx, one.location_id).store or 0) for one in lines if one.counted is not None}
        standing = hold(ctx, keys)
        found = judged(ctx, lines)
        _note(ctx, found, None)
        corrections = [
            Correction(
                (one.line.product_id, one.line.location_id, one.line.lot_id), one.difference, one.line.counted_at
            )
            for one in found
            if one.difference and one.line.counted_at is not None
        ]
        corrected = correct(ctx, corrections, reference=count.number)
        later = anchored(ctx, corrected.moves)
        post(ctx, [*corrected.moves, *later.moves], standing)
        finish(ctx, corrected)
        finish(ctx, later)
        ctx.update([one.line.id for one in found], StockCountLine, {"posted": True})
        made = corrected.entries
        values = {
            "posted_at": ctx.now,
            "surplus": made.get(EntryKind.SURPLUS),
            "shortage": made.get(EntryKind.SHORTAGE),
        }
        ctx.update([count.id], StockCount, values)


@action(
    StockCount,
    name="cancel",
    label=_("Cancel"),
    permission=Inventory.APPROVE_COUNT,
    moves=(
        (CountState.PLANNED, CountState.COUNTING, CountState.RECOUNT, CountState.REVIEW, CountState.APPROVED),
        CountState.CANCELLED,
    ),
    icon="x",
    confirm=_("Cancel this count? What was counted is kept, and changes nothing."),
    done=_("%(count)s counts cancelled"),
)
def cancel_counts(ctx: Context, counts: Records[StockCount]) -> None:
    """Give counts up."""


__all__ = [
    "approve_counts",
    "begin_counts",
    "cancel_counts",
    "count_again",
    "create_counts",
    "finish_counts",
    "post_counts",
    "tally_counts",
]
