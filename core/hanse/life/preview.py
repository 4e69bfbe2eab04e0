"""Count what a merge would move, before it does: by model and field, and what must stay as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import false, func, literal, select, union_all

from hanse.i18n import Label, _
from hanse.life.plans import Place, contexts, movable, places_of, staying
from hanse.life.references import title_of
from hanse.models import Field, Model
from hanse.security.clauses import readable, sees_all, visible_clause

if TYPE_CHECKING:
    from hanse.actions import Context


@dataclass(frozen=True, slots=True)
class Line:
    """What one place holds that leads to the merged records.

    :ivar count: rows the person may see that are moved; ``hidden``: those moved that they may not see
    :ivar stays: rows that the survivor has already
    :ivar frozen: rows that never change, and go on naming the merged record
    """

    title: Label
    field: Label
    count: int
    hidden: int
    stays: int
    frozen: int


def preview(ctx: Context, model: type[Model], survivor: int, losers: Sequence[int]) -> list[Line]:
    """Say what merging would do with every reference, in one statement for each company that may have some."""
    lines: list[Line] = []
    elsewhere = 0
    for one in contexts(ctx, model):
        one.bind()
        places = [place for place in places_of(model) if place.is_scoped or one is ctx]
        parts = [_part(one, number, place, model, survivor, losers) for number, place in enumerate(places)]
        counted: Any = one.session.execute(union_all(*parts)).all() if parts else []
        for number, moves, seen, frozen in cast("list[tuple[int, int, int, int]]", counted):
            if one is not ctx:
                elsewhere += moves
            elif moves or frozen:
                lines.append(_line(ctx, places[number], model, (survivor, losers), moves, seen, frozen))
    ctx.bind()
    if elsewhere:
        lines.append(Line(_("Other companies"), "", 0, elsewhere, 0, 0))
    return lines


def _line(
    ctx: Context,
    place: Place,
    model: type[Model],
    merged: tuple[int, Sequence[int]],
    moves: int,
    seen: int,
    frozen: int,
) -> Line:
    stays = len(staying(ctx, place, model, *merged)) if moves and place.may_stay else 0
    shown = place.reference.shown if place.reference is not None else place.model
    label = title_of(shown)
    if place.reference is not None and place.reference.owner is not None:
        label = _("%(what)s: %(lines)s", what=label, lines=place.reference.owner.label)
    hidden = moves - seen
    return Line(label, place.field.label if place.reference else "", max(0, seen - stays), hidden, stays, frozen)


def _part(ctx: Context, number: int, place: Place, model: type[Model], survivor: int, losers: Sequence[int]) -> Any:
    moves = movable(ctx, place, model, survivor, losers)
    rows = select(literal(number), func.count().filter(moves), func.count().filter(moves & _seen(ctx, place)))
    fixed = func.count().filter(place.frozen())
    return rows.add_columns(fixed).select_from(place.table).where(place.rows(ctx, model, losers))


def _seen(ctx: Context, place: Place) -> Any:
    """Give the condition that the person may see a row."""
    if place.reference is None:
        return place.key.in_(select(place.model.id).where(visible_clause(ctx, place.model)).correlate(None))
    shown = place.reference.shown
    if not all(readable(ctx, one) for one in _fields(place)):
        return false()
    if sees_all(ctx, shown):
        return place.key.is_not(None)
    return place.reference.shown_id.in_(select(shown.id).where(visible_clause(ctx, shown)).correlate(None))


def _fields(place: Place) -> list[Field]:
    owner = place.reference.owner if place.reference is not None else None
    return [place.field] if owner is None else [place.field, owner]
