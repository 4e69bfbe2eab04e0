"""Numbers for fields that have a rule."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from hanse.actions.values import WrongValue, convert
from hanse.models import Field
from hanse.sequences.declared import sequence_of
from hanse.sequences.rules import Days
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
