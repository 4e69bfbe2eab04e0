"""Numbers for fields that have a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from hanse.actions.values import WrongValue, convert
from hanse.models import Field
from hanse.sequences.declared import sequence_of
from hanse.sequences.rules import Days, Piece
from hanse.sequences.taking import numbers_on, read_now

if TYPE_CHECKING:
    from hanse.actions.context import Context


def numbers_for(ctx: Context, field: Field, rows: Sequence[Mapping[str, Any]], ids: Sequence[int]) -> list[str]:
    """Give a number for each of some new records, of which ``rows`` hold what was given for them."""
    numbering = sequence_of(field)
    days = [_day(ctx, field, row) for row in rows] if field.dated else [ctx.today] * len(rows)
    if not numbering.rule.by_id:
        return numbers_on(ctx, numbering, days)
    rule = read_now(ctx, numbering).rule
    known = {on: Days(on, date(on.year, 1, 1)) for on in set(days)}
    return [rule.write(record, known[on]) for record, on in zip(ids, days, strict=True)]


def _day(ctx: Context, field: Field, row: Mapping[str, Any]) -> date:
    """Give the date of a new record; one that cannot be read is refused by its own field."""
    dated = field.model.__fields__[field.dated] if field.dated else None
    if dated is None:
        return ctx.today
    given = row.get(dated.name)
    if given is None:
        given = dated.default() if callable(dated.default) else dated.default
    try:
        found = convert(dated, given)
    except WrongValue:
        return ctx.today
    return found if isinstance(found, date) else ctx.today


def ahead_of_rule(ctx: Context, field: Field, typed: Sequence[Any], fresh: int) -> list[int]:
    """Give the places of typed numbers that the rule will give to a record still to come: they would clash one day.

    Only of rules that write the record's own id.  What has the form of a number that is given already may be typed,
    so that an export comes in again.  One statement, and one more where something typed has the form.

    :param typed: what was typed for each record, None for those that are numbered
    :param fresh: how many records are about to be made, and so many ids used up
    """
    words = {place: one.strip() for place, one in enumerate(typed) if isinstance(one, str) and one.strip()}
    if not words:
        return []
    rule = read_now(ctx, sequence_of(field)).rule
    if not rule.by_id:
        return []
    form = re.compile("".join(_form(piece) for piece in rule.pieces))
    ids = {place: int(found["id"]) for place, word in words.items() if (found := form.fullmatch(word))}
    if not ids:
        return []
    last = ctx.session.scalar(select(func.max(field.model.id))) or 0
    return [place for place, number in ids.items() if number > last + fresh]


def _form(piece: Piece) -> str:
    """Write a piece of a pattern as a regular expression."""
    if not piece.name:
        return re.escape(piece.literal)
    return f"(?P<id>[0-9]{{{piece.width or 1},18}})" if piece.name == "id" else "[0-9]+"
