"""Make the lines of one record what a form says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse.actions.write.delete import delete_rows, last_values
from hanse.actions.write.insert import insert_made, renamed
from hanse.actions.write.running import run_of
from hanse.actions.write.update import expire, update_noting
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.models import Field
from hanse.models.build import back_link
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context


def save_lines(ctx: Context, field: Field, parent: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make the lines of a record what ``rows`` say: with an ``id`` changed, without one added, missing ones deleted.

    :raises BusinessError: a line is wrong, or its id belongs to another record
    """
    assert field.target is not None
    model, back = field.target, back_link(field)
    column = getattr(model, back.column)
    there = set(ctx.session.scalars(select(model.id).where(column == parent)))
    kept = [row for row in rows if row.get("id")]
    if strange := [row["id"] for row in kept if row["id"] not in there]:
        raise BusinessError(_("Line %(id)s belongs to another record.", id=strange[0]), field=field.name)
    gone = sorted(there - {row["id"] for row in kept})
    owner = model_name(field.model)
    if gone:
        last = last_values(ctx, model, gone)
        for line in gone:
            run_of(ctx).note_line(owner, parent, field.name, {"id": line, **last[line]})
        delete_rows(ctx, model, gone)
    _change_lines(ctx, field, parent, kept, rows)
    _add_lines(ctx, field, parent, rows)
    expire(ctx.session, field.model, [parent])


def _change_lines(
    ctx: Context, field: Field, parent: int, kept: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> None:
    assert field.target is not None
    model, run = field.target, run_of(ctx)
    for row in kept:
        values = {name: value for name, value in row.items() if name != "id"}
        this = _Notebook()
        try:
            update_noting(ctx, model, [row["id"]], values, this)
        except BusinessError as error:
            place = next(n for n, one in enumerate(rows) if one is row)
            raise renamed(error, partial(_in_old_line, field, place)) from error
        for line, changes in this.found.items():
            run.note_line(model_name(field.model), parent, field.name, {"id": line, **changes})


def _add_lines(ctx: Context, field: Field, parent: int, rows: Sequence[Mapping[str, Any]]) -> None:
    assert field.target is not None
    places = [place for place, row in enumerate(rows) if not row.get("id")]
    if not places:
        return
    fresh = [{name: value for name, value in rows[place].items() if name != "id"} for place in places]
    try:
        made = insert_made(ctx, field.target, fresh, of=(field, parent))
    except BusinessError as error:
        raise renamed(error, lambda one: _in_new_line(one, field, places)) from error
    for line in made.ids:
        run_of(ctx).note_line(model_name(field.model), parent, field.name, {"id": line, **made.changes(line)})


def _in_old_line(field: Field, place: int, error: BusinessError) -> None:
    _in_line(error, field, place, error.field)


def _in_new_line(error: BusinessError, field: Field, places: Sequence[int]) -> None:
    parts = (error.field or "").split(".")
    if len(parts) == 3:
        _in_line(error, field, places[int(parts[1])], parts[2])


def _in_line(error: BusinessError, field: Field, place: int, name: str | None) -> None:
    error.field = f"{field.name}.{place}.{name}" if name else f"{field.name}.{place}"
    error.message = _("Line %(line)s: %(message)s", line=place + 1, message=error.message)


class _Notebook:
    """Takes notes of one update instead of the run's own entries."""

    def __init__(self) -> None:
        self.found: dict[int, dict[str, Any]] = {}

    def note(self, _model: str, record: int, changes: Mapping[str, Any], /) -> None:
        self.found[record] = dict(changes)
