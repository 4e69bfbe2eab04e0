"""What requests may rely on: one transaction, tried again after a deadlock; errors that tell only a reference."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from pyramid.response import Response
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, OperationalError

from hanse.directory.models import Department
from hanse.security import sessions
from hanse.testing.browser import Browser, Site
from hanse.web.pages import Page
from hanse.web.request import WebRequest
from hanse.web.views import lists


class Deadlock(psycopg.errors.DeadlockDetected):
    """What PostgreSQL says to one of two who wait for each other."""

    sqlstate = "40P01"


def add(request: WebRequest, name: str) -> None:
    request.ctx.session.execute(
        text("INSERT INTO core_department (company_id, name, active) VALUES (:company, :name, true)"),
        {"company": request.ctx.company.id, "name": name},
    )


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Put a view at /core/sample."""

    def at(view: Any) -> None:
        page = Page("sample", "Sample", view, "hanse", "core", None, "list", 1, None, None)
        monkeypatch.setattr(lists, "find_page", lambda key, name: page if (key, name) == ("core", "sample") else None)

    return at


def departments(site: Site) -> list[str]:
    with site.transaction() as ctx:
        return list(ctx.session.scalars(select(Department.name)))


def test_what_fails_leaves_nothing_behind_and_tells_a_reference(
    site: Site, browser: Browser, serve: Any, caplog: Any
) -> None:
    def view(request: WebRequest) -> Response:
        add(request, "half")
        raise ZeroDivisionError("a secret")

    serve(view)
    answer = browser.post("/core/sample", status=500)

    assert departments(site) == []
    assert "a secret" not in answer.text
    reference = answer.html.select_one("code").text
    assert reference in caplog.text


def test_a_deadlock_is_tried_again_once_with_all_that_was_sent(site: Site, browser: Browser, serve: Any) -> None:
    tries: list[str] = []

    def view(request: WebRequest) -> Response:
        tries.append(str(request.POST["name"]))
        add(request, str(request.POST["name"]))
        if len(tries) == 1:
            raise OperationalError("INSERT", {}, Deadlock())
        return Response(text="done")

    serve(view)
    answer = browser.post("/core/sample", {"name": "Desk"})

    assert (answer.text, tries, departments(site)) == ("done", ["Desk", "Desk"], ["Desk"])


def test_two_deadlocks_are_told(site: Site, browser: Browser, serve: Any) -> None:
    def view(request: WebRequest) -> Response:
        raise DBAPIError("INSERT", {}, Deadlock())

    serve(view)
    browser.post("/core/sample", status=500)


def test_a_session_in_use_is_noted_once_a_minute(site: Site, browser: Browser) -> None:
    with site.database.session() as session, session.begin():
        session.execute(text("UPDATE core_session SET seen = seen - interval '2 minutes'"))
    with site.statements() as sent:
        browser.get("/core/department")
        browser.get("/core/department")

    assert sum("UPDATE core_session SET seen" in one for one in sent) == 1
    assert sessions.NOTED_EVERY.total_seconds() == 60


def test_scripts_get_json_and_a_status(site: Site, browser: Browser) -> None:
    answer = browser.get("/core/user/999999", headers={"Accept": "application/json"}, status=404)

    assert answer.json["message"] == "This record is not there, or not for you."
    assert site.browser(None).get("/palette?q=x", headers={"Accept": "application/json"}, status=401).json["error"]


def test_htmx_is_led_to_the_sign_in_page_and_gets_pages_without_their_frame(site: Site, browser: Browser) -> None:
    answer = site.browser(None).get("/core/user", headers={"HX-Request": "true"})
    part = browser.get("/core/user", headers={"HX-Request": "true"})

    assert answer.headers["HX-Redirect"].startswith("/login")
    assert 'id="hz-rows"' in part.text
    assert "hz-sidebar" not in part.text


def test_hanse_may_live_below_a_prefix(site: Site) -> None:
    browser = Browser(site)
    browser.app.extra_environ["SCRIPT_NAME"] = "/erp"
    browser.sign_in("admin")
    page = browser.get("/core/user").html

    addresses = [
        one.get("href") or one.get("src") or one.get("action")
        for one in page.select("a[href], script[src], link[href], form[action]")
    ]
    assert [one for one in addresses if not one.startswith(("/erp/", "#"))] == []


def test_the_palette_finds_records_of_every_kind_in_one_statement(site: Site, browser: Browser) -> None:
    browser.get("/palette?q=eur")
    with site.statements() as sent:
        found = browser.get("/palette?q=eur").json

    assert {"title": "EUR", "hint": "Currency", "url": "/core/currency/3", "icon": "coin"} in found
    assert len(sent) <= 5


def test_the_database_away_is_told_plainly(site: Site, browser: Browser, serve: Any) -> None:
    def view(request: WebRequest) -> Response:
        raise OperationalError("SELECT", {}, psycopg.OperationalError("gone"))

    serve(view)

    assert "Nothing is lost" in browser.get("/core/sample", status=503).text


def test_the_first_page_shows_what_one_worked_on_last(site: Site, browser: Browser) -> None:
    for name in ("Desk", "Attic"):
        browser.post("/core/department/new", {"name": name, "key": name}, status=303)

    assert [one.text for one in browser.get("/").html.select(".hz-columnlist a")] == ["Attic", "Desk"]
    assert site.browser("admin").get("/").status_int == 200
