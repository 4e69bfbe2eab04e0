"""Screens of what everybody shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hanse.directory.models import Company, Country, Currency, Department, Role, RolePermission, User, UserRole
from hanse.directory.names import DEPARTMENT_KINDS
from hanse.i18n import Label, _, time_zones
from hanse.screens import Button, Lines, Row, Screen, Shown, Tab, Told, menu_section
from hanse.signin.actions import has_second_factor
from hanse.signin.invitations import standing_of, tell_standing
from hanse.web.pages import page

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.web.request import WebRequest

menu_section("master", _("Master data"), order=80, icon="database")
menu_section("system", _("System"), order=90, icon="settings")


def _languages(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [("zh_CN", "中文"), ("en", "English")]


def _zones(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(name, name) for name in time_zones()]


COMPANIES = Screen(
    Company,
    title=_("Companies"),
    singular=_("Company"),
    menu="system",
    icon="building",
    order=10,
    list=[Company.name, Company.legal_name, Company.tax_id, Company.currency, Company.time_zone],
    form=[
        Row(Company.name, Company.legal_name),
        Row(Company.tax_id, Company.currency),
        Row(Company.country, Company.locale),
        Row(Company.time_zone, Company.second_factor),
        Row(Company.phone, Company.bank, title=_("Letterhead")),
        Row(Company.address),
    ],
    filters=[Company.currency, Company.country],
    suggest={"locale": _languages, "time_zone": _zones},
)

DEPARTMENTS = Screen(
    Department,
    title=_("Departments"),
    singular=_("Department"),
    menu="system",
    icon="sitemap",
    order=20,
    list=[Department.name, Department.code, Department.parent, Department.kind],
    form=[Row(Department.name, Department.code), Row(Department.parent, Department.kind)],
    tabs=[Tab(_("Members"), Lines(Department.members)), Tab(_("Parts"), Department.children)],
    filters=[Department.parent],
    order_by=[Department.name],
    suggest={"kind": lambda _ctx: list(DEPARTMENT_KINDS.items())},
)


def _may_be_invited(user: User) -> bool:
    return user.active and not user.service and user.password is None and bool(user.email)


USERS = Screen(
    User,
    title=_("Users"),
    singular=_("User"),
    menu="system",
    icon="users",
    order=30,
    list=[
        User.name,
        User.login,
        User.email,
        User.locale,
        Told("standing", _("State"), (User.login, User.active, User.service), tell_standing),
    ],
    optional=[User.active, User.service, User.owner],
    form=[
        Row(User.name, User.login),
        Row(User.email, User.locale),
        Row(User.active, User.service),
        Row(User.owner, Shown("standing", _("State"), standing_of)),
    ],
    tabs=[
        Tab(_("Roles"), Lines(User.roles, [UserRole.role, UserRole.company])),
        Tab(_("Tokens"), User.tokens),
    ],
    buttons=[
        Button("invite"),
        Button("user-sessions", of_record=True, offered=lambda user: not user.service),
        Button("new-token", of_record=True, offered=lambda user: user.service),
    ],
    filters=[User.active, User.service],
    complete=lambda _ctx, _words, _values: User.active.is_(True),
    suggest={"locale": _languages},
    possible={
        "set_password": lambda _ctx, user: not user.service,
        "deactivate": lambda _ctx, user: user.active,
        "activate": lambda _ctx, user: not user.active,
        "end_sessions": lambda _ctx, user: user.active and not user.service,
        "reset_second_factor": lambda ctx, user: not user.service and has_second_factor(ctx, user),
        "send_invitation": lambda _ctx, user: _may_be_invited(user),
        "withdraw_invitation": lambda _ctx, user: _may_be_invited(user),
    },
)

ROLES = Screen(
    Role,
    title=_("Roles"),
    singular=_("Role"),
    menu="system",
    icon="users-group",
    order=40,
    list=[Role.name, Role.key],
    form=[
        Row(Role.name, Role.key),
        Row(Role.second_factor),
        Lines(Role.permissions, [RolePermission.permission, RolePermission.scope]),
    ],
)

CURRENCIES = Screen(
    Currency,
    title=_("Currencies"),
    singular=_("Currency"),
    menu="master",
    icon="coin",
    order=80,
    list=[Currency.code, Currency.name, Currency.symbol, Currency.places],
    form=[Row(Currency.code, Currency.name), Row(Currency.symbol, Currency.places)],
    order_by=[Currency.code],
)

COUNTRIES = Screen(
    Country,
    title=_("Countries"),
    singular=_("Country"),
    menu="master",
    icon="world",
    order=90,
    list=[Country.code, Country.name],
    form=[Row(Country.code, Country.name)],
    order_by=[Country.code],
)


@page(
    "permissions", title=_("Permissions"), menu="system", icon="shield-check", order=50, permission="core.role.update"
)
def permissions(request: WebRequest) -> Response:
    """Show and change the rights of roles."""
    from hanse.web.views import rights  # Pyramid is loaded by the web only

    return rights.show(request)


@page("addons", title=_("Addons"), menu="system", icon="puzzle", order=60, permission="core.company.switch_addons")
def addons(request: WebRequest) -> Response:
    """Show and change which addons are on, and who sees them."""
    from hanse.web.views import addons as view

    return view.show(request)


@page("addon", title=_("Addon"), permission="core.company.switch_addons")
def addon(request: WebRequest) -> Response:
    """Show what an addon is and adds."""
    from hanse.web.views import addon as view

    return view.show(request)


@page("jobs", title=_("My jobs"), menu="system", icon="clock", order=70)
def jobs(request: WebRequest) -> Response:
    """Show what the person has asked for in the background."""
    from hanse.web.views import jobs as view

    return view.show(request)
