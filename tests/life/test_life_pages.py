"""What people see of archived records, merges and trails, and programs of merged ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hanse.actions import find_action
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import switch_on


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            switch_on(ctx, ("sample_library",))
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


@pytest.fixture
def readers(site: Site) -> tuple[int, int]:
    with site.transaction() as ctx:
        ann, anne = ctx.run(
            find_action("library.reader.create"), values=[{"name": "Ann"}, {"name": "Anne", "limit": 3}]
        ).done
        book = ctx.run(find_action("library.book.create"), values=[{"title": "Momo"}]).id
        ctx.run(find_action("library.loan.create"), values=[{"book": book, "reader": anne}])
    return ann, anne


def run(site: Site, name: str, ids: list[int], **params: Any) -> None:
    with site.transaction() as ctx:
        ctx.run(find_action(name), ids, **params)


def test_archived_records_are_a_segment_grey_and_bannered(site: Site, browser: Browser, readers) -> None:
    ann, anne = readers
    run(site, "library.reader.archive", [anne])
    page = browser.get("/library/reader")
    assert [one.text.strip() for one in page.html.select(".hz-segments:not(.hz-modes) a")] == ["In use", "Archived"]
    assert [row["data-id"] for row in page.html.select("tr.hz-row")] == [str(ann)]
    archived = browser.get("/library/reader?f-archived=yes")
    assert [row["class"] for row in archived.html.select("tr.hz-row")] == [["hz-row", "hz-row--muted"]]

    form = browser.get(f"/library/reader/{anne}")
    assert "This is archived" in form.html.text
    assert form.html.select_one(".hz-sheet[data-archived]") is not None
    names = [one["name"] for one in browser.get("/library/reader/-/complete?q=Ann").json]
    assert names == ["Ann"]
    assert "Anne" not in [one["title"] for one in browser.get("/palette?q=Anne").json]


def test_a_list_with_archived_records_stays_within_its_statements(site: Site, browser: Browser, readers) -> None:
    browser.get("/library/reader")
    with site.statements() as sent:
        browser.get("/library/reader")
    assert len(sent) <= 8


def test_duplicates_are_merged_on_a_page_that_says_what_moves(site: Site, browser: Browser, readers) -> None:
    ann, anne = readers
    asked = browser.post("/library/reader/-/merge", [("ids", str(ann)), ("ids", str(anne))], status=303)
    page = browser.get(asked.location)
    assert "Loans" in page.html.select_one("#hz-merge").text
    cells = [one.text.strip() for one in page.html.select("table.hz-merge")[1].select("tbody td")]
    assert cells == ["Reader", "1", "–", "–", "–"]

    form = page.forms["merge-form"]
    form["take-name"] = str(anne)
    done = form.submit(status=303)
    assert done.location.endswith(f"/library/reader/{ann}")
    merged = browser.get(f"/library/reader/{ann}")
    assert merged.forms["record-form"]["name"].value == "Anne"
    assert merged.forms["record-form"]["limit"].value == "3"

    led = browser.get(f"/library/reader/{anne}", status=303)
    assert led.location.endswith(f"/library/reader/{ann}")
    assert "was merged into this record" in browser.get(f"/library/reader/{ann}").text
    assert "Look at the merge" in merged.text
    stale = browser.get(f"/library/reader/{anne}?as-it-was=1")
    assert "This is archived" in stale.text

    merges = browser.get("/core/merge")
    number = merges.html.select_one("tr.hz-row")["data-id"]
    browser.post(f"/core/merge/{number}/do/undo", status=303)
    assert browser.get(f"/library/reader/{anne}").forms["record-form"]["name"].value == "Anne"
    assert browser.get(f"/library/reader/{ann}").forms["record-form"]["name"].value == "Ann"


def test_one_record_asks_for_its_duplicate(browser: Browser, readers) -> None:
    ann, anne = readers
    page = browser.get(f"/library/reader/-/merge?ids={ann}")
    assert "Choose the record that is the same" in page.text
    both = browser.get(f"/library/reader/-/merge?ids={ann}&add={anne}")
    assert len(both.html.select('input[name="survivor"]')) == 2


def test_programs_are_led_to_the_successor(site: Site, browser: Browser, readers) -> None:
    ann, anne = readers
    run(site, "library.reader.merge", [ann, anne], survivor=ann)
    led = browser.get(f"/api/v1/library.reader/{anne}", status=301)
    assert led.location.endswith(f"/api/v1/library.reader/{ann}")
    assert led.json["successor"] == ann
    headers = {"X-CSRF-Token": browser.csrf}
    gone = browser.app.patch_json(f"/api/v1/library.reader/{anne}", {"name": "x"}, status=410, headers=headers)
    assert str(ann) in gone.json["detail"]
    assert browser.get(f"/api/v1/library.reader/{ann}").json["name"] == "Ann"


def test_a_record_says_in_what_it_is_used(site: Site, browser: Browser, readers) -> None:
    _ann, anne = readers
    page = browser.get(f"/library/reader/{anne}")
    assert page.html.select_one("#hz-trail")["hx-get"].endswith(f"/library/reader/{anne}/trail")
    with site.statements() as sent:
        trail = browser.get(f"/library/reader/{anne}/trail")
    assert len(sent) <= 10
    use = trail.html.select_one(".hz-uses li")
    assert "Loans" in use.text
    assert use.select_one("a")["href"].endswith(f"/library/loan?f-reader={anne}")


def test_deleting_what_is_used_says_by_what(site: Site, browser: Browser, readers) -> None:
    _ann, anne = readers
    browser.post(f"/library/reader/{anne}/do/delete", status=303)
    answer = browser.get(f"/library/reader/{anne}")
    assert "It cannot be deleted, as it is still used: 1 × Loans (Reader). Archive it instead." in answer.html.text
