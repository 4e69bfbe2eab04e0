"""Records that link to the one on a form, shown on a tab: only read, each leading to its own page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from sqlalchemy import select

from hanse.actions import find_action
from hanse.i18n import _
from hanse.models import Field, Kind, Model
from hanse.models.build import back_link
from hanse.screens.formats import field_formatter, template_kind
from hanse.screens.names import name_columns, names_of
from hanse.screens.parts import field_of
from hanse.screens.screen import Screen, screen_of
from hanse.security.clauses import readable, visible_clause, writable
from hanse.security.permissions import verb

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement

    from hanse.actions import Context
    from hanse.screens.drawing import Sheet

Values = dict[str, Any]
_MOST_RELATED = 50


def may_create(ctx: Context, model: type[Model]) -> bool:
    """Tell whether the person may make new records of a model."""
    create = find_action(verb(model, "create"))
    return create is not None and ctx.may(create.permission)


def related(
    sheet: Sheet, field: Field, columns: Sequence[Any], where: Callable[[], ColumnElement[bool]] | None = None
) -> Values | None:
    """Draw records that link here: read only, each leading to its own page."""
    ctx, target = sheet.ctx, field.target
    if sheet.record is None or target is None or not readable(ctx, field) or not ctx.may(verb(target, "read")):
        return None
    screen = screen_of(target)
    chosen = [field_of(one) for one in columns] or [
        column.field for column in (screen.columns if screen else []) if column.field is not None
    ]
    back = back_link(field)
    fields = [one for one in chosen if one is not back and one.model is target and readable(ctx, one)]
    if not fields:
        fields = [target.__fields__[column.name] for column in name_columns(target) if column.name in target.__fields__]
    if field.owned:
        found = cast("list[Model]", getattr(sheet.record, field.name))[:_MOST_RELATED]
    else:
        query = _related_query(ctx, target, back, sheet.record.id)
        found = list(ctx.session.scalars(query if where is None else query.where(where())))
    names = _related_names(ctx, fields, found)
    rows = [_related_row(sheet, screen, fields, record, names, at) for at, record in enumerate(found)]
    heads = [{"name": one.name, "label": one.label, "kind": template_kind(one.kind, one)} for one in fields]
    lines = {"name": field.name, "label": field.label, "columns": heads, "rows": rows, "readonly": True}
    if screen is not None and screen.addon in ctx.seen and not field.owned and _may_add(ctx, screen, back):
        lines |= {
            "new_url": sheet.address(f"{screen.path}/new", **{back.name: sheet.record.id}),
            "new_label": _("New: %(what)s", what=screen.singular),
        }
    return {"lines": lines, "count": f"{len(rows)}+" if len(rows) == _MOST_RELATED else len(rows) or None}


def _may_add(ctx: Context, screen: Screen, back: Field) -> bool:
    """Tell whether the person may write a new record that links here, on a form that shows the link."""
    shown = any(placed.name == back.name for placed in screen.placed())
    return shown and not screen.readonly and not back.readonly and may_create(ctx, screen.model) and writable(ctx, back)


def _related_query(ctx: Context, target: type[Model], back: Field, record: int) -> Any:
    return (
        select(target)
        .where(getattr(target, back.column) == record, visible_clause(ctx, target))
        .order_by(target.id.desc())
        .limit(_MOST_RELATED)
    )


def _related_names(ctx: Context, fields: Sequence[Field], records: Sequence[Model]) -> Mapping[str, Mapping[int, str]]:
    return {
        one.name: names_of(ctx, one.target, [getattr(record, one.column) for record in records])
        for one in fields
        if one.kind is Kind.LINK and one.target is not None
    }


def _related_row(
    sheet: Sheet,
    screen: Screen | None,
    fields: Sequence[Field],
    record: Model,
    names: Mapping[str, Mapping[int, str]],
    at: int,
) -> Values:
    cells: list[Values] = []
    for place, field in enumerate(fields):
        value = getattr(record, field.column)
        if value is None:
            text = ""
        else:
            text = (
                names[field.name].get(value, "")
                if field.kind is Kind.LINK
                else field_formatter(sheet.ctx, field)(value)
            )
        cell: Values = {"value": value if field.kind is Kind.FLAG else text, "text": text}
        if place == 0 and screen is not None:
            cell["open_url"] = sheet.address(f"{screen.path}/{record.id}")
        cells.append(cell)
    return {"index": at, "id": record.id, "cells": cells}
