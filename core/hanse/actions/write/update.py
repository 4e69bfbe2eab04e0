"""Change records, noting for the audit what each field held before."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from hanse.actions.records import FEW, Records, short_columns
from hanse.actions.values import WrongValue, convert, convert_column
from hanse.actions.write.running import run_of
from hanse.actions.write.statements import array, arrays_sql, bound, execute, quoted, sql_type
from hanse.database.session import note_change
from hanse.errors import BusinessError, NotFound, raise_all
from hanse.i18n import _
from hanse.models import Field, Kind, Model, companion
from hanse.security.clauses import readable
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context


@dataclass(frozen=True, slots=True)
class Each:
    """One value for each of the records that are updated, in their order."""

    values: Sequence[Any]


class Notes(Protocol):
    """Whoever keeps what changed in a record: the run, or a line of it."""

    def note(self, model: str, record: int, changes: Mapping[str, Any], /) -> None:
        """Keep the changes of a record, field → [before, after]."""
        ...


def target(
    records: Any, model_or_values: Any, values: Mapping[str, Any] | None
) -> tuple[type[Model], list[int], Mapping[str, Any]]:
    """Sort out the arguments of ctx.update()."""
    if isinstance(records, Records):
        chosen = cast("Records[Model]", records)
        return chosen.model, chosen.ids, cast("Mapping[str, Any]", model_or_values)
    if isinstance(records, Model):
        return type(records), [records.id], cast("Mapping[str, Any]", model_or_values)
    items: list[Any] = list(records)
    if values is None:
        return (
            cast("type[Model]", type(items[0])),
            [item.id for item in items],
            cast("Mapping[str, Any]", model_or_values),
        )
    return (
        cast("type[Model]", model_or_values),
        [item.id if isinstance(item, Model) else item for item in items],
        values,
    )


def update(ctx: Context, model: type[Model], ids: Sequence[int], values: Mapping[str, Any]) -> None:
    """Change records, all to one value or each to its own; rows that have the value already are left alone.

    :raises BusinessError: a value is missing or wrong
    """
    update_noting(ctx, model, ids, values, run_of(ctx))


def update_noting(
    ctx: Context, model: type[Model], ids: Sequence[int], values: Mapping[str, Any], notes: Notes
) -> None:
    """Change records, and tell ``notes`` what has changed in which.

    :raises BusinessError: a value is missing or wrong
    """
    if not ids or not values:
        return
    columns = _new_columns(model, values, len(ids))
    old = old_values(ctx, model, ids, list(columns))
    changed: list[int] = []
    for position, record in enumerate(ids):
        before = old[record]
        note = {
            name: [before[place], column[position]]
            for place, (name, column) in enumerate(columns.items())
            if before[place] != column[position]
        }
        if note:
            changed.append(position)
            if model.__audited__:
                notes.note(model_name(model), record, note)
    if changed:
        chosen = [ids[position] for position in changed]
        _update_rows(
            ctx, model, chosen, {name: [column[position] for position in changed] for name, column in columns.items()}
        )
        expire(ctx.session, model, ids)


def _new_columns(model: type[Model], values: Mapping[str, Any], count: int) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    errors: list[BusinessError] = []
    for name, value in values.items():
        field = model.__fields__.get(name)
        if field is None or field.kind is Kind.LINES:
            raise BusinessError(_("%(model)s has no field %(field)s.", model=model_name(model), field=name), field=name)
        try:
            columns[name] = _new_values(field, value, count)
        except BusinessError as error:
            errors.append(error)
    raise_all(errors)
    return columns


def _new_values(field: Field, value: Any, count: int) -> list[Any]:
    try:
        column = (
            convert_column(field, list(value.values)) if isinstance(value, Each) else [convert(field, value)] * count
        )
    except WrongValue as error:
        raise BusinessError(error.message, field=field.name) from None
    if field.required and None in column:
        raise BusinessError(_("%(field)s is missing.", field=field.label), field=field.name)
    return column


def old_values(
    ctx: Context, model: type[Model], ids: Sequence[int], names: Sequence[str]
) -> dict[int, tuple[Any, ...]]:
    """Read and lock rows, in the order of their ids, so that the audit's old values are those that are replaced.

    :raises NotFound: a record is not there
    """
    wanted = [model.__fields__[name].column for name in names]
    if (known := _already_read(ctx, model, ids, wanted)) is not None:
        return known
    columns = [getattr(model, column) for column in wanted]
    query = select(model.id, *columns).where(model.id.in_(ids)).order_by(model.id)
    rows = ctx.session.execute(query.with_for_update(key_share=True, of=model))
    found = {row[0]: tuple(row[1:]) for row in rows}
    if missing := [record for record in ids if record not in found]:
        raise NotFound(_("Record %(id)s is not there, or not for you.", id=missing[0]), record=missing[0])
    return found


def _already_read(
    ctx: Context, model: type[Model], ids: Sequence[int], columns: Sequence[str]
) -> dict[int, tuple[Any, ...]] | None:
    """Give what the run has read of the records it works on: they are locked, so nobody has changed them since."""
    locked = run_of(ctx).locked
    if locked is None or locked.model is not model or not set(columns) <= short_columns(model):
        return None
    if len(locked.ids) > FEW or not set(ids) <= set(locked.ids):
        return None
    read: list[list[Any]] = [locked[getattr(model, column)] for column in columns]
    return {record: tuple(column[place] for column in read) for place, record in enumerate(locked.ids)}


def stored_values(ctx: Context, model: type[Model], ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Give the values of each record as they are stored now, of the fields the person may see, lines left out."""
    fields = [one for one in model.__fields__.values() if one.kind is not Kind.LINES and readable(ctx, one)]
    columns = [getattr(model, one.column) for one in fields]
    rows = ctx.session.execute(select(model.id, *columns).where(model.id.in_(ids)))
    return {row[0]: {one.name: value for one, value in zip(fields, row[1:], strict=True)} for row in rows}


def _update_rows(ctx: Context, model: type[Model], ids: list[int], columns: Mapping[str, list[Any]]) -> None:
    fields = model.__fields__
    per_company = {name: values for name, values in columns.items() if fields[name].per_company}
    if per_company:
        upsert_companions(ctx, ids, [(fields[name], values) for name, values in per_company.items()])
    own = {
        fields[name].column: bound(fields[name], values) for name, values in columns.items() if name not in per_company
    }
    same = {name: values[0] for name, values in own.items() if all(value == values[0] for value in values)}
    each = {name: values for name, values in own.items() if name not in same}
    sql = _update_sql(model.__table__, tuple(same), tuple(each))
    note_change(ctx.session, model.__tablename__)
    params: dict[str, Any] = {"ids": array(ids)} | {f"s{n}": value for n, value in enumerate(same.values())}
    execute(ctx.session, sql, params | {f"p{n}": array(values) for n, values in enumerate(each.values())})


@lru_cache(maxsize=1024)
def _update_sql(table: Table, same: tuple[str, ...], each: tuple[str, ...]) -> str:
    parts = ["rev = t.rev + 1"]
    parts += [f'"{name}" = %(s{n})s::{sql_type(table, name)}' for n, name in enumerate(same)]
    if not each:
        return f"UPDATE {table.name} AS t SET {', '.join(parts)} WHERE t.id = ANY(%(ids)s::bigint[])"  # noqa: S608
    parts += [f'"{name}" = u.c{n}' for n, name in enumerate(each)]
    names = ", ".join(f"c{n}" for n in range(len(each)))
    return (
        f"UPDATE {table.name} AS t SET {', '.join(parts)} "  # noqa: S608
        f"FROM unnest(%(ids)s::bigint[], {arrays_sql(table, each)}) AS u(id, {names}) WHERE t.id = u.id"
    )


def upsert_companions(ctx: Context, ids: Sequence[int], columns: Iterable[tuple[Field, list[Any]]]) -> None:
    """Write per-company fields, those of each addon into its own table."""
    by_table: dict[Table, list[tuple[Field, list[Any]]]] = {}
    for field, values in columns:
        by_table.setdefault(companion(field), []).append((field, values))
    for table, own in by_table.items():
        names = [field.column for field, _values in own]
        settings = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
        sql = (
            f"INSERT INTO {table.name} (company_id, record_id, {quoted(names)}) "  # noqa: S608
            f"SELECT %(company)s, u.* FROM unnest(%(ids)s::bigint[], {arrays_sql(table, names)}) AS u "
            f"ON CONFLICT (company_id, record_id) DO UPDATE SET {settings}"
        )
        arrays = {f"p{n}": array(bound(field, values)) for n, (field, values) in enumerate(own)}
        execute(ctx.session, sql, {"company": ctx.company.id, "ids": array(ids), **arrays})


def expire(session: Session, model: type[Model], ids: Iterable[int]) -> None:
    """Make loaded objects read their row again when next asked."""
    if not session.identity_map:
        return
    for record in ids:
        loaded = session.identity_map.get((model, (record,), None))
        if loaded is not None:
            session.expire(loaded)
