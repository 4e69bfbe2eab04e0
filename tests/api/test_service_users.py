"""What administrators may rely on who let programs in: a person answers for each, and tokens are in sight."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from sqlalchemy import select, text

from hanse.actions import find_action
from hanse.api.models import ApiToken
from hanse.api.services import read_services
from hanse.api.tokens import digest, find_token
from hanse.directory.models import User
from hanse.errors import BusinessError
from hanse.screens import Given
from hanse.security import sessions
from hanse.testing.browser import Site
from hanse.testing.people import Person, open_for_person


def run(site: Site, name: str, *records: int, login: str = "admin", **params: object) -> int:
    action = find_action(name)
    assert action is not None
    with site.transaction(login) as ctx:
        outcome = ctx.run(action, records or None, **params)
        return outcome.done[0]


def service(site: Site, **values: object) -> int:
    return run(site, "core.user.create", values=[{"name": "Web shop", "login": "shop", "service": True, **values}])


def rows(site: Site) -> list[list[object]]:
    with site.transaction() as ctx:
        return [[*row.values] for row in read_services(ctx, Given({})).rows]


def test_who_makes_a_service_user_answers_for_it(site: Site) -> None:
    shop = service(site)
    with site.transaction() as ctx:
        admin = ctx.user.id
        user = ctx.session.get_one(User, shop)
        assert (user.service, user.owner_id, user.password) == (True, admin, None)
        person = run(site, "core.user.create", values=[{"name": "Ann", "login": "ann", "owner": admin}])
        assert ctx.session.get_one(User, person).owner_id is None


def test_a_service_user_does_not_answer_for_another_nor_for_itself(site: Site) -> None:
    shop = service(site)
    with pytest.raises(BusinessError) as refused:
        service(site, login="other", owner=shop)
    assert refused.value.field == "owner"
    with pytest.raises(BusinessError):
        run(site, "core.user.update", shop, values={"owner": shop})


def test_a_person_who_becomes_a_service_user_is_signed_out_and_cannot_sign_in(site: Site) -> None:
    ann = run(site, "core.user.create", values=[{"name": "Ann", "login": "ann"}])
    run(site, "core.user.set_password", ann, password="seven-Bridges-of-Koenigsberg")
    with site.transaction() as ctx:
        now = sessions.utc_now()
        token = sessions.open_session(ctx.session, ann, now=now, hours=1, address="192.0.2.1", agent="test")
    run(site, "core.user.update", ann, values={"service": True})
    with site.transaction() as ctx:
        assert sessions.find_session(ctx.session, token, sessions.utc_now()) is None
        assert ctx.session.scalar(select(User.password).where(User.id == ann)) is None


def test_an_administrator_makes_the_token_of_a_service_user_on_its_page(site: Site) -> None:
    shop = service(site)
    browser = site.browser()
    browser.get(f"/core/user/{shop}").mustcontain(f"/core/new-token?record={shop}")
    page = browser.get(f"/core/new-token?record={shop}")
    page.mustcontain("a program acts as Web shop")
    shown = browser.post("/core/new-token", {"record": str(shop), "name": "Orders", "days": "30", "permissions": "*"})
    (secret,) = re.findall(r"hanse_[\w-]{43}", shown.text)
    with site.transaction() as ctx:
        bearer = find_token(ctx.session, secret, ctx.now)
    assert bearer is not None
    assert (bearer.user.login, bearer.user.service) == ("shop", True)


def test_only_who_may_change_users_makes_tokens_of_others(site: Site) -> None:
    shop = service(site)
    with site.transaction() as ctx:
        held = (("core.api_token.*", "own"), ("core.user.read", "companies"))
        open_for_person(ctx, Person("clerk", held, None, ()))
    browser = site.browser("clerk")
    browser.get("/core/new-token")
    browser.get(f"/core/new-token?record={shop}", status=403)
    browser.get("/core/service-users", status=404)


def test_the_list_says_who_answers_what_is_used_and_what_ends(site: Site) -> None:
    shop = service(site)
    assert rows(site) == [["Web shop", "shop", "Administrator", None, 0, None, None, None]]
    with site.transaction() as ctx:
        user = ctx.session.get_one(User, shop)
        create = find_action("core.api_token.create")
        assert create is not None
        ctx.run(create, name="Orders", token=digest("hanse_a"), days=5, user=user)
        ctx.run(create, name="Stock", token=digest("hanse_b"), days=300, user=user)
        ends = ctx.session.scalars(select(ApiToken.expires).where(ApiToken.name == "Orders")).one()
    ((*_rest, tokens, seen, first, notice),) = rows(site)
    assert (tokens, seen, first, str(notice)) == (2, None, ends, "A token ends in 4 days")
    with site.transaction() as ctx:
        ctx.session.execute(text("UPDATE core_api_token SET expires = expires - interval '10 days'"))
    ((*_rest, tokens, _seen, first, notice),) = rows(site)
    assert isinstance(first, datetime)
    assert (tokens, (first - ends).days, notice) == (1, 285, None)
    run(site, "core.user.deactivate", shop)
    assert str(rows(site)[0][-1]) == "Closed"


def test_a_closed_service_user_opens_nothing(site: Site) -> None:
    shop = service(site)
    create = find_action("core.api_token.create")
    assert create is not None
    with site.transaction() as ctx:
        ctx.run(create, name="Orders", token=digest("hanse_a"), days=5, user=ctx.session.get_one(User, shop))
    run(site, "core.user.deactivate", shop)
    with site.transaction() as ctx:
        assert find_token(ctx.session, "hanse_a", ctx.now) is None


def test_whoever_left_is_named_as_no_longer_answering(site: Site) -> None:
    ann = run(site, "core.user.create", values=[{"name": "Ann", "login": "ann"}])
    service(site, owner=ann)
    run(site, "core.user.deactivate", ann)
    assert str(rows(site)[0][-1]) == "Who answers for it has left"


def test_new_tokens_and_the_documentation_are_reached_from_the_list_and_not_from_the_menu(site: Site) -> None:
    page = site.browser().get("/core/api_token").html
    bar, menu = page.find("header", class_="hz-top"), page.find(id="hz-sidebar")
    for path in ("/core/new-token", "/core/api"):
        assert bar.find("a", href=path), path
        assert not menu.find("a", href=path), path


def test_a_button_shows_only_for_who_may_see_its_page(site: Site) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("clerk", (("core.api_token.read", "own"),), None, ()))
    bar = site.browser("clerk").get("/core/api_token").html.find("header", class_="hz-top")
    assert bar.find("a", href="/core/api")
    assert not bar.find("a", href="/core/new-token")


def test_the_documentation_is_where_programs_look_for_it(site: Site) -> None:
    browser = site.browser()
    page = browser.get("/api/v1/docs", status=303).follow()
    page.mustcontain('data-url="/api/v1/openapi.json"')
    assert browser.get("/api/v1/openapi.json").json["openapi"] == "3.1.0"
