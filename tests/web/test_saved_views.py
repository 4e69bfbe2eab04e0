"""What saved views may be relied on for: the whole state of a list under a name, for oneself or for others."""

from __future__ import annotations

from typing import Any

import pytest
from library_rows import create

from hanse.actions import find_action
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, department, open_for_person

SHARE = ("core.saved_view.share", "company")
READ = ("library.book.read", "company")


def titles(answer: Any) -> list[str]:
    return [row.text for row in answer.html.select("tr.hz-row td[data-slot=title] a")]


def keep(browser: Browser, name: str, path: str = "/library/book", **state: str) -> Any:
    answer = browser.post(f"{path}/-/view", {"do": "keep", "name": name, **state})
    return answer.headers["Location"].rpartition("=")[2]


def menu(answer: Any) -> list[str]:
    found = answer.html.select(".hz-views .hz-menu__item")
    return [one.get_text(strip=True) for one in found]


def notices(answer: Any) -> str:
    return " ".join(one.get_text(" ", strip=True) for one in answer.html.select(".hz-notice"))


@pytest.fixture
def books(site: Site) -> None:
    create(
        site,
        "book",
        {"title": "Momo", "genre": "children's", "pages": 300},
        {"title": "Ulysses", "genre": "novel", "pages": 900},
        {"title": "Howl", "genre": "poetry", "pages": 60},
    )


def person(site: Site, name: str, *permissions: tuple[str, str], departments: tuple[str, ...] = ()) -> Browser:
    with site.transaction() as ctx:
        open_for_person(ctx, Person(name, permissions, None, departments))
    return site.browser(name)


@pytest.mark.usefixtures("books")
def test_a_view_brings_back_filters_order_and_columns(browser: Browser) -> None:
    state = {"f-pages": "100", "sort": "-title", "columns": "title"}
    view = keep(browser, "Thick ones", **state)

    answer = browser.get(f"/library/book?view={view}")

    assert titles(answer) == ["Ulysses", "Momo"]
    assert [head.get_text(strip=True) for head in answer.html.select("thead th")][1:] == ["Title"]
    assert "Thick ones" in menu(answer)


@pytest.mark.usefixtures("books")
def test_a_changed_view_says_so_and_takes_the_change_in_place(browser: Browser) -> None:
    view = keep(browser, "Thick ones", **{"f-pages": "100"})
    address = f"/library/book?f-pages=500&from={view}"
    assert "Thick ones (changed)" in browser.get(address).text

    button = browser.get(address).html.select_one(".hz-views form[action*='do=update']")
    browser.post(button["action"])

    assert titles(browser.get(f"/library/book?view={view}")) == ["Ulysses"]
    assert "(changed)" not in browser.get(f"/library/book?view={view}").text


@pytest.mark.usefixtures("books")
def test_the_default_view_opens_the_list_and_everything_stays_one_click_away(browser: Browser) -> None:
    view = keep(browser, "Poems", **{"f-genre": "poetry", "begin": "1"})

    answer = browser.get("/library/book")
    assert titles(answer) == ["Howl"]
    everything = answer.html.select_one(".hz-views .hz-menu__item")["href"]
    assert len(titles(browser.get(everything))) == 3
    segment = answer.html.select_one(".hz-segments:not(.hz-modes) a")["href"]
    assert len(titles(browser.get(segment))) == 3, "the filter of the view can be taken away"

    browser.post("/library/book/-/view", {"do": "forget", "view": view})
    assert len(titles(browser.get("/library/book"))) == 3


@pytest.mark.usefixtures("books")
def test_what_is_done_with_selected_rows_does_not_depend_on_the_default_view(browser: Browser) -> None:
    keep(browser, "Poems", **{"f-genre": "poetry", "begin": "1"})
    everything = browser.get("/library/book?from=0")
    row = next(one for one in everything.html.select("tr.hz-row") if "Momo" in one.text)

    file = browser.post("/library/book/-/export.csv", {"ids": row["data-id"]})

    assert "Momo" in file.body.decode("utf-8-sig")


@pytest.mark.usefixtures("books")
def test_a_view_is_renamed_and_deleted(browser: Browser) -> None:
    view = keep(browser, "Poems", **{"f-genre": "poetry"})
    browser.post("/library/book/-/view", {"do": "edit", "view": view, "name": "Verses", "audience": "me"})
    assert "Verses" in menu(browser.get("/library/book"))

    browser.post("/library/book/-/view", {"do": "delete", "view": view})
    answer = browser.get(f"/library/book?view={view}")
    assert "Verses" not in answer.text
    assert "not there any more" in notices(answer)
    assert len(titles(answer)) == 3


@pytest.mark.usefixtures("books")
def test_others_see_only_what_is_shared_with_them(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        north = department(ctx, "North")
    keep(browser, "Mine", **{"f-genre": "poetry"})
    keep(browser, "Ours", **{"f-genre": "poetry", "audience": "company"})
    keep(browser, "Norths", **{"f-genre": "poetry", "audience": "department", "department": str(north)})

    ann = person(site, "ann", READ, departments=("North",))
    bob = person(site, "bob", READ)

    assert {"Ours", "Norths"} == {"Mine", "Ours", "Norths"} & set(menu(ann.get("/library/book")))
    assert {"Ours"} == {"Mine", "Ours", "Norths"} & set(menu(bob.get("/library/book")))


@pytest.mark.usefixtures("books")
def test_sharing_needs_a_right_and_nobody_changes_what_is_somebody_elses(site: Site, browser: Browser) -> None:
    ann = person(site, "ann", READ)
    refused = ann.post("/library/book/-/view", {"do": "keep", "name": "Ours", "audience": "company"})
    assert "Share saved views" in refused.follow().text
    assert "Ours" not in menu(ann.get("/library/book"))

    ours = keep(browser, "Ours", **{"f-genre": "poetry", "audience": "company"})
    entries = menu(ann.get(f"/library/book?view={ours}"))
    assert "Save as a new view…" in entries
    assert not {"Delete view", "Rename or share…"} & set(entries)
    for deed in ({"do": "delete"}, {"do": "edit", "name": "Hers"}, {"do": "update", "q": "x"}):
        ann.post("/library/book/-/view", {"view": ours, **deed}, status="*")
    assert titles(browser.get(f"/library/book?view={ours}")) == ["Howl"]


def test_a_shared_view_shows_nobody_more_than_they_see(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        ann_ctx = open_for_person(ctx, Person("ann", (("library.loan.read", "own"),), None, ()))
        ann_id = ann_ctx.user.id
    (reader,) = create(site, "reader", {"name": "Emma"})
    (book,) = create(site, "book", {"title": "Momo"})
    create(site, "loan", {"book": book, "reader": reader, "clerk": ann_id}, {"book": book, "reader": reader})
    view = keep(browser, "All loans", "/library/loan", **{"f-state": "asked", "audience": "company"})

    assert len(titles(browser.get(f"/library/loan?view={view}"))) == 2
    assert len(titles(site.browser("ann").get(f"/library/loan?view={view}"))) == 1


def test_what_is_not_there_for_the_reader_is_said_and_left_out(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Emma"})
    (book,) = create(site, "book", {"title": "Momo"})
    create(site, "loan", {"book": book, "reader": reader})
    action = find_action("core.saved_view.create")
    assert action is not None
    query = "f-secret=hush&f-gone=7&sort=gone&group=secret&f-state=asked&as=nowhere"
    with site.transaction() as ctx:
        values = {"name": "Old", "model": "library.loan", "query": query, "shared": True}
        (view,) = ctx.run(action, values=[values]).done
    ann = person(site, "ann", ("library.loan.read", "company"))

    answer = ann.get(f"/library/loan?view={view}")

    assert len(titles(answer)) == 1
    assert "secret, gone, nowhere" in notices(answer)
    assert "hush" not in answer.text


def test_a_view_belongs_to_one_company(site: Site, browser: Browser) -> None:
    keep(browser, "Here", **{"f-genre": "poetry", "audience": "company"})
    with site.database.session() as session, session.begin():
        from sqlalchemy import text

        session.execute(text("SELECT set_config('hanse.companies', '{999}', true)"))
        assert session.execute(text("SELECT count(*) FROM core_saved_view")).scalar() == 0


def test_the_name_of_a_view_is_taken_once(browser: Browser) -> None:
    keep(browser, "Poems", **{"f-genre": "poetry"})

    again = browser.post("/library/book/-/view", {"do": "keep", "name": "Poems", "f-genre": "novel"})

    assert "f-genre=novel" in again.headers["Location"], "the list stays as it was"
    assert "a view with this name already" in again.follow().text


def test_the_palette_and_favourites_lead_to_views(browser: Browser) -> None:
    view = keep(browser, "Night shift", **{"f-genre": "poetry"})
    url = f"/library/book?view={view}"

    found = browser.get("/palette?q=night").json
    assert {"title": "Night shift", "hint": "Books", "url": url, "icon": "bookmark"} in found

    browser.post(f"/core/saved_view/{view}/star")
    home = browser.get("/").html
    assert home.find("a", string="Night shift")["href"] == f"/core/saved_view/{view}"
    assert browser.get(f"/core/saved_view/{view}").headers["Location"].endswith(url)


def test_a_list_with_views_stays_within_eight_statements(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}"} for at in range(100)))
    view = keep(browser, "Bs", q="B0", **{"f-active": "yes"})
    browser.get(f"/library/book?view={view}")
    with site.statements() as sent:
        browser.get(f"/library/book?view={view}")

    assert len(sent) <= 8, "\n".join(sent)
