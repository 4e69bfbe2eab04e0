"""What people may rely on in the browser: their work on one page, a record's beside it, and few statements."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from sqlalchemy import text

from hanse.actions import find_action
from hanse.actions.write import insert_columns
from hanse.directory.founding import add_role, give_role
from hanse.directory.models import User
from hanse.signin.events import Event, note_event
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import switch_on


def run(ctx, name, records=None, **values):
    action = find_action(name)
    assert action is not None, name
    return ctx.run(action, records, **values)


@pytest.fixture
def site(databases: Databases, tmp_path: Any):
    with databases.copy() as database:
        found = Site(database, tmp_path)
        with found.transaction() as ctx:
            switch_on(ctx, ("sample_library",))
        yield found


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.fixture
def loans(site: Site) -> list[int]:
    """Two loans of the library."""
    with site.transaction() as ctx:
        books = run(ctx, "library.book.create", values=[{"title": "Momo"}, {"title": "Ronja"}]).done
        (reader,) = run(ctx, "library.reader.create", values=[{"name": "Rea"}]).done
        return list(run(ctx, "library.loan.create", values=[{"book": one, "reader": reader} for one in books]).done)


def person(site: Site, login: str, *permissions: tuple[str, str]) -> int:
    with site.transaction() as ctx:
        columns = {"login": [login], "name": [login.capitalize()], "email": [f"{login}@example.com"]}
        insert_columns(ctx.session, User.__table__, columns)
        add_role(ctx.session, login, login, permissions)
        give_role(ctx.session, login, login, ctx.company.id)
        return ctx.session.scalar(text("SELECT id FROM core_user WHERE login = :login"), {"login": login})


def sql(site: Site, statement: str, **values):
    with site.transaction() as ctx:
        result = ctx.session.execute(text(statement), values)
        return result.all() if result.returns_rows else []


def words(answer, selector):
    return [" ".join(one.text.split()) for one in answer.html.select(selector)]


def test_my_work_shows_what_is_to_be_done_and_one_ticks_it_off_there(site, browser):
    today = dt.datetime.now(dt.UTC).date()
    for subject, days in (("Late", -3), ("Soon", 30)):
        due = (today + dt.timedelta(days=days)).isoformat()
        browser.post("/core/work", {"do": "plan", "subject": subject, "due": due}, status=303)
    page = browser.get("/")
    assert words(page, ".hz-todo__subject") == ["Late", "Soon"]
    assert [one.split()[0] for one in words(page, ".hz-group")] == ["Overdue", "Later"]

    (late,) = [one[0] for one in sql(site, "SELECT id FROM core_activity WHERE subject = 'Late'")]
    browser.post("/core/work", {"do": "finish", "activity": str(late)}, status=303)
    assert words(browser.get("/"), ".hz-todo__subject") == ["Soon"]


def test_what_stands_against_a_change_is_said_and_the_form_stays(browser):
    form = {"do": "plan", "subject": "X", "due": "nonsense"}
    partial = browser.post("/core/work", form, headers={"HX-Request": "true"}, status=409)
    assert "does not fit" in partial.headers["HX-Trigger"]
    browser.post("/core/work", form, status=303)
    assert "does not fit" in browser.get("/").text


def test_nothing_of_what_one_may_not_see_stands_on_my_work(site, browser, loans):
    eve = person(site, "eve", ("library.loan.read", "company"), ("library.loan.update", "company"))
    with site.transaction() as ctx:
        plan = {"subject": "Secret call", "due": ctx.today, "owner": eve, "model": "library.loan", "record": loans[0]}
        run(ctx, "core.activity.plan", **plan)
        (number,) = ctx.session.scalars(text("SELECT number FROM library_loan WHERE id = :id"), {"id": loans[0]})
    eyes = site.browser("eve")
    eyes.post(f"/library/loan/{loans[0]}/star", status=303)
    eyes.post(f"/library/loan/{loans[0]}/comments", {"comment": "mine"}, status=303)
    assert number in eyes.get("/").text
    assert "Secret call" in eyes.get("/").text
    sql(site, "UPDATE core_role_permission SET permission = 'nothing.' || id WHERE permission LIKE 'library.%'")

    page = eyes.get("/").text
    assert number not in page
    assert "Secret call" not in page
    assert number not in eyes.get("/core/notifications").text


def test_my_work_takes_few_statements_however_much_there_is(site, browser, loans):
    with site.transaction() as ctx:
        for at in range(20):
            about = {"model": "library.loan", "record": loans[at % 2]}
            run(ctx, "core.activity.plan", subject=f"S{at}", due=ctx.today, **about)
    for loan in loans:
        browser.post(f"/library/loan/{loan}/star", status=303)
    browser.get("/")
    with site.statements() as sent:
        browser.get("/")

    assert len(sent) <= 13, "\n".join(sent)


def test_a_record_shows_its_activities_followers_and_star_in_two_statements(site, browser, loans):
    address = f"/library/loan/{loans[0]}"
    browser.post(f"{address}/follow", status=303)
    browser.post(f"{address}/star", status=303)
    plan = {"do": "plan", "subject": "Call", "due": "2026-12-01", "model": "library.loan", "record": str(loans[0])}
    browser.post("/core/work", plan, status=303)
    browser.get(address)
    with site.statements() as sent:
        page = browser.get(address)

    assert sum("core_activity" in one or "core_follower" in one for one in sent) == 2
    assert words(page, "#hz-activities .hz-todo__subject") == ["Call"]
    assert words(page, ".hz-follow button")[0] == "Following"
    assert page.html.select_one("#hz-star button")["aria-pressed"] == "true"
    assert words(page, ".hz-followers li") == ["AAdministratorComments and changes of state"]


def test_following_is_turned_round_and_its_level_chosen(site, browser, loans):
    address = f"/library/loan/{loans[0]}/follow"

    def level():
        return [one[0] for one in sql(site, "SELECT level FROM core_follower")]

    browser.post(address, status=303)
    assert level() == ["states"]
    browser.post(address, {"level": "everything"}, status=303)
    assert level() == ["everything"]
    browser.post(address, status=303)
    assert level() == []


def test_who_creates_by_hand_follows_unless_they_chose_otherwise(site, browser):
    browser.post("/library/reader/new", {"name": "Rea", "key": "a"}, status=303)
    assert sql(site, "SELECT model FROM core_follower") == [("library.reader",)]
    settings = dict.fromkeys(("mention", "comment", "change", "activity", "alert"), "app")
    browser.post("/core/notification-settings", settings, status=303)
    browser.post("/library/reader/new", {"name": "Ann", "key": "b"}, status=303)
    assert len(sql(site, "SELECT 1 FROM core_follower")) == 1


def test_settings_are_kept_and_shown(browser):
    browser.post(
        "/core/notification-settings", {"mention": "off", "change": "digest", "follow_created": "1"}, status=303
    )
    page = browser.get("/core/notification-settings").html

    assert page.select_one("[name=mention] [selected]")["value"] == "off"
    assert page.select_one("[name=change] [selected]")["value"] == "digest"
    assert page.select_one("[name=follow_created]").has_attr("checked")
    assert not page.select_one("[name=follow_mentioned]").has_attr("checked")


def test_the_bell_counts_what_is_unread_and_the_page_tells_whether_a_list_is_starred(site, browser, loans):
    assert browser.get("/core/bell?list=library.loan").json == {"unread": "", "starred": False}
    browser.post("/library/loan/-/star", status=303)
    _notify(site, loans[0])

    assert browser.get("/core/bell?list=library.loan").json == {"unread": "1", "starred": True}
    assert "Loans" in words(browser.get("/"), ".hz-columnlist a")


def _notify(site: Site, loan: int) -> None:
    sql(
        site,
        "INSERT INTO core_notification (company_id, user_id, reason, model, record, content, at) "
        "SELECT (SELECT id FROM core_company LIMIT 1), id, 'alert', 'library.loan', :loan, "
        """'{"domain": "hanse", "message": "Saved.", "values": {}}', now() FROM core_user WHERE login = 'admin'""",
        loan=loan,
    )


def test_opening_a_notification_reads_it_and_leads_to_its_record(site, browser, loans):
    _notify(site, loans[0])
    link = browser.get("/core/notifications").html.select_one(".hz-told a")["href"]
    answer = browser.get(link, status=303)

    assert answer.headers["Location"].endswith(f"/library/loan/{loans[0]}")
    assert browser.get("/core/bell").json["unread"] == ""
    assert len(words(browser.get("/core/notifications"), ".hz-told li")) == 1


def test_all_are_marked_as_read_at_once_and_nobody_else_s(site, browser, loans):
    person(site, "ann", ("library.loan.read", "company"))
    for loan in loans:
        _notify(site, loan)
    sql(
        site,
        "UPDATE core_notification SET user_id = (SELECT id FROM core_user WHERE login = 'ann') WHERE record = :id",
        id=loans[1],
    )
    browser.post("/core/notifications", status=303)

    assert browser.get("/core/bell").json["unread"] == ""
    assert site.browser("ann").get("/core/bell").json["unread"] == "1"


def test_nobody_opens_somebody_else_s_notification(site, browser, loans):
    person(site, "ann", ("library.loan.read", "company"))
    _notify(site, loans[0])
    ((own,),) = sql(site, "SELECT id FROM core_notification")
    site.browser("ann").get(f"/core/notifications?open={own}", status=404)
    site.browser("ann").post("/core/notifications", {"notification": str(own)}, status=303)
    assert browser.get("/core/bell").json["unread"] == "1"


def test_only_people_who_see_the_record_are_offered(site, browser, loans):
    person(site, "ann", ("library.loan.read", "company"))
    person(site, "eve", ("library.loan.read", "own"))
    person(site, "x_y", ("library.loan.read", "company"))

    def offered(browser, **query):
        return [one["login"] for one in browser.get("/core/colleagues", params=query).json]

    about = {"model": "library.loan", "record": str(loans[0])}
    assert offered(browser, q="", **about) == ["admin", "ann", "x_y"]
    assert offered(browser, q="", others="1", **about) == ["ann", "x_y"]
    assert offered(browser, q="%", **about) == []
    assert offered(browser, q="X_", **about) == ["x_y"]
    assert "eve" in offered(browser, q="e")
    site.browser("eve").get("/core/colleagues", params=about, status=404)


def test_a_comment_says_who_is_not_told(site, browser, loans):
    person(site, "eve", ("library.loan.read", "own"))
    address = f"/library/loan/{loans[0]}/comments"
    answer = browser.post(address, {"comment": "@eve look <b>"}, headers={"HX-Request": "true"})

    assert "Not told" in answer.headers["HX-Trigger"]
    assert words(answer, ".hz-timeline__text--comment") == ["@eve look <b>"]


def test_one_s_own_comment_is_edited_and_deleted_on_the_page(site, browser, loans):
    address = f"/library/loan/{loans[0]}"
    browser.post(f"{address}/comments", {"comment": "Frist"}, status=303)
    edit = browser.get(address).html.select_one("[action*='/comments/']")["action"]
    browser.post(edit, {"do": "save", "comment": "First"}, status=303)
    page = browser.get(address)
    assert words(page, ".hz-timeline__text--comment") == ["First"]
    assert "edited" in page.text
    person(site, "ann", ("library.loan.read", "company"))
    assert site.browser("ann").get(address).html.select("[action*='/comments/']") == []
    site.browser("ann").post(edit, {"do": "delete"}, headers={"HX-Request": "true"}, status=409)
    browser.post(edit, {"do": "delete"}, status=303)
    assert words(browser.get(address), ".hz-timeline__text--comment") == []


def test_a_list_shows_and_filters_by_the_next_activity(site, browser, loans):
    with site.transaction() as ctx:
        late = {"subject": "Call Rea", "due": ctx.today - dt.timedelta(days=1)}
        run(ctx, "core.activity.plan", model="library.loan", record=loans[0], **late)
        day = late["due"].isoformat()
    page = browser.get("/library/loan?columns=number&columns=next_activity")
    assert f"{day} Call Rea" in page.text
    assert words(page, ".hz-text-bad") == [f"{day} Call Rea"]
    for name in ("activity", "activity-mine", "activity-overdue"):
        assert len(browser.get(f"/library/loan?f-{name}=yes").html.select(".hz-row")) == 1
    with site.statements() as sent:
        browser.get("/library/loan?columns=number&columns=next_activity&f-activity=yes")
    assert len(sent) <= 8


def test_what_waits_for_a_decision_is_shown_to_who_asked_and_who_looks_after_it(site, browser, loans):
    ann = person(site, "ann", ("library.loan.read", "company"))
    sql(
        site,
        "INSERT INTO core_held_action (company_id, action, model, records, revs, params, requester_id, at) "
        "SELECT (SELECT id FROM core_company LIMIT 1), 'library.loan.lend', 'library.loan', "
        "jsonb_build_array(CAST(:loan AS bigint)), '[1]', '{}', :ann, now()",
        loan=loans[0],
        ann=ann,
    )
    person(site, "bea", ("library.loan.read", "company"))

    assert "not decided yet" in site.browser("ann").get("/").text
    assert "Asked by Ann" in browser.get("/").text
    assert "Nothing waits for a decision." in site.browser("bea").get("/").text


def test_an_addon_shows_what_waits_in_a_section_of_its_own_as_far_as_one_may_see_it(site, browser, loans):
    person(site, "ann", ("library.loan.read", "company"))
    person(site, "eve", ("library.loan.read", "own"))
    with site.transaction() as ctx:
        day = ctx.today - dt.timedelta(days=9)
        run(ctx, "library.loan.lend", loans[:1], due=day)
    assert "To fetch back" not in site.browser("ann").get("/").text  # fines are off
    with site.transaction() as ctx:
        switch_on(ctx, ("sample_library", "sample_fines"))

    page = site.browser("ann").get("/").html
    assert [one["href"] for one in page.select(f"a[href='/library/loan/{loans[0]}']")]
    assert [one.text for one in page.select(".hz-columnlist .hz-tag--bad")] == [day.isoformat()]
    assert "To fetch back" not in site.browser("eve").get("/").text


def test_programs_reach_activities_as_people_do(site, browser, loans):
    made = browser.app.post_json(
        "/api/v1/core.activity/actions/plan",
        {"params": {"subject": "By API", "due": "2026-12-01", "model": "library.loan", "record": loans[0]}},
        headers={"X-CSRF-Token": browser.csrf},
        expect_errors=True,
    )
    assert made.status_int in (200, 201), made.text
    assert "By API" in browser.get("/api/v1/core.activity").text


def test_ones_own_sign_in_is_not_what_one_has_worked_on(site: Site, browser: Browser, loans: list[int]) -> None:
    with site.transaction() as ctx:
        note_event(ctx.session, ctx.user.id, Event.SIGNED_IN, {"way": "password"})
        own = ctx.user.id
    links = [link.get("href") for link in browser.get("/").html.select("main a")]
    assert f"/library/loan/{loans[0]}" in links
    assert f"/core/user/{own}" not in links
