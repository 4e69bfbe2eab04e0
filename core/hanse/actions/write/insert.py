"""Insert records together with the lines they own: one statement for all tables.

Everything is checked and every id taken before anything is written.  Because the tables are filled by one statement,
triggers that look from a line to its record must be AFTER triggers; foreign keys are such.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from hanse.actions.values import WrongValue, convert_column
from hanse.actions.write.made import Columns, Level, Made, Rows, levels
from hanse.actions.write.running import run_of
from hanse.actions.write.statements import array, bound, execute, insert_sql
from hanse.actions.write.update import upsert_companions
from hanse.database.session import forget_kept
from hanse.database.statistics import MANY
from hanse.errors import BusinessError, Errors, raise_all
from hanse.i18n import _
from hanse.models import Field, Kind, Model
from hanse.models.build import back_link
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions.context import Context


def insert(ctx: Context, model: type[Model], rows: Rows) -> list[int]:
    """Insert ``rows`` and the lines nested in them; give their ids in the same order.

    :raises BusinessError: a value is missing or wrong; ``field`` is ``<row>.<field>`` where there are several rows
    """
    if not rows:
        return []
    made = insert_made(ctx, model, rows)
    if model.__audited__:
        run_of(ctx).note_made(model_name(model), made)
    return list(made.ids)  # whoever gets them may add to them


def insert_made(ctx: Context, model: type[Model], rows: Rows, *, of: tuple[Field, int] | None = None) -> Made:
    """Insert rows, and give them with their ids, as the audit is to note them.

    :param of: the lines field of a record that is there, and the record's id
    :raises BusinessError: as :func:`insert`
    """
    top = Level(model, rows)
    if of is not None:
        top.path, top.given = of[0].name, {back_link(of[0]).name: [of[1]] * len(rows)}
    run_of(ctx)
    inserted = list(levels(top))
    _take_ids(ctx.session, inserted)
    for level in inserted:
        level.columns = _checked_columns(ctx, level)
    _write(ctx, inserted)
    return Made(inserted)


def _take_ids(session: Session, inserted: Sequence[Level]) -> None:
    """Take the ids of all levels in one statement."""
    arrays = [
        f"ARRAY(SELECT nextval('{level.model.__tablename__}_id_seq') FROM generate_series(1, %(n{place})s))"  # noqa: S608
        for place, level in enumerate(inserted)
    ]
    counts = {f"n{place}": len(level.rows) for place, level in enumerate(inserted)}
    (taken,) = execute(session, f"SELECT {', '.join(arrays)}", counts)
    for level, ids in zip(inserted, taken, strict=True):
        level.ids = ids
        if level.of is not None:
            lines, above = level.of
            level.given = {back_link(lines).name: [above.ids[place] for place in level.owner]}


# --- checking ---------------------------------------------------------------------------------------------------------


def _checked_columns(ctx: Context, level: Level) -> Columns:
    try:
        return _columns(ctx, level)
    except BusinessError as error:
        if level.of is None:
            raise
        lines, above = level.of
        raise renamed(error, lambda one: _in_own_row(one, lines.name, level.owner, above)) from error


def _columns(ctx: Context, level: Level) -> Columns:
    """Turn rows into columns as they are stored.

    :raises BusinessError: all that is wrong, at most one error for each field
    """
    fields = level.model.__fields__
    names = dict.fromkeys(name for row in level.rows for name in row)
    unknown = [name for name in names if name not in fields]
    if unknown:
        raise BusinessError(
            _("%(model)s has no field %(field)s.", model=level.model.__name__, field=unknown[0]), field=unknown[0]
        )
    columns: Columns = {}
    errors: list[BusinessError] = []
    for name, one in fields.items():
        if one.kind is Kind.LINES:
            continue
        if name in level.given:
            columns[name] = level.given[name]
            continue
        given = [row.get(name) for row in level.rows] if name in names else None
        if given is None and one.default is None and not one.rule:
            if one.required:
                errors.append(_missing(one, 0, level))
            continue
        try:
            columns[name] = _filled(ctx, one, given or [None] * len(level.rows), level)
        except BusinessError as error:
            errors.append(error)
    raise_all(errors)
    return columns


def _filled(ctx: Context, one: Field, values: list[Any], level: Level) -> list[Any]:
    """Convert a column, put defaults and numbers where nothing was given, and refuse what is still missing."""
    try:
        values = convert_column(one, values)
    except WrongValue as error:
        raise BusinessError(error.message, field=_place(one, error.index, level)) from None
    if None not in values:
        return values
    if one.default is not None:
        default = one.default() if callable(one.default) else one.default
        values = [default if value is None else value for value in values]
    if one.rule:
        values = _numbered(ctx, one, values, level)
    if one.required and None in values:
        raise _missing(one, values.index(None), level)
    return values


def _numbered(ctx: Context, one: Field, values: list[Any], level: Level) -> list[Any]:
    """Fill what is None from the field's sequence."""
    from hanse.sequences.fields import numbers_for  # sequences are written by actions

    missing = [at for at, value in enumerate(values) if value is None]
    filled = list(values)
    given = numbers_for(ctx, one, [level.rows[at] for at in missing], [level.ids[at] for at in missing])
    for at, number in zip(missing, given, strict=True):
        filled[at] = number
    return filled


def _missing(one: Field, index: int, level: Level) -> BusinessError:
    return BusinessError(_("%(field)s is missing.", field=one.label), field=_place(one, index, level))


def _place(one: Field, index: int, level: Level) -> str:
    """Name the field: by row where there are several, by line where it is nested."""
    if level.path:
        return f"{level.path}.{index}.{one.name}"
    return one.name if len(level.rows) == 1 else f"{index}.{one.name}"


def renamed(error: BusinessError, rename: Callable[[BusinessError], None]) -> BusinessError:
    """Give the same errors, their fields named as the caller knows them."""
    errors = list(error.each())
    for one in errors:
        rename(one)
    return errors[0] if len(errors) == 1 else Errors(errors)


def _in_own_row(error: BusinessError, name: str, owner: list[int], above: Level) -> None:
    """Turn the number among all rows' lines into the number among its own row's."""
    parts = (error.field or "").split(".")
    if len(parts) > 2 and parts[0] == name and parts[1].isdigit():
        flat = int(parts[1])
        row = owner[flat]
        parts[1] = str(flat - owner.index(row))
        error.field = ".".join(parts if len(above.rows) == 1 or above.path else [str(row), *parts])
        error.message = _("Line %(line)s: %(message)s", line=int(parts[1]) + 1, message=error.message)


# --- writing ----------------------------------------------------------------------------------------------------------


def _write(ctx: Context, inserted: Sequence[Level]) -> None:
    """Fill the tables of all levels in one statement, then what is kept for each company beside them."""
    parts: list[str] = []
    params: dict[str, Any] = {}
    for place, level in enumerate(inserted):
        fields = level.model.__fields__
        stored: dict[str, list[Any]] = {"id": level.ids}
        stored |= {
            fields[name].column: bound(fields[name], values)
            for name, values in level.columns.items()
            if not fields[name].per_company
        }
        constants = () if level.model.__shared__ else ("company_id",)
        prefix = f"t{place}_"
        parts.append(insert_sql(level.model.__table__, tuple(stored), constants, prefix))
        params |= {f"{prefix}{n}": array(values) for n, values in enumerate(stored.values())}
        params |= dict.fromkeys(constants, ctx.company.id)
    *first, last = parts
    before = ", ".join(f"part{place} AS ({sql})" for place, sql in enumerate(first))
    execute(ctx.session, f"WITH {before} {last}" if first else last, params)
    forget_kept(ctx.session, *(level.model.__tablename__ for level in inserted))
    for level in inserted:
        _write_companions(ctx, level)
        if len(level.ids) >= MANY:
            table = {"table": level.model.__tablename__}
            execute(ctx.session, "SELECT hanse_count(%(table)s::text::regclass)", table)


def _write_companions(ctx: Context, level: Level) -> None:
    fields = level.model.__fields__
    given = [
        (fields[name], values)
        for name, values in level.columns.items()
        if fields[name].per_company and any(value is not None for value in values)
    ]
    if given:
        upsert_companions(ctx, level.ids, given)
