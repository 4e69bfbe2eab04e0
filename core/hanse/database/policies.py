"""Row security, grants and triggers of a table, as SQL.

Everything here is derived from the models' declarations; migrations carry what it gives at their time, and a test
compares it with what the database really has.  ``{app}`` stands for the app role.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import cast

from sqlalchemy import Table

from hanse.models import AppendOnly, Model, OnlyRead, Trigger

READS = "company_id = ANY (current_setting('hanse.companies')::bigint[])"
WRITES = "company_id = current_setting('hanse.company')::bigint"


def is_scoped(table: Table) -> bool:
    """Tell whether the rows of a table belong to companies."""
    return "companion" in table.info or not cast("type[Model]", table.info["model"]).__shared__


def rules_of(table: Table, addon: str | None = None) -> list[object]:
    """Give the rules that an addon, by default the table's own, has declared for the model behind a table."""
    if "model" not in table.info:
        return []
    fragments = cast("type[Model]", table.info["model"]).__fragments__
    return [rule for one in fragments if one.addon == (addon or table.info["addon"]) for rule in one.rules]


def triggers_of(table: Table, addon: str | None = None) -> Iterator[Trigger]:
    """Give the triggers that an addon, by default the table's own, puts on a table."""
    rules = rules_of(table, addon)
    if any(isinstance(rule, AppendOnly) for rule in rules):
        yield append_only_trigger(table.name)
    yield from (rule for rule in rules if isinstance(rule, Trigger))


def every_trigger_of(table: Table) -> Iterator[Trigger]:
    """Give the triggers that the table's own addon and those that extend its model put on it."""
    own = str(table.info["addon"])
    others = cast("type[Model]", table.info["model"]).__fragments__ if "model" in table.info else ()
    for addon in dict.fromkeys([own, *(one.addon for one in others)]):
        yield from triggers_of(table, addon)


def statements(table: Table) -> Iterator[str]:
    """Write all that a table needs besides its columns and constraints."""
    verbs = verbs_of(rules_of(table))
    yield f"GRANT {verbs} ON {table.name} TO {{app}}"
    if "id" in table.c and "INSERT" in verbs:
        yield f"GRANT USAGE ON SEQUENCE {table.name}_id_seq TO {{app}}"
    if is_scoped(table):
        yield from _row_security(table.name)
    for rule in triggers_of(table):
        yield from trigger_statements(table.name, rule)


def verbs_of(rules: list[object]) -> str:
    """Say what the app role may do."""
    if any(isinstance(rule, OnlyRead) for rule in rules):
        return "SELECT"
    append_only = any(isinstance(rule, AppendOnly) for rule in rules)
    return "SELECT, INSERT" if append_only else "SELECT, INSERT, UPDATE, DELETE"


def _row_security(name: str) -> Iterator[str]:
    yield f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY"
    yield f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY"
    yield f"CREATE POLICY owner ON {name} TO CURRENT_USER USING (true) WITH CHECK (true)"
    yield f"CREATE POLICY app_select ON {name} FOR SELECT TO {{app}} USING ({READS})"
    yield f"CREATE POLICY app_insert ON {name} FOR INSERT TO {{app}} WITH CHECK ({WRITES})"
    yield f"CREATE POLICY app_update ON {name} FOR UPDATE TO {{app}} USING ({WRITES}) WITH CHECK ({WRITES})"
    yield f"CREATE POLICY app_delete ON {name} FOR DELETE TO {{app}} USING ({WRITES})"


def append_only_trigger(name: str) -> Trigger:
    """Make the trigger that keeps rows as they were inserted, whoever asks."""
    body = f"RAISE EXCEPTION 'hanse:append_only {name} rows are never changed or deleted' USING ERRCODE = 'HA001';"
    return Trigger("append_only", "BEFORE UPDATE OR DELETE", body)


def trigger_statements(table: str, rule: Trigger) -> Iterator[str]:
    """Write a trigger and its function.

    The function runs as the owner: it must see all rows that matter, and the owner's policy leaves the planner the
    primary key, where the app's own would tempt it, while a table is new, to read the whole company.
    """
    function = f"{table}_{rule.name}"
    body = function_source(rule).replace("{", "{{").replace("}", "}}")
    yield (
        f"CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        f"SET search_path = public AS $body${body}$body$"
    )
    condition = f"WHEN ({rule.only}) " if rule.only else ""
    scope = f"{_transition_tables(rule)}FOR EACH STATEMENT" if rule.statement else "FOR EACH ROW"
    yield f"CREATE TRIGGER {rule.name} {rule.when} ON {table} {scope} {condition}EXECUTE FUNCTION {function}()"


def function_source(rule: Trigger) -> str:
    """Write the body of a trigger's function, as pg_proc stores it."""
    declare = f"DECLARE {rule.declare} " if rule.declare else ""
    return f" {declare}BEGIN {rule.body} END "


def _transition_tables(rule: Trigger) -> str:
    if rule.when.startswith("BEFORE"):  # there are none yet
        return ""
    tables: list[str] = []
    if "UPDATE" in rule.when or "DELETE" in rule.when:
        tables.append("OLD TABLE AS stale")
    if "UPDATE" in rule.when or "INSERT" in rule.when:
        tables.append("NEW TABLE AS fresh")
    return f"REFERENCING {' '.join(tables)} "


def fingerprint(table: Table) -> str:
    """Give a short hash of a table's security, to see whether it has changed."""
    return hashlib.sha256("\n".join(statements(table)).encode()).hexdigest()[:16]
