"""Whether a database has the security that the models declare, asked of its catalogue without touching anything."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Table, text

from hanse.database.policies import every_trigger_of, is_scoped, rules_of, verbs_of
from hanse.models import metadata

#: The conditions of policies.READS and WRITES as PostgreSQL writes them out.
_READS = "(company_id = ANY ((current_setting('hanse.companies'::text))::bigint[]))"
_WRITES = "(company_id = (current_setting('hanse.company'::text))::bigint)"
_POLICIES = {
    ("owner", "*", "{owner}", "true", "true"),
    ("app_select", "r", "{app}", _READS, None),
    ("app_insert", "a", "{app}", None, _WRITES),
    ("app_update", "w", "{app}", _WRITES, _WRITES),
    ("app_delete", "d", "{app}", _WRITES, None),
}
_TABLES = text("""
    SELECT relname::text, relrowsecurity AND relforcerowsecurity, pg_get_userbyid(relowner)::text,
        ARRAY(SELECT verb FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) verb
              WHERE has_table_privilege(CAST(:app AS name), oid, verb)) AS verbs,
        ARRAY(SELECT tgname::text FROM pg_trigger t
              WHERE tgrelid = c.oid AND NOT tgisinternal AND tgenabled IN ('O', 'A'))
    FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
""")
_STORED = text("""
    SELECT polrelid::regclass::text, polname::text, CAST(polcmd AS text),
        (SELECT string_agg(CASE WHEN role = 0 THEN 'public' ELSE pg_get_userbyid(role)::text END, ',')
         FROM unnest(polroles) role),
        pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)
    FROM pg_policy
""")


def faults(connection: Connection, app: str) -> list[str]:
    """Say what tables of installed addons lack, or have too much of, against the rules of ``policies.statements``.

    :param app: name of the app role
    """
    policies: dict[str, set[tuple[str | None, ...]]] = {}
    for table, *policy in connection.execute(_STORED):
        policies.setdefault(table, set()).add(tuple(policy))
    there = {row[0]: row[1:] for row in connection.execute(_TABLES, {"app": app})}
    return [
        f"{table.name}: {fault}"
        for table in metadata.sorted_tables
        if table.name in there
        for fault in _faults_of(table, app, policies.get(table.name, set()), *there[table.name])
    ]


def _faults_of(
    table: Table,
    app: str,
    policies: set[tuple[str | None, ...]],
    forced: bool,
    owner: str,
    verbs: list[str],
    triggers: list[str],
) -> Iterator[str]:
    scoped = is_scoped(table)
    if scoped and not forced:
        yield "row security is not forced"
    names = {"{owner}": owner, "{app}": app}
    wanted: set[tuple[str | None, ...]] = set()
    if scoped:
        wanted = {(name, verb, names[role], reads, writes) for name, verb, role, reads, writes in _POLICIES}
    for policy in sorted({str(one[0]) for one in wanted ^ policies}):
        yield f"policy {policy} is not as declared"
    allowed = verbs_of(rules_of(table)).split(", ")
    if verbs != allowed:
        yield f"the app role may {', '.join(verbs) or 'nothing'} instead of {', '.join(allowed)}"
    for trigger in sorted({one.name for one in every_trigger_of(table)} - set(triggers)):
        yield f"trigger {trigger} is missing or off"
