"""Names of records for lists and links: the display fields, read in the same statement or in one for many."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from sqlalchemy import FromClause, String, cast, func, literal, select, union_all
from sqlalchemy.dialects.postgresql import array

from hanse.models import Model, declared_models, display_fields
from hanse.screens.formats import widget_writer
from hanse.security.clauses import companies_clause, visible_clause
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context


def name_columns(model: type[Model], table: FromClause | None = None) -> list[Any]:
    """Give the columns that name a record; at least one."""
    source = model.__table__ if table is None else table
    names = display_fields(model)
    return [source.c[model.__fields__[name].column] for name in names] or [source.c.id]


def written_values(model: type[Model], values: Iterable[Any]) -> list[Any]:
    """Write the values of a record's name columns, each in the way of its widget."""
    writers = [widget_writer(model.__fields__[name]) for name in display_fields(model)]
    if not any(writers):
        return list(values)
    pairs = zip(values, writers, strict=True)
    return [write(value) if write is not None and value is not None else value for value, write in pairs]


def name_writer(model: type[Model]) -> Callable[[Iterable[Any]], str]:
    """Give a function that writes names of many records out of their name columns."""
    if not any(widget_writer(model.__fields__[name]) for name in display_fields(model)):
        return joined_name
    return lambda values: written_name(model, values)


def written_name(model: type[Model], values: Iterable[Any]) -> str:
    """Write a record's name out of its name columns."""
    return joined_name(written_values(model, values))


def joined_name(values: Iterable[Any]) -> str:
    """Write a record's name out of its name columns."""
    return " ".join(str(value) for value in values if value is not None and value != "")


def names_of(ctx: Context, model: type[Model], ids: Iterable[int]) -> dict[int, str]:
    """Name records of one model, in one statement; whether the person may open them is another question."""
    wanted = {record for record in ids if record}
    if not wanted:
        return {}
    query = select(model.__table__.c.id, *name_columns(model)).where(
        model.__table__.c.id.in_(sorted(wanted)), companies_clause(ctx, model)
    )
    return {row[0]: written_name(model, row[1:]) or str(row[0]) for row in ctx.session.execute(query)}


def text_columns(model: type[Model]) -> Any:
    """Give the columns that name a record as one array of text, so that records of many models fit one statement."""
    return array([func.coalesce(cast(column, String), "") for column in name_columns(model)])


def seen_names(ctx: Context, pairs: Iterable[tuple[str, int]]) -> dict[tuple[str, int], str]:
    """Name those records (model, id) that the person sees, in one statement for all models."""
    wanted: dict[str, set[int]] = {}
    for name, record in pairs:
        wanted.setdefault(name, set()).add(record)
    models = {model_name(model): model for model in declared_models if model_name(model) in wanted}
    parts = [
        select(literal(name), model.__table__.c.id, text_columns(model)).where(
            model.__table__.c.id.in_(sorted(wanted[name])), visible_clause(ctx, model)
        )
        for name, model in models.items()
    ]
    if not parts:
        return {}
    rows: Any = ctx.session.connection().execute(union_all(*parts))
    return {(name, record): written_name(models[name], words) or str(record) for name, record, words in rows}
