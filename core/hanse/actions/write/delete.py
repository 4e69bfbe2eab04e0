"""Delete records with the lines they own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from hanse.actions.write.running import run_of
from hanse.actions.write.statements import array, execute
from hanse.actions.write.update import old_values
from hanse.database.session import note_change
from hanse.models import Field, Kind, Model
from hanse.models.build import back_link
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context


def delete(ctx: Context, model: type[Model], ids: Sequence[int]) -> None:
    """Delete records and the lines they own; the audit keeps what they held."""
    run = run_of(ctx)
    if model.__audited__:
        run.note_gone(model_name(model), last_values(ctx, model, ids))
    for field in model.__fields__.values():
        if field.kind is Kind.LINES and field.owned:
            _delete_lines(ctx, field, ids)
    delete_rows(ctx, model, ids)
    for record in ids:
        loaded = ctx.session.identity_map.get((model, (record,), None))
        if loaded is not None:
            ctx.session.expunge(loaded)


def _delete_lines(ctx: Context, field: Field, parents: Sequence[int]) -> None:
    assert field.target is not None
    back = back_link(field)
    column = getattr(field.target, back.column)
    rows = ctx.session.execute(
        select(field.target.id, column).where(column.in_(parents)).order_by(field.target.id)
    ).all()
    if not rows:
        return
    last = last_values(ctx, field.target, [line for line, _parent in rows])
    for line, parent in rows:
        if field.model.__audited__:
            run_of(ctx).note_line(model_name(field.model), parent, field.name, {"id": line, **last[line]})
    delete_rows(ctx, field.target, [line for line, _parent in rows])


def delete_rows(ctx: Context, model: type[Model], ids: Sequence[int]) -> None:
    """Delete rows and nothing else."""
    note_change(ctx.session, model.__tablename__)
    sql = f"DELETE FROM {model.__tablename__} WHERE id = ANY(%(ids)s::bigint[])"  # noqa: S608
    execute(ctx.session, sql, {"ids": array(ids)})


def last_values(ctx: Context, model: type[Model], ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Give what rows hold that are about to go, as the audit notes it."""
    fields = [field for field in model.__fields__.values() if field.kind is not Kind.LINES]
    old = old_values(ctx, model, ids, [field.name for field in fields])
    return {
        record: {
            field.name: [value, None] for field, value in zip(fields, old[record], strict=True) if value is not None
        }
        for record in ids
        if record in old
    }
