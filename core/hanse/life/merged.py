"""Which record goes on where another was merged into it."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from sqlalchemy import select

from hanse.life.models import Merged
from hanse.models import Model
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context


def survivors(ctx: Context, model: type[Model], records: Collection[int]) -> dict[int, int]:
    """Give for those of the records that were merged into another the one that goes on, however often that moved."""
    found = _step(ctx, model, records)
    open_ends = set(found.values())
    while open_ends and (further := _step(ctx, model, open_ends)):
        found = {record: further.get(into, into) for record, into in found.items()}
        open_ends = set(further.values())
    return found


def _step(ctx: Context, model: type[Model], records: Collection[int]) -> dict[int, int]:
    query = select(Merged.record, Merged.survivor).where(
        Merged.model == model_name(model), Merged.record.in_(list(records))
    )
    return {record: into for record, into in ctx.session.execute(query)}


def forerunners(ctx: Context, model: type[Model], record: int) -> list[int]:
    """Give the records that were merged into one, directly or by way of others."""
    name = model_name(model)
    found: list[int] = []
    wave = [record]
    while wave:
        wave = list(ctx.session.scalars(select(Merged.record).where(Merged.model == name, Merged.survivor.in_(wave))))
        found += wave
    return found
