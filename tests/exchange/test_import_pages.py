"""What whoever imports in the browser may rely on: nothing happens unseen, nothing typed is lost, and rights hold."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any

import pytest
from sample_library.models import Book
from webtest import Upload

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person, switch_on

START = "/library/book/-/import"


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Any:
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            switch_on(ctx, ("sample_library", "hanse_contacts"))
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    return site.browser()


def upload(browser: Browser, text: str, start: str = START) -> str:
    """Upload a file; give the address of its import."""
    answer = browser.post(start, [("file", Upload("books.csv", text.encode()))], status=303)
    return str(answer.location)


def titles(site: Site) -> list[str]:
    with site.transaction() as ctx:
        return sorted(ctx.all(Book)[Book.title])


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_a_file_is_mapped_checked_imported_and_undone(site: Site, browser: Browser) -> None:
    own = upload(browser, "Title,Pages\nMomo,304\nBad,x\n")
    columns = browser.get(own)
    assert columns.forms["record-form"]["column-0"].value == "title"  # proposed
    assert "Momo" in columns.text

    fields = {"action": "check", "column-0": "title", "column-1": "pages"}
    checked = browser.post(own, fields, status=303).follow()
    assert "Nothing is changed yet" in checked.text
    assert "Pages must be a number" in checked.text
    assert titles(site) == []

    done = browser.post(own, {"action": "run", "mode": "skip"}, status=303).follow()
    assert "Imported, except for the rows in the table." in done.text
    assert titles(site) == ["Momo"]

    undone = browser.post(own, {"action": "undo"}, status=303).follow()
    assert "everything is as before" in undone.text
    assert titles(site) == []


def test_the_result_file_has_the_rows_with_what_became_of_them(browser: Browser) -> None:
    own = upload(browser, "Title,Pages\n=Momo,304\nBad,x\n")
    browser.post(own, {"action": "check", "column-0": "title", "column-1": "pages"}, status=303)
    browser.post(own, {"action": "run", "mode": "skip"}, status=303)

    head, good, bad = rows_of(browser.get(f"{own}/result.csv"))
    assert head == ["Title", "Pages", "Result", "Record", "What is wrong"]
    assert good[:3] == ["'=Momo", "304", "created"]
    assert good[3].isdigit()
    assert bad == ["Bad", "x", "refused", "", "Pages must be a number, written as 1,234.56."]
    assert rows_of(browser.get(f"{own}/refused.csv"))[1:] == [bad]


def test_a_mapping_that_cannot_work_is_refused_and_kept_on_the_page(browser: Browser) -> None:
    own = upload(browser, "Title,Name\nMomo,Momo\n")
    fields = {"action": "check", "column-0": "title", "column-1": "title"}
    answer = browser.post(own, fields, status=422)

    assert "Two columns become Title." in answer.text
    assert answer.forms["record-form"]["column-1"].value == "title"


def test_a_mapping_is_remembered_for_the_same_headings(browser: Browser) -> None:
    own = upload(browser, "Werk,Seiten\nMomo,1\n")
    fields = {"action": "check", "column-0": "title", "column-1": "pages", "match": "0", "mark": ","}
    browser.post(own, fields, status=303)
    again = browser.get(upload(browser, "Werk,Seiten\nJim Knopf,2\n")).forms["record-form"]
    other = browser.get(upload(browser, "Seiten,Verlag\n2,X\n")).forms["record-form"]

    assert (again["column-0"].value, again["column-1"].value, again["mark"].value) == ("title", "pages", ",")
    assert (other["column-0"].value, other["column-1"].value) == ("pages", "")


def test_what_was_not_found_is_said_once_for_all_rows(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        from hanse.actions import find_action

        create = find_action("library.shelf.create")
        assert create is not None
        shelf = ctx.run(create, values=[{"name": "Anna"}]).id
    own = upload(browser, "Title,Shelf\nA,Old\nB,Old\n")
    page = browser.post(own, {"action": "check", "column-0": "title", "column-1": "shelf"}, status=303).follow()
    assert "2 rows" in page.text

    fields = [("action", "replace"), ("replace-path", "shelf"), ("replace-text", "Old"), ("replace-by-0", str(shelf))]
    assert "Every row can be imported." in browser.post(own, fields, status=303).follow().text


@pytest.mark.parametrize("text", ["", "\n\n\n", "Title\n"])
def test_a_file_without_rows_is_refused(browser: Browser, text: str) -> None:
    answer = browser.post(START, [("file", Upload("books.csv", text.encode()))], status=422)
    assert "has no rows" in answer.text


def test_without_a_file_one_is_asked_for(browser: Browser) -> None:
    assert "Choose a file first." in browser.post(START, {}, status=422).text


def test_the_headings_may_stand_elsewhere(browser: Browser) -> None:
    own = upload(browser, "Title,Pages\nTitel,Seiten\nMomo,1\n")
    page = browser.post(own, {"action": "headings", "headings": "2"}, status=303).follow()

    assert "Seiten" in page.text
    assert page.forms["record-form"].fields.get("column-2") is None


def test_importing_needs_its_own_permission_and_that_to_make_records(site: Site) -> None:
    read, write = ("library.book.read", "company"), ("library.book.create", "company")
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (read, write), None, ()))
        open_for_person(ctx, Person("bob", (read, ("library.book.import", "company")), None, ()))
        open_for_person(ctx, Person("cleo", (read, write, ("library.book.import", "company")), None, ()))

    for name in ("ann", "bob"):
        site.browser(name).get(START, status=403)
        assert "Import from a file" not in site.browser(name).get("/library/book").text
    assert "Import from a file" in site.browser("cleo").get("/library/book").text
    upload(site.browser("cleo"), "Title\nMomo\n")


def test_nobody_sees_the_import_of_another_without_the_right_to(site: Site) -> None:
    rights = tuple((f"library.book.{verb}", "company") for verb in ("read", "create", "import"))
    with site.transaction() as ctx:
        for name in ("ann", "bob"):
            open_for_person(ctx, Person(name, rights, None, ()))
        open_for_person(ctx, Person("boss", (*rights, ("core.import.read", "company")), None, ()))
    own = upload(site.browser("ann"), "Title\nMomo\n")

    for path in (own, f"{own}/result.csv"):
        site.browser("bob").get(path, status=404)
        site.browser("boss").get(path)
    site.browser("bob").post(own, {"action": "check", "column-0": "title"}, status=404)


def test_fields_one_may_not_write_are_not_offered_and_are_refused(site: Site) -> None:
    rights = tuple((f"library.loan.{verb}", "company") for verb in ("read", "create", "import"))
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", rights, None, ()))
    ann = site.browser("ann")
    own = upload(ann, "Fee\n1\n", "/library/loan/-/import")

    assert "fee" not in [value for value, *_rest in ann.get(own).forms["record-form"]["column-0"].options]
    assert "no field" in ann.post(own, {"action": "check", "column-0": "fee"}, status=422).text


def test_the_template_is_a_file_that_can_be_imported(site: Site, browser: Browser) -> None:
    head, example = rows_of(browser.get(f"{START}/template.csv"))
    assert head[0] == "Title"
    text = io.StringIO()
    csv.writer(text).writerows([head, ["Momo", *example[1:]]])
    form = browser.get(upload(browser, text.getvalue())).forms["record-form"]

    assert [form[f"column-{place}"].value != "" for place in range(len(head))] == [True] * len(head)


def test_what_is_exported_is_imported_again_as_it_was(site: Site, browser: Browser) -> None:
    from hanse.actions import find_action

    create = find_action("library.book.create")
    assert create is not None
    with site.transaction() as ctx:
        ctx.run(
            create, values=[{"title": "=Momo", "pages": 3, "price": "12.5", "bought": "2026-03-01", "genre": "poetry"}]
        )
    wanted = "?columns=title&columns=pages&columns=price&columns=bought&columns=genre&columns=active"
    for form in ("csv", "xlsx"):
        file = browser.get(f"/library/book/-/export.{form}{wanted}").body
        answer = browser.post(START, [("file", Upload(f"x.{form}", file))], status=303)
        page = answer.follow().forms["record-form"]
        fields = {name: page[name].value for name in page.fields if name and name.startswith("column-")}
        checked = browser.post(answer.location, fields | {"action": "check", "match": "0"}, status=303).follow()
        assert "would be unchanged" in checked.text
        assert "would be updated" not in checked.text


def test_what_is_imported_is_not_read_again_nor_imported_twice(site: Site, browser: Browser) -> None:
    own = upload(browser, "Title\nMomo\n")
    browser.post(own, {"action": "check", "column-0": "title"}, status=303)
    browser.post(own, {"action": "run"}, status=303)
    for action in (
        {"action": "run"},
        {"action": "headings", "headings": "1"},
        {"action": "check", "column-0": "title"},
    ):
        answer = browser.post(own, action, status="*")
        page = answer.follow() if answer.status_int == 303 else answer
        assert "already" in page.text

    assert titles(site) == ["Momo"]
    browser.post(own, {"action": "undo"}, status=303)
    assert titles(site) == []


def test_an_undo_that_is_not_allowed_says_so_and_changes_nothing(site: Site) -> None:
    rights = tuple((f"library.book.{verb}", "company") for verb in ("read", "create", "import"))
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", rights, None, ()))
    ann = site.browser("ann")
    own = upload(ann, "Title\nMomo\n")
    ann.post(own, {"action": "check", "column-0": "title"}, status=303)
    ann.post(own, {"action": "run"}, status=303)

    assert "You may not do this" in ann.post(own, {"action": "undo"}, status=303).follow().text
    assert titles(site) == ["Momo"]


def test_a_column_of_files_is_left_out_and_the_page_says_why(site: Site, browser: Browser) -> None:
    own = upload(browser, "Title,Cover\nMomo,momo.png\n")
    page = browser.get(own)
    field = page.forms["record-form"]["column-1"]
    assert (field.value, field.options[0][2]) == ("", "(files are not imported; upload them)")
    refused = browser.post(own, {"action": "check", "column-0": "title", "column-1": "cover"}, status=422)
    assert "Cover holds files, which a sheet does not bring. Upload them." in refused.text
    browser.post(own, {"action": "check", "column-0": "title", "column-1": ""}, status=303)
