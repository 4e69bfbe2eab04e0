"""What auditors may rely on: they find who did what, and see no field that they may not see elsewhere."""

from __future__ import annotations

import csv
import io

import pytest
from library_rows import create
from sqlalchemy import create_engine, text

from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person


def auditor(site: Site, *permissions: tuple[str, str]) -> Browser:
    """Sign somebody in who reads and exports the audit log, and holds what else is given."""
    held = (("core.audit.read", "company"), ("core.audit.export", "company"), *permissions)
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", held, None, ()))
    return site.browser("ann")


def exported(browser: Browser, query: str = "") -> list[dict[str, str]]:
    wanted = "columns=action&columns=model&columns=named&columns=changed&columns=via"
    answer = browser.get(f"/core/audit/-/export.csv?{wanted}{query}")
    return list(csv.DictReader(io.StringIO(answer.body.decode("utf-8-sig"))))


def loan(site: Site) -> int:
    (reader,) = create(site, "reader", {"name": "Ann"})
    (book,) = create(site, "book", {"title": "Momo"})
    return create(site, "loan", {"book": book, "reader": reader, "secret": "a quiet word"})[0]


def test_the_log_tells_who_did_what_to_which_record(site: Site, browser: Browser) -> None:
    (book,) = create(site, "book", {"title": "Momo"})
    page = browser.get("/core/audit")

    assert f"/library/book/{book}" in page
    row = page.html.select_one("tr.hz-row").get_text(" ")
    assert all(words in row for words in ("Administrator", "Create", "Book", "Momo"))
    assert not page.html.select("tr.hz-row a[href$='/delete']")


def test_it_speaks_the_language_of_the_reader(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo"})
    browser.app.set_cookie("hz_locale", "zh_CN")

    assert "审计日志" in browser.get("/core/audit")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("&f-model=library.book", 2),
        ("&f-action=library.reader.create", 1),
        ("&f-model=library.book&f-via=web", 0),
        ("&f-at=2999-01-01", 0),
        ("&f-at-to=2999-01-01&f-model=library.book", 2),
        ("&f-user=2", 3),
        ("&f-user=999", 0),
        ("&q=MOMO", 1),
        ("&q=momo+Bastian", 0),
        ("&q=100%25", 0),
    ],
)
def test_it_is_searched_by_person_time_model_action_way_and_content(
    site: Site, browser: Browser, query: str, count: int
) -> None:
    create(site, "book", {"title": "Momo"}, {"title": "Bastian"})
    create(site, "reader", {"name": "Ann"})

    assert len(exported(browser, query)) == count


def test_the_filters_offer_what_there_is_in_words(site: Site, browser: Browser) -> None:
    page = browser.get("/core/audit?f-model=library.book")

    assert "Model: Book" in page
    assert page.html.select_one("select[name='f-action'] option[value='library.book.create']").text == "Book: Create"


def test_pages_go_on_where_the_last_one_ended(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}"} for at in range(100)))
    first = browser.get("/core/audit")
    second = first.click(href="after=", index=0)

    ids = [row["data-id"] for page in (first, second) for row in page.html.select("tr.hz-row")]
    assert len(ids) == len(set(ids)) >= 100


def test_only_those_with_the_permission_see_it(site: Site) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("bob", (("library.book.read", "company"),), None, ()))

    assert site.browser("bob").get("/core/audit", status=404)


def test_a_field_that_one_may_not_see_is_in_no_list_page_file_or_search(site: Site, browser: Browser) -> None:
    made = loan(site)
    found = exported(browser, "&f-model=library.loan")
    assert "a quiet word" in found[0]["Changes"]
    assert len(exported(browser, "&q=quiet")) == 1

    ann = auditor(site, ("library.loan.read", "company"))
    (row,) = exported(ann, "&f-model=library.loan")
    assert "Reader: Ann" in row["Changes"]
    assert "quiet word" not in row["Changes"]
    assert exported(ann, "&q=quiet") == []
    page = ann.get("/core/audit?f-model=library.loan")
    assert "quiet word" not in page
    entry = page.html.select_one("tr.hz-row")["data-id"]
    assert "quiet word" not in ann.get(f"/core/audit/{entry}")
    assert "quiet word" in browser.get(f"/core/audit/{entry}")
    assert str(made) in page


def test_the_content_of_records_one_may_not_read_is_not_told(site: Site) -> None:
    (book,) = create(site, "book", {"title": "Momo"})
    ann = auditor(site)
    (row,) = exported(ann, "&f-model=library.book")

    assert (row["Record"], row["Changes"]) == (f"#{book}", "")
    assert exported(ann, "&q=momo") == []
    page = ann.get("/core/audit")
    assert "Momo" not in page
    entry = page.html.select_one("tr.hz-row")["data-id"]
    answer = ann.get(f"/core/audit/{entry}")
    assert "Momo" not in answer
    assert "You may not see what was changed here." in answer


def test_who_sees_only_own_records_is_told_of_those(site: Site) -> None:
    loan(site)
    ann = auditor(site, ("library.loan.read", "own"))
    (row,) = exported(ann, "&f-model=library.loan")

    assert row["Changes"] == ""


def test_who_reads_the_logs_of_all_companies_is_told_only_what_they_see_there(site: Site) -> None:
    create(site, "book", {"title": "Momo"})
    engine = create_engine(site.database.owner_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO core_company (name, currency_id) SELECT 'Other', currency_id FROM core_company LIMIT 1"
        )
        connection.exec_driver_sql(
            "INSERT INTO core_audit (company_id, run, at, user_id, via, action, model, record, changes) "
            "SELECT max(id), 'r', now(), 1, 'web', 'library.book.create', 'library.book', 99, "
            '\'{"title": [null, "Bastian"]}\' FROM core_company'
        )
    engine.dispose()
    held = (("core.audit.read", "companies"), ("core.audit.export", "companies"), ("library.book.read", "company"))
    with site.transaction() as ctx:
        open_for_person(ctx, Person("eve", held, None, ()))
        ctx.session.execute(
            text("UPDATE core_user_role SET company_id = NULL WHERE user_id = (SELECT max(id) FROM core_user)")
        )
    eve = site.browser("eve")
    told = {row["Record"]: row["Changes"] for row in exported(eve, "&f-model=library.book")}

    assert told["#99"] == ""
    assert any("Title: Momo" in changes for changes in told.values())
    assert exported(eve, "&q=bastian") == []


def test_an_entry_shows_what_changed_as_the_history_does(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo"})
    entry = browser.get("/core/audit?f-model=library.book").html.select_one("tr.hz-row")["data-id"]
    page = browser.get(f"/core/audit/{entry}")

    changes = page.html.select_one("#hz-timeline dl.hz-changes").get_text(" ")
    assert "Title" in changes
    assert "Momo" in changes
    assert not page.html.select("#hz-timeline textarea, #hz-attachments, button[name='action']")


def test_an_entry_of_something_that_is_gone_is_told_all_the_same(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        ctx.session.connection().exec_driver_sql(
            "INSERT INTO core_audit (company_id, run, at, user_id, via, action, model, record, changes) "
            "SELECT id, 'r', now(), 1, 'fax', 'old.thing.bend', 'old.thing', 7, '{\"shape\": [1, 2]}' FROM core_company"
        )
    (row,) = exported(browser, "&q=")[:1]

    assert (row["Action"], row["Model"], row["Record"], row["Changes"]) == ("old.thing.bend", "old.thing", "#7", "")
    entry = browser.get("/core/audit").html.select_one("tr.hz-row")["data-id"]
    assert "old.thing #7" in browser.get(f"/core/audit/{entry}")
