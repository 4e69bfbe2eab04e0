"""Service users: programs that act in Hanse, who answers for each, and how long their tokens live."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from hanse.api.models import ApiToken
from hanse.api.screens import WARNED
from hanse.directory.founding import SYSTEM
from hanse.directory.models import Role, User, UserRole
from hanse.i18n import Label, _
from hanse.models import Kind, link_id
from hanse.screens import Button, Given, Reading, Report, ReportColumn, ReportRow
from hanse.security.clauses import visible_clause
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.web.request import WebRequest


@dataclass(frozen=True, slots=True)
class Service:
    """A service user as the list shows it.

    :ivar owner_active: None: nobody answers for it
    :ivar living: how many tokens open something still
    :ivar ends: when the first of them ends
    """

    id: int
    name: str
    login: str
    active: bool
    owner: str | None
    owner_active: bool | None
    roles: str | None
    living: int | None
    seen: datetime | None
    ends: datetime | None


def services(ctx: Context) -> list[Service]:
    """Read every service user with its tokens, in one statement."""
    owner = aliased(User)
    lives = ApiToken.expires > ctx.now
    tokens = (
        select(
            link_id(ApiToken.user).label("user"),
            func.count().filter(lives).label("living"),
            func.max(ApiToken.seen).label("seen"),
            func.min(ApiToken.expires).filter(lives).label("ends"),
        )
        .group_by(link_id(ApiToken.user))
        .subquery()
    )
    roles = (
        select(func.string_agg(Role.name.distinct(), ", "))
        .join(UserRole, link_id(UserRole.role) == Role.id)
        .where(link_id(UserRole.user) == User.id)
        .scalar_subquery()
    )
    columns: list[Any] = [User.id, User.name, User.login, User.active, owner.name, owner.active, roles]
    query = (
        select(*columns, tokens.c.living, tokens.c.seen, tokens.c.ends)
        .outerjoin(owner, owner.id == link_id(User.owner))
        .outerjoin(tokens, tokens.c.user == User.id)
        .where(User.service, User.login != SYSTEM, visible_clause(ctx, User))
        .order_by(User.active.desc(), User.name)
    )
    rows: Sequence[Any] = ctx.session.execute(query).all()
    return [Service(*row) for row in rows]


def read_services(ctx: Context, _given: Given) -> Reading:
    """Give the rows of the list."""
    columns = [
        ReportColumn("name", _("Name"), small="title"),
        ReportColumn("login", _("Login"), small="sub"),
        ReportColumn("owner", _("Answered for by"), small="sub"),
        ReportColumn("roles", _("Roles")),
        ReportColumn("tokens", _("Tokens"), Kind.NUMBER),
        ReportColumn("seen", _("Last used"), Kind.MOMENT, small="lead"),
        ReportColumn("ends", _("First end"), Kind.MOMENT),
        ReportColumn("notice", _("Notice"), small="end"),
    ]
    return Reading(columns, [_row(ctx, one) for one in services(ctx)])


def _row(ctx: Context, one: Service) -> ReportRow:
    values = [one.name, one.login, one.owner, one.roles, one.living or 0, one.seen, one.ends, _notice(ctx, one)]
    return ReportRow(values, to=(f"/core/user/{one.id}", {}))


def _notice(ctx: Context, one: Service) -> Label | None:
    """Say what somebody should look after."""
    if not one.active:
        return _("Closed")
    if one.owner_active is None:
        return _("Nobody answers for it")
    if not one.owner_active:
        return _("Who answers for it has left")
    if one.ends is not None and one.ends <= ctx.now + WARNED:
        return _("A token ends in %(days)s days", days=(one.ends - ctx.now).days)
    return None


SERVICES = Report(
    "service-users",
    title=_("Service users"),
    menu="system",
    icon="robot",
    order=31,
    permission="core.user.update",
    read=read_services,
    buttons=[Button("new-service-user")],
)


@page("new-service-user", title=_("New service user"), icon="plus", permission="core.user.create")
def new_service_user(request: WebRequest) -> Response:
    """Begin a user that is a service."""
    from pyramid.httpexceptions import HTTPSeeOther  # Pyramid is loaded by the web only

    return HTTPSeeOther(request.to("/core/user/new", service="1", owner=str(request.ctx.user.id)))
