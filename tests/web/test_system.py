"""What signing in, companies, addons and rights may be relied on for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from hanse.directory.models import Company, Department, Role, RolePermission, User
from hanse.files import FileStore
from hanse.security import sessions
from hanse.security.guessing import check_login
from hanse.security.passwords import hash_password
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person

PASSWORD = "correct horse battery"


def give_password(site: Site, login: str = "admin", password: str = PASSWORD) -> None:
    with site.database.session() as session, session.begin():
        session.execute(
            text("UPDATE core_user SET password = :hash WHERE login = :login"),
            {"hash": hash_password(password), "login": login},
        )


def sign_in(site: Site, login: str, password: str, wanted: str = "") -> Any:
    browser = site.browser(None)
    page = browser.get(f"/login?next={wanted}" if wanted else "/login").forms[0]
    page["login"], page["password"] = login, password
    return page.submit(expect_errors=True)


def test_signing_in_leads_to_where_one_wanted_to_go(site: Site) -> None:
    give_password(site)
    asked = site.browser(None).get("/core/user?q=a", status=303)

    assert asked.location == "http://localhost/login?next=%2Fcore%2Fuser%3Fq%3Da"
    answer = sign_in(site, "Admin", PASSWORD, "/core/user%3Fq%3Da")
    assert answer.location == "http://localhost/core/user?q=a"
    (cookie,) = [one for one in answer.headers.getall("Set-Cookie") if one.startswith("hz_session")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


@pytest.mark.parametrize("wanted", ["//evil.example", "https://evil.example", "/%5Cevil.example", "%09//evil.example"])
def test_nobody_is_led_to_another_site(site: Site, wanted: str) -> None:
    give_password(site)

    assert sign_in(site, "admin", PASSWORD, wanted).location == "http://localhost/"


def test_the_database_keeps_only_a_hash_of_the_cookie(site: Site) -> None:
    browser = site.browser()
    token = browser.app.cookies["hz_session"]
    with site.database.session() as session:
        stored = session.scalars(text("SELECT token FROM core_session")).all()

    assert token not in stored
    assert all(len(one) == 64 for one in stored)


def test_who_guesses_must_wait_longer_and_longer(site: Site) -> None:
    give_password(site)
    answers = [sign_in(site, "admin", "wrong").status_int for _try in range(7)]

    assert answers == [422] * 5 + [429] * 2
    assert sign_in(site, "admin", PASSWORD).status_int == 429
    with site.database.session() as session, session.begin():
        now = sessions.utc_now() + timedelta(minutes=5)
        assert check_login(session, "admin", PASSWORD, address="198.51.100.7", now=now)


def test_an_unknown_name_and_a_wrong_password_are_told_alike(site: Site) -> None:
    give_password(site)

    assert "User name or password is wrong." in sign_in(site, "nobody", PASSWORD).text
    assert "User name or password is wrong." in sign_in(site, "admin", "wrong").text


def test_a_form_without_the_token_of_the_browser_changes_nothing(site: Site, browser: Browser) -> None:
    browser.post("/core/department/new", {"name": "Ghost"}, token="guessed", status=403)
    browser.post("/core/department/new", {"name": "Ghost"}, headers={"Origin": "http://evil.example"}, status=403)

    with site.transaction() as ctx:
        assert not ctx.all(Department, Department.name == "Ghost")


def test_deactivating_somebody_ends_their_sessions(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (), "reader", ()))
        (ann,) = ctx.all(User, User.login == "ann").ids
    theirs = site.browser("ann")
    assert theirs.get("/").status_int == 200
    browser.post(f"/core/user/{ann}/do/deactivate", status=303)

    assert theirs.get("/").status_int == 303
    assert "cannot deactivate yourself" in browser.post("/core/user/2/do/deactivate", status=303).follow().text


def test_signing_out_ends_the_session(site: Site, browser: Browser) -> None:
    token = browser.app.cookies["hz_session"]
    browser.post("/logout", status=303)
    browser.app.set_cookie("hz_session", token)

    assert browser.get("/").status_int == 303


def test_one_changes_ones_own_password_with_the_present_one(site: Site, browser: Browser) -> None:
    give_password(site)
    new = "a much longer secret"
    browser.post("/me", {"old": "wrong", "password": new, "again": new}, status=422)
    browser.post("/me", {"old": PASSWORD, "password": new, "again": new}, status=303)

    assert sign_in(site, "admin", new).status_int == 303


def test_the_language_is_the_persons_own(site: Site, browser: Browser) -> None:
    assert 'lang="en"' in browser.get("/").text
    browser.post("/locale", {"locale": "zh_CN"}, status=303)

    assert 'lang="zh-CN"' in browser.get("/").text
    other = site.browser(None)
    assert 'lang="zh-CN"' in other.get("/login", headers={"Accept-Language": "zh;q=0.9"}).text


def test_every_answer_carries_the_strict_policy(site: Site, browser: Browser) -> None:
    for path, status in (("/", 200), ("/nowhere", 404), ("/login", 303)):
        headers = browser.get(path, status=status).headers
        assert "script-src 'self'" in headers["Content-Security-Policy"]
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_no_page_holds_script_or_style_of_its_own(browser: Browser) -> None:
    for path in (
        "/",
        "/core/user",
        "/core/user/2",
        "/core/department/new",
        "/setup",
        "/core/permissions",
        "/core/addons",
        "/me",
    ):
        page = browser.get(path).html
        assert not [
            one for one in page.select("script") if not one.get("src") and one.get("type") != "application/json"
        ], path
        assert not page.select("style, [style], [onclick]"), path


def test_a_wrong_method_is_told_apart_from_a_wrong_address(browser: Browser) -> None:
    assert browser.get("/logout", status=405)
    assert browser.get("/nowhere", status=404)


def test_static_files_may_be_kept_for_ever(site: Site, browser: Browser) -> None:
    page = browser.get("/").html
    answer = browser.get(page.select_one("script[src]")["src"])

    assert "immutable" in answer.headers["Cache-Control"]
    browser.get(page.select_one("script[src]")["src"].rpartition("/")[0] + "/../../secret", status=404)


def test_the_table_of_rights_writes_back_what_was_chosen_and_keeps_the_rest(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        (reader,) = ctx.all(Role, Role.key == "reader").ids
    page = browser.get(f"/core/permissions?role={reader}").forms["record-form"]
    page["library.book.create"] = "department"
    page["library.loan.lend"] = "own"
    page.submit(status=303)

    with site.transaction() as ctx:
        held = dict(
            tuple(row)
            for row in ctx.session.execute(
                select(RolePermission.permission, RolePermission.scope).where(RolePermission.role.is_(reader))
            )
        )
    assert {name: scope.value for name, scope in held.items()} == {
        "*.read": "company",
        "*.export": "company",
        "library.book.create": "department",
        "library.loan.lend": "own",
    }


def test_the_assistant_founds_a_company_with_its_people(site: Site, browser: Browser) -> None:
    answers: list[tuple[str, dict[str, str]]] = [
        (
            "company",
            {"name": "East Branch", "currency": "USD", "time_zone": "Europe/Berlin", "locale": "en", "country": "DE"},
        ),
        ("letterhead", {"address": "Hafen 1"}),
        ("addons", {"sample_library": "1"}),
        ("books", {}),
        ("departments", {"departments-order": "0", "departments-0-name": "Desk", "departments-0-library": "1"}),
        (
            "users",
            {
                "users-order": "0",
                "users-0-name": "Ann",
                "users-0-login": "ann",
                "users-0-role": "2",
                "users-0-department": "Desk",
            },
        ),
    ]
    for step, fields in answers:
        browser.post(f"/setup?step={step}", fields, status=303)
    done = browser.post("/setup?step=found", {})

    name, login, password = (cell.text for cell in done.html.select("tr.hz-row td"))
    assert (name, login) == ("Ann", "ann")
    assert "East Branch" in browser.get("/").html.select_one(".hz-company").text
    signed_in = sign_in(site, "ann", password)
    assert signed_in.status_int == 303
    with site.transaction() as ctx:
        company = ctx.session.scalars(select(Company).where(Company.name == "East Branch")).one()
        assert (company.time_zone, company.address) == ("Europe/Berlin", "Hafen 1")


def test_the_assistant_names_what_is_missing_and_founds_nothing(site: Site, browser: Browser) -> None:
    page = browser.post("/setup?step=company", {"name": "", "currency": "CNY"}, status=422)

    assert page.html.select_one("#f-name-error") is not None
    browser.post("/setup?step=found", {}, status=303)
    with site.transaction() as ctx:
        assert len(ctx.session.scalars(select(Company.id)).all()) == 1


def test_only_who_may_found_companies_sees_the_assistant(site: Site) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (), "reader", ()))

    site.browser("ann").get("/setup", status=403)


def test_without_any_company_the_administrator_is_led_to_the_assistant(site: Site) -> None:
    with site.database.session() as session, session.begin():
        session.execute(text("INSERT INTO core_user (login, name) VALUES ('eve', 'Eve')"))
    page = site.browser("eve").get("/", status=403)

    assert "no role in any company" in page.text


def test_an_attached_picture_becomes_the_logo_and_only_as_a_picture(site: Site, browser: Browser) -> None:
    picture = b"\x89PNG\r\n\x1a\n" + b"\0" * 20
    assert "Attach a picture" in browser.post("/core/company/1/do/use_logo", status=303).follow().text
    browser.post("/core/company/1/attachments", upload_files=[("files", "logo.png", picture)], status=303)
    browser.post("/core/company/1/do/use_logo", status=303)
    shown = browser.get("/").html.select_one(".hz-company__mark img")["src"]

    answer = browser.get(shown)
    assert (answer.content_type, answer.body) == ("image/png", picture)
    browser.get("/pictures/" + "0" * 64, status=404)
    fake = [("files", "fake.png", b"<script>")]
    assert "fake.png" in browser.post("/core/company/1/attachments", upload_files=fake, status=422).text
    with site.transaction() as ctx:  # noted as a picture by somebody who has looked at the name only
        key = FileStore.of(site.settings).store(b"<script>")
        ctx.session.execute(text("UPDATE core_attachment SET key = :key"), {"key": key})
    browser.post("/core/company/1/do/use_logo", status=303)
    browser.get(browser.get("/").html.select_one(".hz-company__mark img")["src"], status=404)


def test_a_password_is_in_no_page_and_no_history(site: Site, browser: Browser) -> None:
    refused = browser.post("/core/user/2/do/set_password", {"password": "short-pw"}, status=422)
    browser.post("/core/user/2/do/set_password", {"password": PASSWORD}, status=303)

    assert "short-pw" not in refused.text
    assert sign_in(site, "admin", PASSWORD).status_int == 303
    with site.transaction() as ctx:
        kept = ctx.session.execute(text("SELECT changes::text FROM core_audit")).scalars().all()
    assert kept
    assert not [one for one in kept if "argon2" in one]


def test_time_zone_and_language_are_chosen_from_a_list(site: Site, browser: Browser) -> None:
    page = browser.get("/core/company/1").forms["record-form"]
    page["time_zone"], page["locale"] = "Europe/Berlin", "en"
    page.submit("action", value="save", status=303)

    with site.transaction() as ctx:
        assert (ctx.company.time_zone, ctx.company.locale) == ("Europe/Berlin", "en")
