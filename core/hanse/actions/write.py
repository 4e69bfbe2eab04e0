"""Set-based writing: one statement for many rows, whatever their number, with the audit's notes taken on the way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import String, Table, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hanse.actions.explain import explain
from hanse.actions.records import Records
from hanse.actions.values import WrongValue, convert, convert_column
from hanse.database.session import note_change
from hanse.database.statistics import MANY
from hanse.errors import BusinessError, Errors, NotFound, raise_all
from hanse.i18n import _
from hanse.models import Field, Kind, Model, companion
from hanse.models.build import back_link
from hanse.security.clauses import readable
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context
    from hanse.actions.run import Run

T = TypeVar("T", bound=Model)
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Each:
    """One value for each of the records that are updated, in their order."""

    values: Sequence[Any]


class OutsideRun(RuntimeError):
    """Something tried to change data without run(): there is no second door."""


def _run_of(ctx: Context) -> Run:
    if ctx.running is None:
        raise OutsideRun("data changes only inside an action: write one and ctx.run() it")
    if ctx.running.action.reads:
        raise OutsideRun(f"{ctx.running.action.name} is declared with reads=True, so it cannot change data")
    ctx.bind()
    return ctx.running


# --- insert -----------------------------------------------------------------------------------------------------------


def insert(ctx: Context, model: type[Model], rows: Sequence[Mapping[str, Any]]) -> list[int]:
    """Insert ``rows`` and the lines nested in them; give their ids in the same order.

    :raises BusinessError: a value is missing or wrong; ``field`` is ``<row>.<field>`` where there are several rows
    """
    if not rows:
        return []
    ids, changes = _insert_level(ctx, model, rows, path="")
    if model.__audited__:
        _run_of(ctx).note_many(model_name(model), ids, changes)
    return ids


def _insert_level(
    ctx: Context, model: type[Model], rows: Sequence[Mapping[str, Any]], *, path: str
) -> tuple[list[int], list[dict[str, Any]]]:
    run = _run_of(ctx)
    ids = _next_ids(ctx.session, model.__table__, len(rows))
    columns = _columns_of(ctx, model, ids, rows, path)
    own = {name: values for name, values in columns.items() if not model.__fields__[name].per_company}
    _insert_columns(ctx, model, ids, own)
    _insert_companions(ctx, model, ids, {name: values for name, values in columns.items() if name not in own})
    changes: list[dict[str, Any]] = _insert_notes(columns, len(rows)) if run.notes else [{} for _row in rows]
    for name, field in model.__fields__.items():
        if field.kind is Kind.LINES and field.owned and any(name in row for row in rows):
            _insert_lines(ctx, field, ids, rows, changes, path)
    return ids, changes


def _columns_of(
    ctx: Context, model: type[Model], ids: Sequence[int], rows: Sequence[Mapping[str, Any]], path: str
) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for row in rows for name in row)
    unknown = [name for name in names if name not in model.__fields__]
    if unknown:
        raise BusinessError(
            _("%(model)s has no field %(field)s.", model=model.__name__, field=unknown[0]), field=unknown[0]
        )
    columns: dict[str, list[Any]] = {}
    errors: list[BusinessError] = []
    for name, field in model.__fields__.items():
        if field.kind is Kind.LINES:
            continue
        given = [row.get(name) for row in rows] if name in names else None
        if given is None and field.default is None and not field.rule:
            if field.required:
                errors.append(_missing(field, 0, rows, path))
            continue
        try:
            columns[name] = _filled(ctx, field, given or [None] * len(rows), ids, rows, path)
        except BusinessError as error:
            errors.append(error)
    raise_all(errors)
    return columns


def _filled(
    ctx: Context, field: Field, values: list[Any], ids: Sequence[int], rows: Sequence[Mapping[str, Any]], path: str
) -> list[Any]:
    """Convert a column, put defaults and numbers where nothing was given, and refuse what is still missing."""
    try:
        values = convert_column(field, values)
    except WrongValue as error:
        raise BusinessError(error.message, field=_place(field, error.index, rows, path)) from None
    if None not in values:
        return values
    if field.default is not None:
        default = field.default() if callable(field.default) else field.default
        values = [default if value is None else value for value in values]
    if field.rule:
        values = _numbered(ctx, field, values, ids)
    if field.required and None in values:
        raise _missing(field, values.index(None), rows, path)
    return values


def _missing(field: Field, index: int, rows: Sequence[Mapping[str, Any]], path: str) -> BusinessError:
    return BusinessError(_("%(field)s is missing.", field=field.label), field=_place(field, index, rows, path))


def _place(field: Field, index: int, rows: Sequence[Mapping[str, Any]], path: str) -> str:
    """Name the field: by row where there are several, by line where it is nested."""
    if path:
        return f"{path}.{index}.{field.name}"
    return field.name if len(rows) == 1 else f"{index}.{field.name}"


def _numbered(ctx: Context, field: Field, values: list[Any], ids: Sequence[int]) -> list[Any]:
    assert field.rule is not None
    if "{id" in field.rule:
        return [
            field.rule.format(id=record) if value is None else value for value, record in zip(values, ids, strict=True)
        ]
    today = ctx.today
    parts = {"year": today.year, "month": today.month}
    restart = "".join(f":{parts[name]:02}" for name in parts if "{" + name in field.rule)
    key = f"{field.model.__tablename__}.{field.column}{restart}"
    numbers = iter(take_numbers(ctx, key, values.count(None)))
    return [field.rule.format(seq=next(numbers), **parts) if value is None else value for value in values]


def _insert_columns(ctx: Context, model: type[Model], ids: list[int], columns: Mapping[str, list[Any]]) -> None:
    stored: dict[str, list[Any]] = {"id": ids}
    for name, values in columns.items():
        field = model.__fields__[name]
        stored[field.column] = _bound(field, values)
    constants = {} if model.__shared__ else {"company_id": ctx.company.id}
    insert_columns(ctx.session, model.__table__, stored, constants)
    if len(ids) >= MANY:
        execute(ctx.session, "SELECT hanse_count(%(table)s::text::regclass)", {"table": model.__tablename__})


def insert_columns(
    session: Session, table: Table, columns: Mapping[str, list[Any]], constants: Mapping[str, int] | None = None
) -> None:
    """Insert rows given by the column, checked already.  For what the kernel itself keeps; addons use ctx.insert()."""
    constants = constants or {}
    sql = _insert_sql(table, tuple(columns), tuple(constants))
    execute(session, sql, {f"p{n}": values for n, values in enumerate(columns.values())} | dict(constants))


@lru_cache(maxsize=1024)
def _insert_sql(table: Table, names: tuple[str, ...], constants: tuple[str, ...]) -> str:
    arrays = ", ".join(f"%(p{n})b::{sql_type(table, name)}[]" for n, name in enumerate(names))
    fixed = "".join(f", %({name})s" for name in constants)
    return f"INSERT INTO {table.name} ({_quoted((*names, *constants))}) SELECT u.*{fixed} FROM unnest({arrays}) AS u"  # noqa: S608


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)


def sql_type(table: Table, name: str) -> str:
    """Give the SQL name of a column's type."""
    kind = table.c[name].type
    return "text" if isinstance(kind, String) else kind.compile(_DIALECT)  # an explicit cast to varchar(n) would cut


def _bound(field: Field, values: list[Any]) -> list[Any]:
    """Give values as the driver takes them."""
    if field.kind is Kind.STRUCTURE:
        return [None if value is None else dumps(value) for value in values]
    if field.kind is Kind.CHOICE:
        return [None if value is None else value.value for value in values]
    return values


def dumps(value: Any) -> str:
    """Write JSON; exact numbers and days as strings."""
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def _next_ids(session: Session, table: Table, count: int) -> list[int]:
    sql = f"SELECT nextval('{table.name}_id_seq') FROM generate_series(1, %(count)s)"  # noqa: S608
    return [row[0] for row in execute(session, sql, {"count": count})]


def _insert_notes(columns: Mapping[str, list[Any]], count: int) -> list[dict[str, Any]]:
    names = list(columns)
    if not names:
        return [{} for _row in range(count)]
    return [
        {
            name: [None, value]
            for name, value in zip(names, row, strict=True)
            if value is not None and value is not False
        }
        for row in zip(*columns.values(), strict=True)
    ]


def _insert_lines(
    ctx: Context,
    field: Field,
    parents: list[int],
    rows: Sequence[Mapping[str, Any]],
    changes: list[dict[str, Any]],
    path: str,
) -> None:
    assert field.target is not None
    back = back_link(field).name
    flat: list[dict[str, Any]] = []
    owner: list[int] = []
    for index, row in enumerate(rows):
        for line in row.get(field.name) or ():
            flat.append({**line, back: parents[index]})
            owner.append(index)
    if not flat:
        return
    try:
        ids, notes = _insert_level(ctx, field.target, flat, path=field.name)
    except BusinessError as error:
        raise _renamed(error, lambda one: _in_own_row(one, field.name, owner, len(rows), path)) from error
    for index, line, note in zip(owner, ids, notes, strict=True):
        note.pop(back, None)
        changes[index].setdefault(field.name, []).append({"id": line, **note})


def _renamed(error: BusinessError, rename: Callable[[BusinessError], None]) -> BusinessError:
    """Give the same errors, their fields named as the caller knows them."""
    errors = list(error.each())
    for one in errors:
        rename(one)
    return errors[0] if len(errors) == 1 else Errors(errors)


def _in_own_row(error: BusinessError, name: str, owner: list[int], count: int, path: str) -> None:
    """Turn the number among all rows' lines into the number among its own row's."""
    parts = (error.field or "").split(".")
    if len(parts) > 2 and parts[0] == name and parts[1].isdigit():
        flat = int(parts[1])
        row = owner[flat]
        parts[1] = str(flat - owner.index(row))
        error.field = ".".join(parts if count == 1 or path else [str(row), *parts])
        error.message = _("Line %(line)s: %(message)s", line=int(parts[1]) + 1, message=error.message)


def _insert_companions(ctx: Context, model: type[Model], ids: Sequence[int], columns: Mapping[str, list[Any]]) -> None:
    given = {name: values for name, values in columns.items() if any(value is not None for value in values)}
    if given:
        _upsert_companions(ctx, model, ids, given)


def _upsert_companions(ctx: Context, model: type[Model], ids: Sequence[int], columns: Mapping[str, list[Any]]) -> None:
    """Write per-company fields, those of each addon into its own table."""
    by_table: dict[Table, dict[str, list[Any]]] = {}
    for name, values in columns.items():
        by_table.setdefault(companion(model.__fields__[name]), {})[name] = values
    for table, own in by_table.items():
        _upsert_companion(ctx, model, table, ids, own)


def _upsert_companion(
    ctx: Context, model: type[Model], table: Table, ids: Sequence[int], columns: Mapping[str, list[Any]]
) -> None:
    names = [model.__fields__[name].column for name in columns]
    arrays = ", ".join(f"%(p{n})b::{sql_type(table, name)}[]" for n, name in enumerate(names))
    settings = ", ".join(f'"{name}" = excluded."{name}"' for name in names)
    sql = (
        f"INSERT INTO {table.name} (company_id, record_id, {_quoted(names)}) "  # noqa: S608
        f"SELECT %(company)s, u.* FROM unnest(%(ids)b::bigint[], {arrays}) AS u "
        f"ON CONFLICT (company_id, record_id) DO UPDATE SET {settings}"
    )
    bound = {f"p{n}": _bound(model.__fields__[name], values) for n, (name, values) in enumerate(columns.items())}
    execute(ctx.session, sql, {"company": ctx.company.id, "ids": list(ids), **bound})


# --- update -----------------------------------------------------------------------------------------------------------


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
    if not ids or not values:
        return
    _update_noting(ctx, model, ids, values, _run_of(ctx))


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


def _old_values(
    ctx: Context, model: type[Model], ids: Sequence[int], names: Sequence[str]
) -> dict[int, tuple[Any, ...]]:
    """Read and lock rows, in the order of their ids, so that the audit's old values are those that are replaced.

    :raises NotFound: a record is not there
    """
    columns = [getattr(model, model.__fields__[name].column) for name in names]
    query = select(model.id, *columns).where(model.id.in_(ids)).order_by(model.id)
    rows = ctx.session.execute(query.with_for_update(key_share=True, of=model))
    found = {row[0]: tuple(row[1:]) for row in rows}
    if missing := [record for record in ids if record not in found]:
        raise NotFound(_("Record %(id)s is not there, or not for you.", id=missing[0]), record=missing[0])
    return found


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
        _upsert_companions(ctx, model, ids, per_company)
    own = {
        fields[name].column: _bound(fields[name], values) for name, values in columns.items() if name not in per_company
    }
    same = {name: values[0] for name, values in own.items() if all(value == values[0] for value in values)}
    each = {name: values for name, values in own.items() if name not in same}
    sql = _update_sql(model.__table__, tuple(same), tuple(each))
    note_change(ctx.session)
    params: dict[str, Any] = {"ids": ids} | {f"s{n}": value for n, value in enumerate(same.values())}
    execute(ctx.session, sql, params | {f"p{n}": values for n, values in enumerate(each.values())})


@lru_cache(maxsize=1024)
def _update_sql(table: Table, same: tuple[str, ...], each: tuple[str, ...]) -> str:
    parts = ["rev = t.rev + 1"]
    parts += [f'"{name}" = %(s{n})s::{sql_type(table, name)}' for n, name in enumerate(same)]
    if not each:
        return f"UPDATE {table.name} AS t SET {', '.join(parts)} WHERE t.id = ANY(%(ids)b::bigint[])"  # noqa: S608
    parts += [f'"{name}" = u.c{n}' for n, name in enumerate(each)]
    arrays = ", ".join(f"%(p{n})b::{sql_type(table, name)}[]" for n, name in enumerate(each))
    names = ", ".join(f"c{n}" for n in range(len(each)))
    return (
        f"UPDATE {table.name} AS t SET {', '.join(parts)} "  # noqa: S608
        f"FROM unnest(%(ids)b::bigint[], {arrays}) AS u(id, {names}) WHERE t.id = u.id"
    )


def expire(session: Session, model: type[Model], ids: Iterable[int]) -> None:
    """Make loaded objects read their row again when next asked."""
    if not session.identity_map:
        return
    for record in ids:
        loaded = session.identity_map.get((model, (record,), None))
        if loaded is not None:
            session.expire(loaded)


# --- delete -----------------------------------------------------------------------------------------------------------


def delete(ctx: Context, model: type[Model], ids: Sequence[int]) -> None:
    """Delete records and the lines they own; the audit keeps what they held."""
    run = _run_of(ctx)
    if model.__audited__:
        for record, note in _last_values(ctx, model, ids).items():
            run.note(model_name(model), record, note)
    for field in model.__fields__.values():
        if field.kind is Kind.LINES and field.owned:
            _delete_lines(ctx, field, ids)
    _delete_rows(ctx, model, ids)
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
    last = _last_values(ctx, field.target, [line for line, _parent in rows])
    for line, parent in rows:
        if field.model.__audited__:
            _run_of(ctx).note_line(model_name(field.model), parent, field.name, {"id": line, **last[line]})
    _delete_rows(ctx, field.target, [line for line, _parent in rows])


def _delete_rows(ctx: Context, model: type[Model], ids: Sequence[int]) -> None:
    note_change(ctx.session)
    execute(ctx.session, f"DELETE FROM {model.__tablename__} WHERE id = ANY(%(ids)b::bigint[])", {"ids": list(ids)})  # noqa: S608


def _last_values(ctx: Context, model: type[Model], ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    fields = [field for field in model.__fields__.values() if field.kind is not Kind.LINES]
    old = _old_values(ctx, model, ids, [field.name for field in fields])
    return {
        record: {
            field.name: [value, None] for field, value in zip(fields, old[record], strict=True) if value is not None
        }
        for record in ids
        if record in old
    }


# --- statements -------------------------------------------------------------------------------------------------------


def take_numbers(ctx: Context, key: str, count: int) -> range:
    """See :meth:`hanse.actions.context.Context.take_numbers`."""
    _run_of(ctx)
    if count <= 0:
        return range(0)
    sql = (
        "INSERT INTO core_counter AS c (company_id, key, value) VALUES (%(company)s, %(key)s, %(count)s) "
        "ON CONFLICT (company_id, key) DO UPDATE SET value = c.value + excluded.value RETURNING c.value"
    )
    last = execute(ctx.session, sql, {"company": ctx.company.id, "key": key, "count": count})[0][0]
    return range(last - count + 1, last + 1)


def execute(session: Session, sql: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Run one statement with psycopg's own parameters; give its rows.

    :raises BusinessError: a rule of the database says no, in the words its model declares for it
    """
    try:
        result = session.connection().exec_driver_sql(sql, dict(params))
        return [tuple(row) for row in result] if result.returns_rows else []
    except DBAPIError as error:
        explained = explain(error)
        if explained is None:
            raise
        raise explained from error


# --- lines of one record ----------------------------------------------------------------------------------------------


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
        last = _last_values(ctx, model, gone)
        for line in gone:
            _run_of(ctx).note_line(owner, parent, field.name, {"id": line, **last[line]})
        _delete_rows(ctx, model, gone)
    _change_lines(ctx, field, parent, kept, rows)
    _add_lines(ctx, field, parent, rows)
    expire(ctx.session, field.model, [parent])


def _change_lines(
    ctx: Context, field: Field, parent: int, kept: Sequence[Mapping[str, Any]], rows: Sequence[Mapping[str, Any]]
) -> None:
    assert field.target is not None
    model, run = field.target, _run_of(ctx)
    for row in kept:
        values = {name: value for name, value in row.items() if name != "id"}
        this = _Notebook()
        try:
            _update_noting(ctx, model, [row["id"]], values, this)
        except BusinessError as error:
            place = next(n for n, one in enumerate(rows) if one is row)
            raise _renamed(error, partial(_in_old_line, field, place)) from error
        for line, changes in this.found.items():
            run.note_line(model_name(field.model), parent, field.name, {"id": line, **changes})


def _add_lines(ctx: Context, field: Field, parent: int, rows: Sequence[Mapping[str, Any]]) -> None:
    assert field.target is not None
    back = back_link(field).name
    places = [place for place, row in enumerate(rows) if not row.get("id")]
    if not places:
        return
    fresh = [{**{name: value for name, value in rows[place].items() if name != "id"}, back: parent} for place in places]
    try:
        ids, notes = _insert_level(ctx, field.target, fresh, path=field.name)
    except BusinessError as error:
        raise _renamed(error, lambda one: _in_new_line(one, field, places)) from error
    for line, note in zip(ids, notes, strict=True):
        note.pop(back, None)
        _run_of(ctx).note_line(model_name(field.model), parent, field.name, {"id": line, **note})


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

    def note(self, model: str, record: int, changes: Mapping[str, Any]) -> None:
        self.found[record] = dict(changes)


def _update_noting(ctx: Context, model: type[Model], ids: Sequence[int], values: Mapping[str, Any], notes: Any) -> None:
    if not ids or not values:
        return
    columns = _new_columns(model, values, len(ids))
    old = _old_values(ctx, model, ids, list(columns))
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
