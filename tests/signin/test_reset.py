"""A new password by mail: for whoever owns the mailbox, once, for half an hour, and no word to anybody else."""

from __future__ import annotations

import pytest
from porch import PASSWORD, Porch
from sqlalchemy import text

NEW = "quite another secret"


def ask(porch: Porch, login: str, *, expect: int = 200) -> str:
    form = porch.browser().get("/forgot").forms[0]
    form["login"] = login
    return str(form.submit(status=expect).text)


def choose(porch: Porch, link: str, password: str = NEW, *, status: int = 303):
    browser = porch.browser()
    form = browser.get(link).forms[0]
    form["password"], form["again"] = password, password
    return browser, form.submit(status=status)


def test_a_link_by_mail_leads_to_a_new_password_and_signs_in(porch: Porch) -> None:
    user = porch.person("ann")
    elsewhere = porch.inside("ann")
    ask(porch, "ann@example.com")
    browser, _answer = choose(porch, porch.link("ann@"))

    assert browser.get("/me").status_int == 200
    assert elsewhere.get("/me").status_int == 303
    assert porch.sign_in("ann", NEW).status_int == 303
    assert porch.sign_in("ann", PASSWORD).status_int == 422
    events = porch.events(user)
    assert [one for one in events if one in ("ask_for_password", "reset_password")] == [
        "ask_for_password",
        "reset_password",
    ]
    assert "Your password was changed" in [str(one["Subject"]) for one in porch.letters("ann@")]


def test_the_link_begins_with_the_address_of_the_settings_whatever_the_browser_says(porch: Porch) -> None:
    porch.person("ann")
    browser = porch.browser()
    browser.app.extra_environ["HTTP_HOST"] = "evil.example"
    form = browser.get("/forgot").forms[0]
    form["login"] = "ann"
    form.submit(status=200, headers={"X-Forwarded-Host": "evil.example"})
    (letter,) = porch.letters("ann@")

    assert "evil.example" not in letter.as_string()
    assert porch.link("ann@").startswith("/password?token=")


def test_everybody_is_answered_alike_and_with_the_same_statements(porch: Porch) -> None:
    porch.person("ann")
    porch.person("svc")
    porch.change("UPDATE core_user SET service = true, password = NULL WHERE login = 'svc'")
    answers, counts = set(), []
    for login in ("ann", "ann@example.com", "nobody", "nobody@example.com", "svc"):
        form = porch.browser().get("/forgot").forms[0]
        form["login"] = login
        with porch.site.statements() as sent:
            page = form.submit(status=200)
        answers.add(page.html.select_one("main").get_text())
        counts.append(len(sent))

    assert len(answers) == 1
    assert len(set(counts)) == 1, counts
    assert [str(one["To"]) for one in porch.letters()] == ["Ann <ann@example.com>"] * 2


def test_a_link_works_once(porch: Porch) -> None:
    porch.person("ann")
    ask(porch, "ann")
    link = porch.link("ann@")
    porch.browser().get(link)  # a program that looks into mail uses nothing up
    choose(porch, link)

    assert porch.browser().get(link, status=410)


@pytest.mark.parametrize(
    "meanwhile",
    [
        "UPDATE core_sign_in_link SET expires = now() - interval '1 second'",
        "UPDATE core_user SET active = false WHERE login = 'ann'",
        "UPDATE core_user SET service = true WHERE login = 'ann'",
    ],
)
def test_a_link_that_is_old_or_of_somebody_blocked_opens_nothing(porch: Porch, meanwhile: str) -> None:
    porch.person("ann")
    ask(porch, "ann")
    link = porch.link("ann@")
    browser = porch.browser()
    form = browser.get(link).forms[0]
    form["password"], form["again"] = NEW, NEW
    porch.change(meanwhile)

    assert form.submit(status=410)
    assert porch.browser().get(link, status=410)


def test_a_newer_link_a_password_change_and_another_address_end_an_older_link(porch: Porch) -> None:
    user = porch.person("ann")
    ask(porch, "ann")
    first = porch.link("ann@")
    ask(porch, "ann")
    second = porch.link("ann@")
    assert porch.browser().get(first, status=410)
    with porch.site.transaction() as ctx:
        from hanse.actions import find_action

        ctx.run(find_action("core.user.set_password"), [user], password=NEW)  # type: ignore[arg-type]
    assert porch.browser().get(second, status=410)
    ask(porch, "ann")
    third = porch.link("ann@")
    admin = porch.site.browser()
    form = admin.get(f"/core/user/{user}").forms["record-form"]
    form["email"] = "other@example.com"
    form.submit("action", value="save", status=303)
    assert porch.browser().get(third, status=410)


def test_only_a_hash_is_stored_and_the_mail_forgets_its_words(porch: Porch) -> None:
    porch.person("ann")
    ask(porch, "ann")
    token = porch.link("ann@").partition("=")[2]
    with porch.site.transaction() as ctx:
        tables = ctx.session.scalars(text("SELECT relname FROM pg_class WHERE relname LIKE 'core_%' AND relkind = 'r'"))
        found = [
            name
            for name in tables.all()
            if ctx.session.scalar(
                text(f"SELECT count(*) FROM {name} t WHERE t::text LIKE :token"),
                {"token": f"%{token}%"},
            )
        ]
    assert found == []


def test_a_mail_that_cannot_leave_within_the_half_hour_is_given_up_and_emptied(porch: Porch) -> None:
    from hanse.mail.transport import NotSent, Nowhere

    class Away(Nowhere):
        def send(self, message):
            raise NotSent("the server is away")

    porch.post = Away()
    porch.person("ann")
    ask(porch, "ann")
    porch.do_jobs()
    assert porch.value("SELECT state FROM core_mail") == "waiting"
    for _try in range(4):
        porch.do_jobs(later=True)

    assert porch.value("SELECT state || plain || html FROM core_mail") == "failed"


def test_too_many_links_are_refused_by_name_and_by_address(porch: Porch) -> None:
    porch.person("ann")
    for _time in range(3):
        ask(porch, "ann")
    assert "Too many mails" in ask(porch, "ann", expect=429)
    for number in range(7):
        ask(porch, f"nobody{number}")
    assert "Too many mails" in ask(porch, "somebody else", expect=429)
    assert len(porch.letters("ann@")) == 3


def test_one_person_gets_no_more_mail_by_both_names_of_theirs(porch: Porch) -> None:
    porch.person("ann")
    for login in ("ann", "ann@example.com", "ann", "ann@example.com", "ANN", "Ann@Example.com"):
        ask(porch, login)

    assert len(porch.letters("ann@")) == 3


def test_a_weak_password_is_refused_with_words_and_the_link_stays(porch: Porch) -> None:
    porch.person("ann")
    ask(porch, "ann")
    link = porch.link("ann@")
    _browser, page = choose(porch, link, "qwertyuiop", status=422)
    assert "easy to guess" in page.text
    _browser, page = choose(porch, link, "hanse-trading", status=422)
    assert "little more than a name" in page.text

    choose(porch, link)


def test_two_people_with_one_address_get_a_mail_each(porch: Porch) -> None:
    porch.person("ann", email="shop@example.com")
    porch.person("bob", email="Shop@example.com")
    ask(porch, "shop@example.com")

    assert sorted(str(one["To"]).partition(" ")[0] for one in porch.letters()) == ["Ann", "Bob"]


def test_a_mail_is_written_in_the_language_of_who_gets_it(porch: Porch) -> None:
    porch.person("ann")
    porch.change("UPDATE core_user SET locale = 'zh_CN' WHERE login = 'ann'")
    ask(porch, "ann")

    assert "密码" in str(porch.letters("ann@")[0]["Subject"])
