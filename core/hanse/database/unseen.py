"""What Alembic's autogenerate does not see on tables that are there already: checks and triggers.

An addon that extends another's model brings its own; and a choice that gets one more member needs another check.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any, cast

from alembic.operations import ops
from sqlalchemy import CheckConstraint, Connection, Table, inspect, text

from hanse.database.policies import function_source, trigger_statements, triggers_of
from hanse.models import Field, metadata


def unseen_checks(connection: Connection, addon: str, new: Iterable[str]) -> Iterator[ops.MigrateOperation]:
    """Give the operations that make an addon's checks what its models say."""
    inspector = inspect(connection)
    for table in _tables_there(inspector.get_table_names(), new):
        own = [
            check
            for check in table.constraints
            if isinstance(check, CheckConstraint) and check.info.get("addon") == addon
        ]
        stored = (
            {str(row["name"]): row["sqltext"] for row in inspector.get_check_constraints(table.name)} if own else {}
        )
        for check in own:
            name = str(check.name)
            if name in stored and _same(check, stored[name]):
                continue
            if name in stored:
                yield ops.DropConstraintOp(name, table.name, type_="check", _reverse=None)
            yield ops.CreateCheckConstraintOp.from_constraint(check)


def unseen_triggers(connection: Connection, addon: str, new: Iterable[str]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the SQL that makes an addon's triggers what its models say, each statement with what takes it back."""
    names = inspect(connection).get_table_names()
    for table in _tables_there(names, new):
        rules = list(triggers_of(table, addon))
        stored = _stored_triggers(connection, table.name) if rules else {}
        for rule in rules:
            source, *before = stored.get(rule.name, ("",))
            if source == function_source(rule):
                continue
            gone = f"DROP TRIGGER {rule.name} ON {table.name}"
            if before:
                yield gone, ()
            function, trigger = trigger_statements(table.name, rule)
            yield function, ()
            yield trigger, (gone, *(before or [f"DROP FUNCTION {table.name}_{rule.name}()"]))


def _stored_triggers(connection: Connection, table: str) -> dict[str, tuple[str, str, str]]:
    """Give the triggers of a table: body, function and trigger as SQL."""
    query = text(
        "SELECT t.tgname, p.prosrc, pg_get_functiondef(p.oid), pg_get_triggerdef(t.oid) "
        "FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid "
        "WHERE t.tgrelid = to_regclass(:table) AND NOT t.tgisinternal"
    )
    return {
        name: (source, *(sql.replace("{", "{{").replace("}", "}}") for sql in written))
        for name, source, *written in connection.execute(query, {"table": table})
    }


def _tables_there(names: Iterable[str], new: Iterable[str]) -> list[Table]:
    there = set(names) - set(new)
    return [table for table in metadata.sorted_tables if table.name in there]


def _same(check: CheckConstraint, stored: str) -> bool:
    """Tell whether a check is the one that is stored, as far as that can be told: choices by their members."""
    name = cast("Any", check).info.get("choice_of")
    return not isinstance(name, Field) or _members(str(check.sqltext)) == _members(stored)


def _members(sql: str) -> set[str]:
    return set(re.findall(r"'((?:[^']|'')*)'", sql))
