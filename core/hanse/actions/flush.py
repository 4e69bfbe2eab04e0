"""What a flush would write goes through the set-based writes instead, audited like everything else.

Inside an action ``loan.note = "late"``, ``session.add(Visit(…))`` and ``session.delete(loan)`` work as in any
SQLAlchemy program; outside of one they are refused.  What only serves the kernel (``__audited__ = False``, such as
sessions of people) SQLAlchemy writes by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import event
from sqlalchemy.orm import Session, attributes, make_transient_to_detached
from sqlalchemy.orm.base import PASSIVE_NO_INITIALIZE

from hanse.actions import write
from hanse.database.session import HanseSession
from hanse.models import Field, Kind, Model

if TYPE_CHECKING:
    from hanse.actions.context import Context

#: Key of ``session.info``: the Context whose run() is at work.
RUNNING = "hanse.running"


@event.listens_for(HanseSession, "before_flush")
def _route(session: Session, _flush: Any, _instances: Any) -> None:
    new = [record for record in session.new if _is_routed(record)]
    dirty = [record for record in session.dirty if _is_routed(record)]
    deleted = [record for record in session.deleted if _is_routed(record)]
    if not (new or dirty or deleted):
        return
    ctx = cast("Context | None", session.info.get(RUNNING))
    if ctx is None:
        changed = next(iter([*new, *dirty, *deleted]))
        raise write.OutsideRun(f"{changed!r} was changed outside an action: write one and ctx.run() it")
    with session.no_autoflush:
        _insert(ctx, new)
        _update(ctx, dirty)
        _delete(ctx, deleted)


def _is_routed(record: object) -> bool:
    return isinstance(record, Model) and type(record).__audited__


def _insert(ctx: Context, records: Sequence[Model]) -> None:
    """Insert new records, those first that others link to."""
    waiting = list(records)
    while waiting:
        ready = [record for record in waiting if not any(target in waiting for target in _targets(record))]
        if not ready:
            raise ValueError(f"{waiting[0]!r} and other new records link to each other in a circle")
        for model in dict.fromkeys(type(record) for record in ready):
            _insert_alike(ctx, model, [record for record in ready if type(record) is model])
        waiting = [record for record in waiting if record not in ready]


def _targets(record: Model) -> list[Model]:
    values = [record.__dict__.get(field.name) for field in _stored_fields(type(record)) if field.kind is Kind.LINK]
    return [value for value in values if isinstance(value, Model) and value is not record]


def _insert_alike(ctx: Context, model: type[Model], records: Sequence[Model]) -> None:
    rows = [_given(record) for record in records]
    ids = write.insert(ctx, model, rows)
    for record, own in zip(records, ids, strict=True):
        ctx.session.expunge(record)
        record.id = own
        make_transient_to_detached(record)
        ctx.session.add(record)


def _given(record: Model) -> dict[str, Any]:
    """Give the values that were set on a new record, by field."""
    values = {field.name: record.__dict__.get(field.name) for field in _stored_fields(type(record))}
    for field in _stored_fields(type(record)):
        if values[field.name] is None and field.column in record.__dict__:
            values[field.name] = record.__dict__[field.column]
    return {name: value for name, value in values.items() if value is not None}


def _update(ctx: Context, records: Sequence[Model]) -> None:
    """Update what has changed: one statement for all records of a model in which the same fields have."""
    groups: dict[tuple[type[Model], tuple[str, ...]], list[tuple[Model, dict[str, Any]]]] = {}
    for record in records:
        changed = _changed(record)
        groups.setdefault((type(record), tuple(changed)), []).append((record, changed))
    for (model, names), members in groups.items():
        values = {name: write.Each([changed[name] for _record, changed in members]) for name in names}
        write.update(ctx, model, [record.id for record, _changed in members], values)
        for record, _changed_fields in members:
            ctx.session.expire(record)


def _changed(record: Model) -> dict[str, Any]:
    """Give the values that were set on a stored record since it was read, by field."""
    found: dict[str, Any] = {}
    for field in _stored_fields(type(record)):
        for name in dict.fromkeys((field.column, field.name)):
            history = attributes.get_history(record, name, PASSIVE_NO_INITIALIZE)
            if history.added or (history.deleted and not history.unchanged):
                found[field.name] = next(iter(cast("Iterable[Any]", history.added)), None)
    return found


def _delete(ctx: Context, records: Sequence[Model]) -> None:
    for model in dict.fromkeys(type(record) for record in records):
        write.delete(ctx, model, [record.id for record in records if type(record) is model])


def _stored_fields(model: type[Model]) -> list[Field]:
    return [field for field in model.__fields__.values() if field.kind is not Kind.LINES]
