"""Counts: list, and the sheet with what was counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from hanse import Board, Button, Calendar, Computed, Context, Lines, Row, Screen, Tab, _, link_id
from hanse.models import Kind, Model
from hanse_inventory.models import CountState, StockCount, StockCountLine
from hanse_inventory.screens.entries import usual_place
from hanse_inventory.screens.papers import CountPaper

_COUNTED = (CountState.COUNTING, CountState.RECOUNT)


def _on_sheet(_model: type[Model]) -> Any:
    return (
        select(func.count())
        .where(link_id(StockCountLine.count) == StockCount.id)
        .correlate(StockCount)
        .scalar_subquery()
    )


def _counted(_model: type[Model]) -> Any:
    return (
        select(func.count())
        .where(link_id(StockCountLine.count) == StockCount.id, StockCountLine.counted.is_not(None))
        .correlate(StockCount)
        .scalar_subquery()
    )


def _first(ctx: Context) -> dict[str, Any]:
    return {"place": usual_place(ctx), "planned_on": ctx.today}


COUNTS = Screen(
    StockCount,
    title=_("Counts"),
    singular=_("Count"),
    menu="inventory",
    icon="clipboard-check",
    order=40,
    list=[
        StockCount.number,
        StockCount.place,
        StockCount.category,
        StockCount.planned_on,
        Computed("sheet", _("Lines"), Kind.NUMBER, _on_sheet),
        Computed("counted", _("Lines counted"), Kind.NUMBER, _counted),
        StockCount.maker,
        StockCount.state,
    ],
    filters=[StockCount.state, StockCount.place, StockCount.category, StockCount.planned_on, StockCount.maker],
    segments=StockCount.state,
    order_by=[StockCount.number.desc()],
    sums=[],
    tones={
        CountState.COUNTING: "warn",
        CountState.RECOUNT: "bad",
        CountState.REVIEW: "info",
        CountState.POSTED: "ok",
        CountState.CANCELLED: "muted",
    },
    board=Board(by=StockCount.state, card=[StockCount.number, StockCount.place, StockCount.planned_on]),
    calendar=Calendar(start=StockCount.planned_on, title=[StockCount.number, StockCount.place], tone=StockCount.state),
    form=[
        Row(StockCount.place, StockCount.category),
        Row(StockCount.planned_on),
        Lines(
            StockCount.lines,
            columns=[
                StockCountLine.product,
                StockCountLine.lot,
                StockCountLine.location,
                StockCountLine.counted,
                StockCountLine.counted_at,
                StockCountLine.again,
                StockCountLine.book,
                StockCountLine.difference,
                StockCountLine.worth,
            ],
            widths={
                "lot": "s",
                "location": "m",
                "counted": "s",
                "counted_at": "m",
                "again": "xs",
                "book": "s",
                "difference": "s",
                "worth": "m",
            },
            small=["product", "lot", "location", "counted", "book", "difference"],
            shown_if={"again": lambda _ctx: False},
            totals=["worth"],
        ),
    ],
    tabs=[
        Tab(
            _("Documents and note"),
            Row(StockCount.surplus, StockCount.shortage),
            Row(StockCount.note),
        ),
        Tab(
            _("People"),
            Row(StockCount.maker, StockCount.approver),
            Row(StockCount.frozen_at, StockCount.posted_at),
        ),
    ],
    editable=lambda count: count.state is CountState.PLANNED,
    possible={"delete": lambda _ctx, count: count.state is CountState.PLANNED},
    defaults=_first,
    documents=[CountPaper(_("Count sheet as PDF"))],
    buttons=[Button("counting", of_record=True, offered=lambda count: count.state in _COUNTED)],
    title_of=lambda count: count.title(),
)

__all__ = ["COUNTS"]
