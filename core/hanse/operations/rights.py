"""Grants and policies of a database, taken down so that they can be given again to roles of other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import psycopg
from psycopg import sql
from psycopg.rows import dict_row

#: Roles as a backup names them; ``public`` stays what it is.
OWNER, APP, PUBLIC = "{owner}", "{app}", "public"

_POLICIES = """
    SELECT polrelid::regclass::text AS "table", polname AS name, polpermissive AS permissive, polcmd AS verb,
        ARRAY(SELECT CASE WHEN role = 0 THEN 'public' ELSE pg_get_userbyid(role)::text END FROM unnest(polroles) role)
            AS roles,
        pg_get_expr(polqual, polrelid) AS reads, pg_get_expr(polwithcheck, polrelid) AS writes
    FROM pg_policy ORDER BY 1, 2
"""
_GRANTS = """
    SELECT kind, object, CASE WHEN grantee = 0 THEN 'public' ELSE pg_get_userbyid(grantee)::text END AS role,
        array_agg(privilege_type ORDER BY privilege_type) AS rights
    FROM (
        SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, oid::regclass::text AS object,
            relacl AS acl
        FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'S')
            AND relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        UNION ALL
        SELECT 'FUNCTION', oid::regprocedure::text, proacl FROM pg_proc f
        WHERE pronamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
            AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e')
    ) AS objects, aclexplode(acl)
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_VERBS = {"*": "ALL", "r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}

Connection = psycopg.Connection[Any]


def take_down(connection: Connection, *, owner: str, app: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give the policies and the grants of a database, with our two roles under the names that backups use."""
    general = {owner: OWNER, app: APP}
    with connection.cursor(row_factory=dict_row) as cursor:
        policies = cursor.execute(_POLICIES).fetchall()
        grants = cursor.execute(_GRANTS).fetchall()
    for policy in policies:
        policy["roles"] = [general.get(role, role) for role in policy["roles"]]
    for grant in grants:
        grant["role"] = general.get(grant["role"], grant["role"])
    return policies, grants


def give(
    connection: Connection,
    policies: Iterable[Mapping[str, Any]],
    grants: Iterable[Mapping[str, Any]],
    *,
    owner: str,
    app: str,
) -> None:
    """Make policies and grants anew, for the roles of this database.  What roles had that are not here is left out."""
    here: set[str] = {name for (name,) in connection.execute("SELECT rolname::text FROM pg_roles")} | {PUBLIC}
    special: dict[str, str] = {OWNER: owner, APP: app}
    connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(sql.Identifier(app)))
    for policy in policies:
        names: list[str] = policy["roles"]
        roles = [role for role in (special.get(name, name) for name in names) if role in here]
        if roles:
            connection.execute(_policy(policy, roles))
    for grant in _with_closed(list(grants)):
        name: str = grant["role"]
        role = special.get(name, name)
        if role in here and role != owner:
            connection.execute(_grant(grant, role))


def _with_closed(grants: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Put ahead what takes from everybody the functions that a backup gives to some only."""
    told = {grant["object"] for grant in grants if grant["kind"] == "FUNCTION"}
    open_to_all = {grant["object"] for grant in grants if grant["kind"] == "FUNCTION" and grant["role"] == PUBLIC}
    closed = [{"kind": "FUNCTION", "object": name, "role": PUBLIC, "rights": None} for name in told - open_to_all]
    return [*closed, *grants]


def _policy(policy: Mapping[str, Any], roles: Iterable[str]) -> sql.Composed:
    # Expressions come as PostgreSQL wrote them; whoever restores a backup trusts it with far more.
    parts = [
        sql.SQL("CREATE POLICY {} ON").format(sql.Identifier(policy["name"])),
        as_sql(policy["table"]),
        sql.SQL("AS PERMISSIVE" if policy["permissive"] else "AS RESTRICTIVE"),
        as_sql(f"FOR {_VERBS[policy['verb']]} TO"),
        sql.SQL(", ").join(map(_role, roles)),
    ]
    if policy["reads"] is not None:
        parts.append(as_sql(f"USING ({policy['reads']})"))
    if policy["writes"] is not None:
        parts.append(as_sql(f"WITH CHECK ({policy['writes']})"))
    return sql.SQL(" ").join(parts)


def _grant(grant: Mapping[str, Any], role: str) -> sql.Composed:
    place = as_sql(f"{grant['kind']} {grant['object']}")
    if grant["rights"] is None:
        return sql.SQL("REVOKE ALL ON {} FROM {}").format(place, _role(role))
    return sql.SQL("GRANT {} ON {} TO {}").format(as_sql(", ".join(grant["rights"])), place, _role(role))


def as_sql(words: str) -> sql.SQL:
    """Take text for SQL that PostgreSQL itself has written, such as a quoted name or the condition of a policy."""
    return sql.SQL(cast("Any", words))


def _role(name: str) -> sql.Composable:
    return sql.SQL("PUBLIC") if name == PUBLIC else sql.Identifier(name)
