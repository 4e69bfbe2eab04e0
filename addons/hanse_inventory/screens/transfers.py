"""Transfers: list, board, form with what is on its way of each line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import case, func, select

from hanse import Board, Calendar, Computed, Context, Filter, Lines, Row, Screen, Tab, Virtual, _, link_id
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse_inventory.models import MovedTransfer, StockEntry, Transfer, TransferLine, TransferState
from hanse_inventory.screens.entries import usual_place
from hanse_inventory.screens.papers import TransferPaper

_LEFT = TransferLine.shipped - TransferLine.received - TransferLine.rejected - TransferLine.lost - TransferLine.returned
_OPEN = (TransferState.SHIPPED, TransferState.PART_RECEIVED)


def _still_open(_model: type[Model]) -> Any:
    """Count the lines of which something is on its way or rejected."""
    counted = select(func.count()).where(
        link_id(TransferLine.transfer) == Transfer.id, _LEFT + TransferLine.rejected > 0
    )
    return func.nullif(counted.correlate(Transfer).scalar_subquery(), 0)


def _open_tone(_model: type[Model]) -> Any:
    return case((Transfer.state.in_(_OPEN), "warn"))


def _moved(name: str, label: Label) -> Virtual:
    """Show what became of a line, once something did."""
    return Virtual(name, label, Kind.QUANTITY, lambda line: getattr(line, name) or None)


def _typed(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out what is only shown."""
    return {name: value for name, value in values.items() if name not in _SHOWN}


_SHOWN = {
    "shipped": _("Shipped"),
    "received": _("Received"),
    "rejected": _("Rejected"),
    "lost": _("Lost or damaged"),
    "returned": _("Returned"),
    "in_transit": _("In transit"),
}
_never: Callable[[Context], bool] = lambda _ctx: False  # noqa: E731  drawn only where a line has something there


def _first(ctx: Context) -> dict[str, Any]:
    return {"source": usual_place(ctx)}


LINES = Lines(
    Transfer.lines,
    columns=[
        TransferLine.product,
        TransferLine.lot,
        TransferLine.quantity,
        TransferLine.unit,
        TransferLine.pack,
        *(_moved(name, label) for name, label in _SHOWN.items()),
        TransferLine.note,
    ],
    widths={"lot": "m", "quantity": "s", "unit": "s", "pack": "m", "note": "m", **dict.fromkeys(_SHOWN, "s")},
    small=["product", "quantity", "unit", "shipped", "received", "rejected", "in_transit"],
    optional=["pack", "note"],
    shown_if=dict.fromkeys(_SHOWN, _never),
    save=_typed,
    asks_with={
        "product": ["head.source"],
        "lot": ["product", "head.source"],
        "pack": ["product"],
    },
    blank=1,
)

TRANSFERS = Screen(
    Transfer,
    title=_("Transfers"),
    singular=_("Transfer"),
    menu="inventory",
    icon="transfer",
    order=35,
    list=[
        Transfer.number,
        Transfer.source,
        Transfer.destination,
        Transfer.needed_on,
        Computed("open", _("Open lines"), Kind.NUMBER, _still_open, tone=_open_tone),
        Transfer.maker,
        Transfer.state,
    ],
    filters=[
        Transfer.state,
        Transfer.source,
        Transfer.destination,
        Transfer.needed_on,
        Transfer.maker,
        Filter(_("On its way"), lambda ctx: Transfer.state.in_(_OPEN), name="on-way"),
        Filter(
            _("Late"),
            lambda ctx: (
                (Transfer.needed_on < ctx.today)
                & Transfer.state.notin_((TransferState.RECEIVED, TransferState.CLOSED, TransferState.CANCELLED))
            ),
            name="late",
        ),
    ],
    segments=Transfer.state,
    order_by=[Transfer.number.desc()],
    sums=[],
    tones={
        TransferState.APPROVED: "info",
        TransferState.SHIPPED: "warn",
        TransferState.PART_RECEIVED: "warn",
        TransferState.RECEIVED: "ok",
        TransferState.CANCELLED: "muted",
    },
    board=Board(by=Transfer.state, card=[Transfer.number, Transfer.source, Transfer.destination, Transfer.needed_on]),
    calendar=Calendar(start=Transfer.needed_on, title=[Transfer.number, Transfer.destination], tone=Transfer.state),
    form=[
        Row(Transfer.source, Transfer.destination),
        Row(Transfer.needed_on),
        LINES,
    ],
    tabs=[
        Tab(
            _("Stock documents"),
            MovedTransfer.entries,
            columns=[StockEntry.number, StockEntry.kind, StockEntry.place, StockEntry.day, StockEntry.state],
        ),
        Tab(_("People and note"), Row(Transfer.maker, Transfer.approver), Row(Transfer.note)),
    ],
    editable=lambda transfer: transfer.state in (TransferState.DRAFT, TransferState.APPROVED),
    possible={"delete": lambda _ctx, one: one.state in (TransferState.DRAFT, TransferState.APPROVED)},
    defaults=_first,
    carries=[Transfer.source, Transfer.destination, Transfer.needed_on],
    anew=[Transfer.needed_on],
    documents=[TransferPaper(_("Transfer note as PDF"))],
    title_of=lambda transfer: transfer.title(),
)

__all__ = ["TRANSFERS"]
