"""How far somebody's rights over people reach: who may change users of one company changes nothing in another.

Users, roles and companies are shared by all companies, so no row policy says whose they are.  A user belongs where they
have a role: whoever may change them there only may not take over somebody who works elsewhere too, nor give a role that
holds elsewhere.  A role holds wherever somebody has it, so it is changed only by who may do so everywhere.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import text

from hanse.directory.models import PermissionScope
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.permissions import Grants

if TYPE_CHECKING:
    from hanse.actions import Context

_HELD = text(
    "SELECT r.company_id, p.permission, p.scope FROM core_user_role r "
    "JOIN core_role_permission p ON p.role_id = r.role_id WHERE r.user_id = :user"
)
_ELSEWHERE = text(
    "SELECT u.id, u.name FROM core_user u WHERE u.id = ANY(:users) AND EXISTS (SELECT FROM core_user_role r "
    "WHERE r.user_id = u.id AND (r.company_id IS NULL OR r.company_id <> ALL(:companies))) ORDER BY u.id"
)


def companies_of(ctx: Context, permission: str) -> frozenset[int] | None:
    """Give the companies in which the person of ``ctx`` holds a permission; None: in all there are and will be.

    Inside another action that is everywhere: rules of the business give what they must.
    """
    if ctx.grants.kernel or (ctx.running is not None and ctx.running.outer is not None):
        return None
    held: dict[int | None, list[tuple[str, PermissionScope]]] = defaultdict(list)
    for company, name, scope in ctx.session.execute(_HELD, {"user": ctx.user.id}):
        held[company].append((name, PermissionScope(scope)))
    reach = {company for company, rows in held.items() if Grants.collect(rows).allows(permission)}
    return None if None in reach else frozenset(company for company in reach if company is not None)


def beyond(ctx: Context, reach: frozenset[int] | None, users: Sequence[int]) -> list[BusinessError]:
    """Say which users have a role outside some companies.

    :param reach: see :func:`companies_of`; who is asked about may be who asks, so it is read before anything changes
    """
    if reach is None or not users:
        return []
    rows = ctx.session.execute(_ELSEWHERE, {"users": list(users), "companies": sorted(reach)})
    return [
        BusinessError(
            _(
                "%(name)s has a role in a company where you may not do this; ask whoever may do it everywhere.",
                name=name,
            ),
            record=user,
        )
        for user, name in rows
    ]


def refuse_roles_beyond(ctx: Context, reach: frozenset[int] | None, users: Sequence[int]) -> None:
    """Refuse what an action has given users, if it is a role outside some companies.

    :raises BusinessError: it is
    """
    if beyond(ctx, reach, users):
        raise BusinessError(_("You may give roles only in companies where you may do this."), field="roles")


__all__ = ["beyond", "companies_of", "refuse_roles_beyond"]
