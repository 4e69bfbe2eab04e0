"""Who may see what, asked for many people at once: whoever tells people of records asks here first.

Rights are read now, not when somebody began to follow; so who has lost the right to a record is told nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Integer, cast, literal, select, text, union_all

from hanse.actions.context import Context, Identity, department_parents, seen_addons
from hanse.directory.models import PermissionScope
from hanse.models import Model, declared_models
from hanse.security.clauses import visible_clause
from hanse.security.permissions import EVERYBODY, Grants, model_name

_PEOPLE = text("""
    SELECT u.id, u.login, u.name, u.locale,
           array_agg(DISTINCT ARRAY[p.permission, p.scope]::text[]),
           (SELECT array_agg(DISTINCT m.department_id) FROM core_membership m
            WHERE m.company_id = :company AND m.user_id = u.id)
    FROM core_user u
    JOIN core_user_role r ON r.user_id = u.id AND (r.company_id IS NULL OR r.company_id = :company)
    JOIN core_role_permission p ON p.role_id = r.role_id
    WHERE u.id = ANY(:users) AND u.active AND NOT u.service
    GROUP BY u.id
""")
_RESTRICTIONS = text("SELECT addon, department_id FROM core_department_addon WHERE company_id = :company")
#: A name of a model and the id of a record.
Pair = tuple[str, int]


def contexts_of(ctx: Context, users: Iterable[int]) -> dict[int, Context]:
    """Open Contexts of people in the company and transaction of ``ctx``, in four statements whatever their number.

    Who is not active, acts for programs or has no role in the company is left out.
    """
    wanted = sorted(set(users))
    if not wanted:
        return {}
    ctx.bind()
    connection, company = ctx.session.connection(), ctx.company.id
    rows = connection.execute(_PEOPLE, {"company": company, "users": wanted}).all()
    restrictions = [(addon, where) for addon, where in connection.execute(_RESTRICTIONS, {"company": company})]
    parents = department_parents(ctx.session, company)
    found: dict[int, Context] = {}
    for user, login, name, locale, permissions, memberships in rows:
        departments = _with_parts(memberships or (), parents)
        seen = seen_addons(ctx.enabled, restrictions, parents, departments) if restrictions else ctx.enabled
        held = [(one, PermissionScope(scope)) for one, scope in permissions]
        found[user] = Context(
            ctx.session,
            Identity(user, login, name, locale),
            ctx.company,
            (company,),
            departments,
            ctx.enabled,
            seen,
            Grants.collect([*held, *EVERYBODY]),
            ctx.via,
            clock=ctx.clock,
        )
    return found


def _with_parts(departments: Sequence[int], parents: Mapping[int, int | None]) -> tuple[int, ...]:
    """Give departments and all that are part of them."""
    found = set(departments)
    while more := {part for part, above in parents.items() if above in found and part not in found}:
        found |= more
    return tuple(sorted(found))


def viewers(people: Mapping[int, Context], pairs: Iterable[Pair]) -> set[tuple[int, str, int]]:
    """Say which people see which records: (user, model, record), in one statement for each model.

    :param people: as :func:`contexts_of` gives them
    """
    wanted: dict[str, set[int]] = {}
    for name, record in pairs:
        wanted.setdefault(name, set()).add(record)
    models = {model_name(model): model for model in declared_models}
    found: set[tuple[int, str, int]] = set()
    for name, ids in wanted.items():
        if name in models and people:
            found |= {(user, name, record) for user, record in _sight(people, models[name], sorted(ids))}
    return found


def _sight(people: Mapping[int, Context], model: type[Model], ids: list[int]) -> Iterable[tuple[int, int]]:
    table = model.__table__
    parts: list[Any] = [
        select(cast(literal(user), Integer), table.c.id).where(model.id.in_(ids), visible_clause(person, model))
        for user, person in people.items()
    ]
    session = next(iter(people.values())).session
    rows: Any = session.connection().execute(union_all(*parts))
    return [(user, record) for user, record in rows]


__all__ = ["Pair", "contexts_of", "viewers"]
