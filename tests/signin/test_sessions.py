"""Where somebody is signed in: seen, ended, never fixed by another, never living for ever."""

from __future__ import annotations

from datetime import timedelta

import pytest
from porch import FIREFOX, PASSWORD, Porch
from sqlalchemy import text

from hanse.security import sessions
from hanse.signin.agents import device_name

CHROME = (
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0 Mobile Safari/537.36"
)


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (FIREFOX, "Firefox on Windows"),
        (CHROME, "Chrome on Android"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 15_1) AppleWebKit/605.1 (KHTML) Version/18 Safari/605.1",
            "Safari on macOS",
        ),
        ("Mozilla/5.0 (Windows NT 10.0) Chrome/150 Safari/537 Edg/150.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) MicroMessenger/8.0", "WeChat on iPhone"),
        ("curl/8.5", "curl"),
        ("", "Unknown device"),
        ("<script>", "Unknown device"),
    ],
)
def test_a_browser_is_named_in_plain_words(agent: str, name: str) -> None:
    assert str(device_name(agent)) == name


def test_the_account_lists_every_session_and_marks_this_one(porch: Porch) -> None:
    porch.person("ann")
    here = porch.inside("ann")
    porch.inside("ann", agent=CHROME)
    page = here.get("/me").html

    rows = [row.get_text(" ", strip=True) for row in page.select("#sessions li")]
    assert len(rows) == 2
    assert "Firefox on Windows This browser" in rows[0]
    assert "Chrome on Android" in rows[1]
    assert "192.0.2.1" in rows[1]


def test_one_session_is_ended_and_the_others_stay(porch: Porch) -> None:
    user = porch.person("ann")
    here, there, third = porch.inside("ann"), porch.inside("ann", agent=CHROME), porch.inside("ann")
    ended = porch.value("SELECT id FROM core_session WHERE agent = :agent", agent=CHROME)
    here.post("/me/sessions", {"do": "session", "id": str(ended)}, status=303)

    assert there.get("/me").status_int == 303
    assert third.get("/me").status_int == here.get("/me").status_int == 200
    assert porch.events(user)[-1] == "end_own_sessions"


def test_nobody_ends_the_session_of_another(porch: Porch) -> None:
    porch.person("ann")
    porch.person("bob")
    ann, bob = porch.inside("ann"), porch.inside("bob")
    theirs = porch.value("SELECT id FROM core_session WHERE user_id = :id", id=porch.id_of("bob"))
    device = porch.value("SELECT id FROM core_device WHERE user_id = :id", id=porch.id_of("bob"))
    ann.post("/me/sessions", {"do": "session", "id": str(theirs)}, status=404)
    ann.post("/me/sessions", {"do": "device", "id": str(device)}, status=404)
    ann.get(f"/core/user-sessions?record={porch.id_of('bob')}", status=404)

    assert bob.get("/me").status_int == 200


def test_signing_out_everywhere_else_leaves_this_browser_and_no_link(porch: Porch) -> None:
    porch.person("ann")
    here, there = porch.inside("ann"), porch.inside("ann", agent=CHROME)
    form = porch.browser().get("/forgot").forms[0]
    form["login"] = "ann"
    form.submit()
    link = porch.link("ann@")
    here.post("/me/sessions", {"do": "others"}, status=303)

    assert there.get("/me").status_int == 303
    assert here.get("/me").status_int == 200
    assert porch.browser().get(link, status=410)


def test_an_administrator_sees_and_ends_sessions_of_a_person_who_is_told(porch: Porch) -> None:
    user = porch.person("ann")
    theirs, admin = porch.inside("ann"), porch.site.browser()
    page = admin.get(f"/core/user-sessions?record={user}")
    assert "Firefox on Windows" in page.text
    one = page.html.select_one("button[name=id]")["value"]
    admin.post(f"/core/user-sessions?record={user}", {"id": one}, status=303)

    assert theirs.get("/me").status_int == 303
    again = porch.inside("ann")
    admin.post(f"/core/user/{user}/do/end_sessions", status=303)
    assert again.get("/me").status_int == 303
    assert [one for one in porch.events(user) if one.startswith("end")] == ["end_session", "end_sessions"]
    assert {str(one["Subject"]) for one in porch.letters("ann@")} >= {"You were signed out"}
    who = (
        "SELECT u.login FROM core_audit a JOIN core_user u ON u.id = a.user_id WHERE action = 'core.user.end_sessions'"
    )
    assert porch.value(who) == "admin"


def test_signing_in_takes_a_session_that_nobody_could_have_set(porch: Porch) -> None:
    porch.person("ann")
    browser = porch.browser()
    browser.app.set_cookie("hz_session", "planted-by-somebody-else")
    porch.sign_in("ann", browser=browser)
    first = browser.app.cookies["hz_session"]
    porch.sign_in("ann", browser=porch.browser())

    assert first != "planted-by-somebody-else"
    assert porch.value("SELECT count(*) FROM core_session") == 2


def test_a_new_password_renews_this_session_and_ends_the_others(porch: Porch) -> None:
    user = porch.person("ann")
    here, there = porch.inside("ann"), porch.inside("ann", agent=CHROME)
    before = here.app.cookies["hz_session"]
    new = "quite another secret"
    here.post("/me", {"old": PASSWORD, "password": new, "again": new}, status=303)

    assert here.app.cookies["hz_session"] != before
    assert here.get("/me").status_int == 200
    assert there.get("/me").status_int == 303
    old = porch.browser()
    old.app.set_cookie("hz_session", before)
    assert old.get("/me").status_int == 303
    assert "set_password" in porch.events(user)
    assert "Your password was changed" in {str(one["Subject"]) for one in porch.letters("ann@")}


def test_the_present_password_cannot_be_guessed_from_a_stolen_session(porch: Porch) -> None:
    porch.person("ann")
    browser = porch.inside("ann")
    wrong = {"old": "wrong and wrong", "password": "x" * 12, "again": "x" * 12}
    assert "not your present password" in browser.post("/me", wrong, status=422).text
    porch.change(
        "INSERT INTO core_login_attempt (login, address, at, success) "
        "SELECT 'ann', '192.0.2.7', now(), false FROM generate_series(1, 12)"
    )
    right = wrong | {"old": PASSWORD}

    assert "Too many attempts" in browser.post("/me", right, status=422).text


def test_a_session_ends_after_its_days_however_busy_it_is(porch: Porch) -> None:
    user = porch.person("ann")
    with porch.site.database.session() as session, session.begin():
        begun = sessions.utc_now() - timedelta(days=29, hours=20)
        token = sessions.open_session(session, user, now=begun, hours=24 * 365, address="", agent="", days=30)
        found = sessions.find_session(session, token, sessions.utc_now())
        assert found is not None
        sessions.note_use(session, found, now=sessions.utc_now(), hours=12, days=30)
        ends = session.scalar(text("SELECT expires - created FROM core_session WHERE id = :id"), {"id": found.id})
        assert ends == timedelta(days=30)
        assert sessions.find_session(session, token, sessions.utc_now() + timedelta(hours=5)) is None


def test_deactivating_ends_sessions_and_tokens_for_good(porch: Porch) -> None:
    user = porch.person("ann")
    theirs, admin = porch.inside("ann"), porch.site.browser()
    porch.change(
        "INSERT INTO core_api_token (name, user_id, token, created, expires) "
        "VALUES ('till', :user, 'x', now(), now() + interval '1 year')",
        user=user,
    )
    admin.post(f"/core/user/{user}/do/deactivate", status=303)
    admin.post(f"/core/user/{user}/do/activate", status=303)

    assert theirs.get("/me").status_int == 303
    assert porch.value("SELECT count(*) FROM core_api_token WHERE user_id = :user", user=user) == 0


# --- new devices ------------------------------------------------------------------------------------------------------


def test_a_sign_in_from_a_new_device_is_told_and_from_a_known_one_is_not(porch: Porch) -> None:
    porch.person("ann")
    known = porch.browser()
    porch.sign_in("ann", browser=known)
    porch.sign_in("ann", browser=known)
    porch.do_jobs(later=True)
    assert porch.letters("ann@") == []  # the first there is, and the same again
    porch.sign_in("ann", agent=CHROME)
    porch.do_jobs(later=True)

    (letter,) = porch.letters("ann@")
    assert "Chrome on Android" in str(letter["Subject"])
    assert "192.0.2.1" in str(letter["Subject"])


def test_who_does_not_want_to_hear_of_devices_is_not_told(porch: Porch) -> None:
    porch.person("ann")
    porch.change("""UPDATE core_user SET preferences = '{"work": {"sign_in": "off"}}' WHERE login = 'ann'""")
    porch.sign_in("ann")
    porch.sign_in("ann", agent=CHROME)
    porch.do_jobs(later=True)

    assert porch.letters("ann@") == []
    assert porch.value("SELECT count(*) FROM core_notification WHERE reason = 'sign_in'") == 0


# --- what auditors find -----------------------------------------------------------------------------------------------


def test_signing_in_and_being_refused_stand_in_the_audit_log(porch: Porch) -> None:
    user = porch.person("ann")
    porch.sign_in("ann", "wrong and wrong")
    porch.sign_in("ann")
    assert sorted(porch.events(user)) == ["fail_to_sign_in", "sign_in"]

    log = porch.site.browser().get("/core/audit").text
    assert "Sign-in refused" in log
    assert "Firefox on Windows" in log


def test_nobody_writes_events_of_the_door_by_hand(porch: Porch) -> None:
    admin = porch.site.browser()
    admin.post(f"/core/user/{porch.id_of('admin')}/do/sign_in", {"facts": "{}"}, status=404)
    with porch.site.transaction() as ctx:
        assert not ctx.may("nobody")


def test_a_refusal_takes_the_same_statements_whether_somebody_has_the_login_or_not(porch: Porch) -> None:
    porch.person("ann")
    counts = []
    for login in ("nobody-here", "ann", "nobody-there"):
        browser = porch.browser()
        form = browser.get("/login").forms[0]
        form["login"], form["password"] = login, "wrong and wrong"
        with porch.site.statements() as sent:
            form.submit(status=422)
        counts.append(len(sent))

    assert len(set(counts)) == 1, counts


def test_the_account_page_takes_few_statements(porch: Porch) -> None:
    porch.person("ann")
    browser = porch.inside("ann")
    with porch.site.statements() as sent:
        browser.get("/me")
    assert len(sent) <= 11, sent


def test_the_sign_in_page_asks_the_database_nothing(porch: Porch) -> None:
    browser = porch.browser()
    with porch.site.statements() as sent:
        page = browser.get("/login")
    assert sent == []
    assert "/forgot" in page.text
