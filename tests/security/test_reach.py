"""Whoever may change the people of one company takes over nobody and nothing of another."""

from __future__ import annotations

from typing import Any

import pytest

from hanse import BusinessError
from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.actions.write import insert_columns
from hanse.directory.founding import found_company, give_role
from hanse.directory.models import Company, Role, User

NEEDED = ("core.user.*", "core.role.*", "core.company.*", "core.api_token.*")


@pytest.fixture
def there(ctx):
    """Another company."""
    return found_company(ctx.session, ctx.user, {"name": "There"}, addons=[]).company.id


@pytest.fixture
def local(ctx, as_user, there):
    """Somebody who may do everything with people, in this company alone."""
    ctx.bind()
    return as_user(*NEEDED, name="local")


def add(ctx: Any, login: str, *companies: int | None) -> int:
    insert_columns(ctx.session, User.__table__, {"login": [login], "name": [login.capitalize()]})
    for company in companies:
        give_role(ctx.session, login, "reader", company)
    found = identify(ctx.session, login)
    assert found is not None
    return found.id


def role(ctx: Any, key: str = "administrator") -> int:
    return ctx.all(Role, Role.key == key).one().id


def run(ctx: Any, called: str, ids: Any = None, **params: Any) -> Any:
    action = find_action(called)
    assert action is not None, called
    return ctx.run(action, ids, **params)


def update(ctx: Any, user: int, **values: Any) -> None:
    run(ctx, "core.user.update", [user], values=values)


def test_a_role_is_given_where_one_may_change_people_and_nowhere_else(ctx, local, there):
    user, here = add(ctx, "new", ctx.company.id), ctx.company.id
    update(local, user, roles=[{"role": role(ctx), "company": here}])
    for company in (None, there):
        with pytest.raises(BusinessError, match="give roles only in companies where you may") as caught:
            update(local, user, roles=[{"role": role(ctx), "company": company}])
        assert caught.value.field == "roles"
    with pytest.raises(BusinessError, match="give roles only"):
        values = [{"login": "own", "name": "Own", "roles": [{"role": role(ctx), "company": None}]}]
        run(local, "core.user.create", values=values)
    update(ctx, user, roles=[{"role": role(ctx), "company": None}])


def test_nobody_gives_themselves_a_role_everywhere(ctx, local):
    with pytest.raises(BusinessError, match="give roles only"):
        update(local, local.user.id, roles=[{"role": role(ctx), "company": None}])


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("set_password", {"password": "a river of many words"}),
        ("update", {"values": {"email": "mine@example.com"}}),
        ("deactivate", {}),
        ("end_sessions", {}),
        ("delete", {}),
        ("send_invitation", {}),
    ],
)
@pytest.mark.parametrize("place", ["everywhere", "there"])
def test_somebody_who_works_elsewhere_too_is_not_taken_over(ctx, local, there, name, params, place):
    user = add(ctx, "boss", ctx.company.id, None if place == "everywhere" else there)
    with pytest.raises(BusinessError, match="Boss has a role in a company where you may not") as caught:
        run(local, f"core.user.{name}", [user], **params)
    assert caught.value.record == user


def test_people_of_ones_own_company_are_changed(ctx, local):
    user = add(ctx, "mate", ctx.company.id)
    run(local, "core.user.set_password", [user], password="a river of many words")
    update(local, user, email="mate@example.com")


def test_no_token_is_made_for_a_program_that_works_elsewhere(ctx, local, there):
    program = add(ctx, "program", None)
    with pytest.raises(BusinessError, match="Program has a role in a company where you may not"):
        run(local, "core.api_token.create", name="t", token="0" * 64, user=program)


def test_roles_are_changed_by_who_may_do_so_everywhere(ctx, local):
    widened = {"permissions": [{"permission": "*", "scope": "companies"}]}
    with pytest.raises(BusinessError, match="Roles hold in all companies"):
        run(local, "core.role.update", [role(ctx, "reader")], values=widened)
    with pytest.raises(BusinessError, match="Roles hold in all companies"):
        run(local, "core.role.create", values=[{"name": "Mine", **widened}])
    run(ctx, "core.role.update", [role(ctx, "reader")], values=widened)


def test_another_company_is_not_changed(ctx, local, there):
    run(local, "core.company.update", [ctx.company.id], values={"phone": "1"})
    with pytest.raises(BusinessError, match="may not do this in this company"):
        run(local, "core.company.update", [there], values={"phone": "2"})
    elsewhere = open_context(ctx.session, ctx.user, there, via="test")
    run(elsewhere, "core.company.update", [ctx.company.id], values={"phone": "3"})
    assert ctx.all(Company, Company.id == ctx.company.id).one().phone == "3"
