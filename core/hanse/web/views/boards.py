"""Boards: records as cards in columns, moved from one to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pyramid.response import Response
from sqlalchemy import ColumnElement, select

from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.i18n import Label, _
from hanse.models import Field, Kind, Model
from hanse.screens import Screen, filtering, grouping, listing
from hanse.screens.cells import text_writer, told
from hanse.screens.filtering import Asked
from hanse.screens.grouping import Group
from hanse.screens.groups import Grouping
from hanse.screens.listing import Slot
from hanse.screens.modes import Mode, register_mode
from hanse.screens.moving import Move, may_move, may_write, move_to
from hanse.screens.names import name_columns, written_name
from hanse.screens.screen import Column
from hanse.security.clauses import readable, visible_clause
from hanse.web.page import bare_page, render
from hanse.web.request import WebRequest
from hanse.web.views.actions import param_fields, run_here
from hanse.web.views.found import record_of, screen_for
from hanse.web.views.lists import ask, draw_fixed, frame

if TYPE_CHECKING:
    from hanse.actions import Context

Values = dict[str, Any]
#: So many cards stand in a column before the others are asked for.
CARDS = 20
#: So many columns has a board by a link.
LANES = 30


@dataclass(frozen=True)
class Lane:
    """A column of a board.

    :ivar text: its value in addresses and forms; empty for records that leave the field empty
    """

    value: Any
    text: str
    label: Label
    tone: str
    group: Group | None


def by_of(screen: Screen) -> Field:
    """Give the field whose values are the columns of a board."""
    assert screen.board is not None
    return screen.field_of(screen.board.by)


def offered(screen: Screen, ctx: Context) -> bool:
    """Tell whether a screen has a board that this person may look at."""
    return screen.board is not None and readable(ctx, by_of(screen))


def _card_columns(ctx: Context, screen: Screen) -> list[Column]:
    return filtering.visible_columns(ctx, screen.card_columns())


def show_board(request: WebRequest, screen: Screen) -> Response:
    """Show a board: counts and sums in one statement, the first cards of all columns in another."""
    ctx = request.ctx
    asked = ask(request, screen)
    cards = replace(asked, columns=_card_columns(ctx, screen))
    lanes = _lanes(ctx, screen, asked, cards.columns)
    parts = [_condition(ctx, screen, lane) for lane in lanes]
    pages = listing.read_pieces(ctx, screen, cards, parts, size=CARDS)
    count = sum(lane.group.count for lane in lanes if lane.group is not None)
    page, values = frame(request, screen, asked, count=f"{count:,}")
    draw_fixed(request, screen, asked, page, values)
    board = {
        "url": request.to(f"{screen.path}/-/move", asked.query),
        "movable": may_move(ctx, screen, by_of(screen)),
        "by": by_of(screen).label,
        "lanes": [
            _lane_head(ctx, lane, cards.columns, screen)
            | {
                "cards": _cards(request, screen, lane, found.slots, found.rows),
                "more_url": _more_url(request, screen, asked, lane, found.after),
            }
            for lane, found in zip(lanes, pages, strict=True)
        ],
    }
    return render(request, "board.jinja2", page, list=values, board=board)


def lane(request: WebRequest) -> Response:
    """Show further cards of a column."""
    screen = screen_for(request)
    ctx = request.ctx
    if not offered(screen, ctx):
        raise NotFound(_("There is no such page, or it is not for you."))
    asked = ask(request, screen)
    cards = replace(asked, columns=_card_columns(ctx, screen))
    here = _lane_called(ctx, screen, str(request.GET.get("lane", "")))
    condition = _condition(ctx, screen, here)
    after = str(request.GET.get("after", ""))
    found = listing.read_page(ctx, screen, cards, after=after, size=CARDS, within=[condition])
    values = {
        "cards": _cards(request, screen, here, found.slots, found.rows),
        "more_url": _more_url(request, screen, asked, here, found.after),
        "movable": may_move(ctx, screen, by_of(screen)),
    }
    return render(request, "board_cards.jinja2", bare_page(request, screen.title), lane=values)


# --- columns ----------------------------------------------------------------------------------------------------------


def _lanes(ctx: Context, screen: Screen, asked: Asked, columns: Sequence[Column]) -> list[Lane]:
    """Give the columns of a board: those that hold records, and the others they could go to."""
    by = by_of(screen)
    summed = grouping.summed(screen, columns)
    found = grouping.read_groups(ctx, screen, asked, Grouping(by), columns=summed, size=LANES)
    groups = {one.text: one for one in found.rows}
    if by.kind is Kind.CHOICE:
        assert by.choices is not None
        lanes = [_lane(screen, by, member, member.label, groups) for member in by.choices]
    else:
        lanes = [_lane(screen, by, one.value, one.label, groups) for one in found.rows if one.value is not None]
        others = _targets(ctx, by, [one.value for one in lanes], LANES - len(lanes))
        lanes += [_lane(screen, by, value, name, groups) for value, name in others]
    nothing = groups.get("")
    if nothing is not None or not by.required:
        lanes.insert(0, Lane(None, "", _("Without %(field)s", field=by.label), "", nothing))
    return lanes


def _lane(screen: Screen, by: Field, value: Any, label: Label, groups: Mapping[str, Group]) -> Lane:
    text = Grouping(by).written(value)
    return Lane(value, text, label, screen.tones.get(value, "") if by.kind is Kind.CHOICE else "", groups.get(text))


def _targets(ctx: Context, by: Field, there: Sequence[int], room: int) -> list[tuple[int, str]]:
    """Give records that a link could lead to besides those it does, as far as the person sees them."""
    assert by.target is not None
    target = by.target
    if room <= 0:
        return []
    names = name_columns(target)
    query = (
        select(target.__table__.c.id, *names)
        .where(visible_clause(ctx, target), target.__table__.c.id.not_in(there))
        .order_by(*names, target.__table__.c.id)
        .limit(room)
    )
    rows = ctx.session.connection().execute(query)
    return [(row[0], written_name(target, row[1:]) or str(row[0])) for row in rows]


def _lane_called(ctx: Context, screen: Screen, text: str) -> Lane:
    """Give the column with this value.

    :raises NotFound: there is none
    """
    by = by_of(screen)
    if not text:
        return Lane(None, "", "", "", None)
    if by.kind is Kind.CHOICE:
        assert by.choices is not None
        for member in by.choices:
            if member.value == text:
                return Lane(member, text, member.label, "", None)
    elif text.isascii() and text.isdigit() and len(text) < 19:
        return Lane(int(text), text, "", "", None)
    raise NotFound(_("The board has no such column."))


def _condition(ctx: Context, screen: Screen, lane: Lane) -> ColumnElement[bool]:
    found = Grouping(by_of(screen)).condition(ctx, lane.text)
    assert found is not None, lane
    return found


def _lane_head(ctx: Context, lane: Lane, columns: Sequence[Column], screen: Screen) -> Values:
    sums = lane.group.sums if lane.group is not None else {}
    summed = grouping.summed(screen, columns)
    texts = [grouping.write_amounts(ctx, one, sums.get(one.name, ())) for one in summed]
    return {
        "text": lane.text,
        "label": lane.label,
        "tone": lane.tone,
        "count": lane.group.count if lane.group is not None else 0,
        "sums": [{"label": one.label, "text": text} for one, text in zip(summed, texts, strict=True) if text],
    }


def _more_url(request: WebRequest, screen: Screen, asked: Asked, lane: Lane, after: str | None) -> str:
    if after is None:
        return ""
    return request.to(f"{screen.path}/-/lane", asked.query, lane=lane.text, after=after)


def _cards(
    request: WebRequest, screen: Screen, lane: Lane, slots: Sequence[Slot], rows: Sequence[Sequence[Any]]
) -> list[Values]:
    writers = [text_writer(request.ctx, slot) for slot in slots]
    cards: list[Values] = []
    for row in told(request.ctx, slots, rows):
        texts = [write(row) for write in writers]
        parts = [
            {"label": slot.column.label, "text": text, "tone": row[slot.tone] if slot.tone is not None else ""}
            for slot, text in zip(slots[1:], texts[1:], strict=True)
            if text
        ]
        cards.append(
            {
                "id": row[0],
                "url": request.to(f"{screen.path}/{row[0]}"),
                "title": texts[0] or str(row[0]) if texts else str(row[0]),
                "parts": parts,
                "lane": lane.text,
            }
        )
    return cards


# --- moving -----------------------------------------------------------------------------------------------------------


def move(request: WebRequest) -> Response:
    """Move a card; answer JSON: what to draw anew, a dialog that asks, or why it stays where it is."""
    screen = screen_for(request)
    ctx = request.ctx
    if not offered(screen, ctx):
        raise NotFound(_("There is no such page, or it is not for you."))
    text = str(request.POST.get("id", ""))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(_("This record is not there, or not for you."))
    try:
        record = record_of(request, screen, int(text))
        wanted = _lane_called(ctx, screen, str(request.POST.get("to", "")))
        return _moved(request, screen, record, wanted)
    except (BusinessError, Forbidden) as error:
        return Response(json_body={"message": " ".join(str(one) for one in error.each())}, status=409)


def _moved(request: WebRequest, screen: Screen, record: Model, wanted: Lane) -> Response:
    from hanse.web.views.forms import may_change

    ctx, by = request.ctx, by_of(screen)
    changeable = may_write(ctx, screen, by) and may_change(request, screen, record)
    found = move_to(ctx, screen, by, record, wanted.value, changeable=changeable)
    params: Values = dict(found.params)
    if found.asks or found.action.params.keys() - found.params.keys():
        if "asked" not in request.POST and found.asks:
            return _asking(request, screen, record, wanted, found, {}, None)
        params |= {name: value for name, value in _typed(request, found).items() if value != ""}
    try:
        outcome = run_here(request, found.action, [record.id], **params)
    except BusinessError as error:
        if "asked" in request.POST:
            return _asking(request, screen, record, wanted, found, _typed(request, found), error)
        raise
    if outcome.held:
        message = _("“%(name)s” waits for an approval.", name=record.display_name())
        return Response(json_body={"message": str(message), "tone": "warn"})
    return _drawn_anew(request, screen, record.id)


def _typed(request: WebRequest, found: Move) -> dict[str, str]:
    return {name: str(request.POST.get(name, "")) for name in found.action.params if name not in found.params}


def _asking(
    request: WebRequest,
    screen: Screen,
    record: Model,
    wanted: Lane,
    found: Move,
    given: Mapping[str, str],
    error: BusinessError | None,
) -> Response:
    """Ask what an action wants to know, in a dialog."""
    errors = {one.field: str(one) for one in error.each() if one.field in found.action.params} if error else {}
    rest = [str(one) for one in error.each() if one.field not in found.action.params] if error else []
    values = {
        "title": found.action.label,
        "about": record.display_name(),
        "url": request.to(f"{screen.path}/-/move", ask(request, screen).query),
        "hidden": [("id", record.id), ("to", wanted.text), ("asked", "1")],
        "fields": param_fields(request, found.action, given, {str(name): text for name, text in errors.items()}),
        "confirm": found.action.confirm,
        "errors": rest,
    }
    drawn = render(request, "board_ask.jinja2", bare_page(request, found.action.label), ask=values)
    return Response(json_body={"dialog": drawn.text})


def _drawn_anew(request: WebRequest, screen: Screen, record: int) -> Response:
    """Give the card where it stands now, and the heads of all columns."""
    ctx = request.ctx
    asked = ask(request, screen)
    cards = replace(asked, columns=_card_columns(ctx, screen))
    lanes = _lanes(ctx, screen, asked, cards.columns)
    parts = [_condition(ctx, screen, one) for one in lanes]
    model: Any = screen.model
    inside = [one & (model.id == record) for one in parts]
    pages = listing.read_pieces(ctx, screen, cards, inside, size=1)
    drawn = [
        card
        for one, found in zip(lanes, pages, strict=True)
        for card in _cards(request, screen, one, found.slots, found.rows)
    ]
    heads = [_lane_head(ctx, one, cards.columns, screen) for one in lanes]
    page = bare_page(request, screen.title)
    answer = render(request, "board_moved.jinja2", page, cards=drawn, heads=heads, movable=True)
    return Response(json_body={"drawn": answer.text, "lane": drawn[0]["lane"] if drawn else None})


register_mode(Mode("board", _("Board"), "layout-kanban", offered, show_board))

__all__ = ["Lane", "lane", "move", "show_board"]
