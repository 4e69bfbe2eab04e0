"""What the database refuses, in words for the person."""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Table
from sqlalchemy.exc import DBAPIError

from hanse.errors import BusinessError
from hanse.i18n import Label, _
from hanse.models import Field, Model, Trigger, Unique, metadata
from hanse.models.rules import Check


def explain(error: DBAPIError) -> BusinessError | None:
    """Give the business error behind a database error; None where the fault is not the person's."""
    original = cast("Any", error.orig)
    state = getattr(original, "sqlstate", None)
    if state is None:
        return None
    diag = original.diag
    table = metadata.tables.get(diag.table_name or "")
    if state == "HA001":
        return BusinessError(_own_words(diag.message_primary or "", table))
    if table is None:
        return None
    if state == "23505":
        return _unique(table, diag.constraint_name)
    if state == "23514":
        return _check(table, diag.constraint_name)
    if state == "23503":
        return _foreign_key(table, diag.constraint_name, diag.message_primary or "")
    if state == "23502":
        field = _field(table, diag.column_name)
        label = field.label if field else diag.column_name
        return BusinessError(_("%(field)s is missing.", field=label), field=field.name if field else None)
    return None


def _own_words(message: str, table: Table | None) -> Label:
    """Translate ``hanse:<key> detail`` as the trigger's model says it."""
    key, _space, detail = message.removeprefix("hanse:").partition(" ")
    tables = [table] if table is not None else list(metadata.tables.values())
    for one in tables:
        model = one.info.get("model")
        for rule in cast("type[Model]", model).__rules__ if model else ():
            if isinstance(rule, Trigger):
                for name, label in rule.errors:
                    if name == key:
                        return label
    return detail or message


def _field(table: Table, column: str | None) -> Field | None:
    return cast("Field | None", table.c[column].info.get("field")) if column and column in table.c else None


def _unique(table: Table, name: str | None) -> BusinessError | None:
    for index in table.indexes:
        if index.name == name and isinstance(rule := index.info.get("rule"), Unique):
            if isinstance(rule.error, type):
                return cast("BusinessError", rule.error(None))
            return BusinessError(rule.error, field=rule.fields[0])
    for constraint in table.constraints:
        if constraint.name == name and len(columns := list(cast("Any", constraint).columns)):
            field = _field(table, columns[-1].name)
            if field is not None:
                return BusinessError(_("%(field)s: there is one already.", field=field.label), field=field.name)
    return None


def _check(table: Table, name: str | None) -> BusinessError | None:
    for constraint in table.constraints:
        if isinstance(constraint, CheckConstraint) and constraint.name == name:
            rule = constraint.info.get("rule")
            return BusinessError(rule.error) if isinstance(rule, Check) else None
    return None


def _foreign_key(table: Table, name: str | None, message: str) -> BusinessError | None:
    for constraint in table.constraints:
        if isinstance(constraint, ForeignKeyConstraint) and constraint.name == name:
            field = _field(table, list(constraint.columns)[-1].name)
            if field is None:
                return None
            if message.startswith("update or delete"):
                what = cast("type[Model]", table.info.get("model") or table.info["companion"]).__name__
                return BusinessError(
                    _(
                        "It is still used by %(what)s (%(field)s), so it cannot be deleted. Archive it instead.",
                        what=what,
                        field=field.label,
                    )
                )
            return BusinessError(
                _("%(field)s does not exist any more. Choose another.", field=field.label), field=field.name
            )
    return None
