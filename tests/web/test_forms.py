"""What forms may be relied on for: values in and out, errors beside fields, nothing typed lost, nobody overwritten."""

from __future__ import annotations

import json
from typing import Any

from library_rows import create
from sample_library.models import Book, Copy, Loan, LoanState
from sqlalchemy import select

from hanse.actions import find_action
from hanse.testing.browser import Browser, Site


def book(site: Site, record: int) -> dict[str, Any]:
    """Read a book with its copies."""
    with site.transaction() as ctx:
        found = ctx.session.get_one(Book, record)
        values = {name: getattr(found, name) for name in ("title", "pages", "price", "active", "rev", "remark")}
        copies = [
            tuple(row)
            for row in ctx.session.execute(select(Copy.barcode, Copy.cost).where(Copy.book == found).order_by(Copy.id))
        ]
        return {**values, "copies": copies}


def form(answer: Any) -> Any:
    return answer.forms["record-form"]


def test_a_new_record_is_made_with_its_lines(site: Site, browser: Browser) -> None:
    page = form(browser.get("/library/book/new"))
    fields = [
        *page.submit_fields(),
        ("copies-0-barcode", "A1"),
        ("copies-0-cost", "1,234.50"),
        ("copies-1-barcode", "A2"),
    ]
    fields = [(name, value) for name, value in fields if name not in ("title", "pages", "copies-order")]
    answer = browser.post(
        "/library/book/new", [*fields, ("title", "Momo"), ("pages", "300"), ("copies-order", "0,1")], status=303
    )

    found = book(site, int(answer.location.rpartition("/")[2]))
    assert (found["title"], found["pages"], found["active"]) == ("Momo", 300, True)
    assert [(code, str(cost)) for code, cost in found["copies"]] == [("A1", "1234.50"), ("A2", "None")]


def test_a_form_sent_twice_makes_one_record(site: Site, browser: Browser) -> None:
    page = form(browser.get("/library/book/new"))
    page["title"] = "Momo"
    first = page.submit("action", value="save", status=303)
    second = page.submit("action", value="save", status=303)

    assert second.location == first.location
    assert len(browser.get("/library/book").html.select("tr.hz-row")) == 1


def test_what_is_wrong_stands_beside_the_field_and_what_was_typed_stays(site: Site, browser: Browser) -> None:
    page = form(browser.get("/library/book/new"))
    page["pages"], page["bought"], page["remark"] = "many", "2026-01-05", "kept\r\nlines"
    answer = page.submit("action", value="save", status=422)

    again = form(answer)
    assert again["pages"].value == "many"
    assert again["remark"].value.split() == ["kept", "lines"]
    assert answer.html.select_one("#f-title-error").text.strip() == "Please fill this in."
    assert answer.html.select_one("#f-pages-error").text.strip() == "Write a whole number."
    assert [link["href"] for link in answer.html.select("[data-errors] a")] == ["#f-title", "#f-pages"]


def test_what_the_database_refuses_is_said_and_nothing_is_kept(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo"})
    page = form(browser.get("/library/book/new"))
    page["title"] = "Momo"
    answer = page.submit("action", value="save", status=422)

    assert "There is a book with this title already." in answer.text
    again = form(answer)
    again["title"] = "Momo II"
    assert again.submit("action", value="save", status=303)


def test_a_wrong_line_is_named_by_its_number_and_cell(site: Site, browser: Browser) -> None:
    (record,) = create(site, "book", {"title": "Momo", "copies": [{"barcode": "A1"}]})
    page = form(browser.get(f"/library/book/{record}"))
    fields = [(name, value) for name, value in page.submit_fields() if name != "copies-order"]
    fields += [("copies-7-barcode", "B1"), ("copies-7-cost", "abc"), ("copies-9-cost", "5"), ("copies-order", "7,0,9")]
    answer = browser.post(f"/library/book/{record}", fields, status=422)

    assert [link["href"] for link in answer.html.select("[data-errors] a")] == ["#copies-7-cost", "#copies-9-barcode"]
    assert answer.html.select_one("[name='copies-7-barcode']")["value"] == "B1"


def test_lines_are_changed_added_and_removed(site: Site, browser: Browser) -> None:
    (record,) = create(site, "book", {"title": "Momo", "copies": [{"barcode": "A1"}, {"barcode": "A2"}]})
    page = form(browser.get(f"/library/book/{record}"))
    fields = [(name, value) for name, value in page.submit_fields() if name not in ("copies-order", "copies-1-barcode")]
    fields += [("copies-1-barcode", "A2b"), ("copies-2-barcode", "A3"), ("copies-order", "1,2")]
    browser.post(f"/library/book/{record}", fields, status=303)

    assert [code for code, _cost in book(site, record)["copies"]] == ["A2b", "A3"]


def test_two_people_who_change_different_fields_lose_nothing(site: Site, browser: Browser) -> None:
    (record,) = create(site, "book", {"title": "Momo", "pages": 1})
    mine = form(browser.get(f"/library/book/{record}"))
    theirs = form(browser.get(f"/library/book/{record}"))
    theirs["pages"] = "300"
    theirs.submit("action", value="save", status=303)
    mine["title"] = "Momo, mine"
    answer = mine.submit("action", value="save", status=409)

    assert [row.th.text for row in answer.html.select("#hz-stale tbody tr")] == ["Pages"]
    assert answer.html.select_one("input[name=keep-pages][checked]")["value"] == "theirs"
    again = form(answer)
    fields = [
        *again.submit_fields(),
        ("action", "save"),
        ("keep-pages", "theirs"),
        ("rev", answer.html.select_one("#hz-stale button[name=rev]")["value"]),
    ]
    browser.post(f"/library/book/{record}", fields, status=303)

    found = book(site, record)
    assert (found["title"], found["pages"]) == ("Momo, mine", 300)


def test_two_people_who_change_one_field_choose(site: Site, browser: Browser) -> None:
    (record,) = create(site, "book", {"title": "Momo"})
    mine = form(browser.get(f"/library/book/{record}"))
    theirs = form(browser.get(f"/library/book/{record}"))
    theirs["title"] = "Theirs"
    theirs.submit("action", value="save", status=303)
    mine["title"] = "Mine"
    answer = mine.submit("action", value="save", status=409)

    row = answer.html.select_one("#hz-stale tbody tr")
    assert [cell.text.strip() for cell in row.select("td")] == ["Mine", "Theirs"]
    assert form(answer)["title"].value == "Mine"
    assert book(site, record)["title"] == "Theirs"


def test_a_record_whose_state_forbids_it_cannot_be_changed(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Ann"})
    (record,) = create(site, "book", {"title": "Momo"})
    (loan,) = create(site, "loan", {"book": record, "reader": reader})
    page = browser.get(f"/library/loan/{loan}")
    assert form(page)["due"].value == ""
    browser.post(f"/library/loan/{loan}/do/lend", {"due": "2026-12-24"}, status=303)

    page = browser.get(f"/library/loan/{loan}")
    assert "due" not in form(page).fields
    assert "Take back" in page.text
    assert page.html.select_one("dialog#ask-lend") is None
    browser.post(f"/library/loan/{loan}", {"due": "2027-01-01", "rev": "2"}, status=403)


def test_an_action_asks_for_its_parameters_and_says_what_is_wrong(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Ann"})
    (record,) = create(site, "book", {"title": "Momo"})
    (loan,) = create(site, "loan", {"book": record, "reader": reader})
    answer = browser.post(f"/library/loan/{loan}/do/lend", {"due": "soon"}, status=422)

    assert answer.html.select_one("#p-lend-due-error") is not None
    assert (
        browser.post(f"/library/loan/{loan}/do/lend", {"due": "2026-12-24"}, status=303).follow().text.count("1 lent.")
        == 1
    )
    with site.transaction() as ctx:
        assert ctx.session.get_one(Loan, loan).state is LoanState.OUT


def test_rows_that_are_refused_are_told_one_by_one(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Ann"})
    (record,) = create(site, "book", {"title": "Momo"})
    loans = create(site, "loan", *({"book": record, "reader": reader} for _at in range(3)))
    browser.post(f"/library/loan/{loans[0]}/do/lend", {"due": "2026-12-24"}, status=303)
    pairs = [*(("ids", str(one)) for one in loans), ("due", "2026-12-25")]
    answer = browser.post("/library/loan/-/do/lend", pairs)

    rows = [[cell.text for cell in row.select("td")] for row in answer.html.select("tr.hz-row")]
    assert [row[1] for row in rows] == ["refused", "done", "done"]
    assert "needs “Asked for”" in rows[0][2]


def test_history_says_who_changed_what(site: Site, browser: Browser) -> None:
    shelves = create(site, "shelf", {"name": "North"}, {"name": "South"})
    (record,) = create(site, "book", {"title": "Momo", "shelf": shelves[0]})
    page = form(browser.get(f"/library/book/{record}"))
    page["shelf"], page["genre"] = str(shelves[1]), "poetry"
    answer = page.submit("action", value="save", status=303).follow()

    changes = [entry.text for entry in answer.html.select("#hz-timeline .hz-changes > *")]
    assert changes == ["Genre", "Novel → Poetry", "Shelf", "North → South"]


def test_comments_and_files_stay_with_the_record(site: Site, browser: Browser) -> None:
    (record,) = create(site, "book", {"title": "Momo"})
    browser.post(f"/library/book/{record}/comments", {"comment": "Where is it? <b>"}, status=303)
    browser.post(
        f"/library/book/{record}/attachments", {}, upload_files=[("files", "合同.pdf", b"%PDF-1.7")], status=303
    )
    page = browser.get(f"/library/book/{record}")

    assert page.html.select_one(".hz-timeline__text--comment").text == "Where is it? <b>"
    file = browser.get(page.html.select_one(".hz-file a[download]")["href"])
    assert file.body == b"%PDF-1.7"
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    refused = browser.post(
        f"/library/book/{record}/attachments", {}, upload_files=[("files", "evil.html", b"<script>")], status=422
    )
    assert "evil.html" in refused.text
    browser.post(page.html.select_one(".hz-file form")["action"], {}, status=303)
    browser.get(page.html.select_one(".hz-file a")["href"], status=404)


def test_autocompletion_offers_what_the_screen_narrows_it_to(site: Site, browser: Browser) -> None:
    create(site, "reader", {"name": "Ann"}, {"name": "Nobody"})

    found = json.loads(browser.get("/library/reader/-/complete?q=").text)

    assert [one["name"] for one in found] == ["Ann"]


def test_autocompletion_takes_a_percent_sign_for_itself(site: Site, browser: Browser) -> None:
    """Loans have nothing that a search box looks into, so their numbers themselves are compared."""
    (book,), (reader,) = create(site, "book", {"title": "Momo"}), create(site, "reader", {"name": "Ann"})
    create(site, "loan", {"book": book, "reader": reader})

    def offered(words: str) -> int:
        return len(json.loads(browser.get(f"/library/loan/-/complete?q={words}").text))

    assert [offered(words) for words in ("ln-", "%25", "N_2")] == [1, 0, 0]


def test_a_field_one_may_not_read_or_write_is_not_there(site: Site) -> None:
    from hanse.testing.people import Person, open_for_person

    with site.transaction() as ctx:
        open_for_person(
            ctx,
            Person(
                "ann",
                (("library.loan.*", "company"), ("library.book.read", "company"), ("library.reader.read", "company")),
                None,
                (),
            ),
        )
        open_for_person(
            ctx, Person("bob", (("library.loan.read", "company"), ("library.loan.update", "company")), None, ())
        )
        action = find_action("library.reader.create")
        assert action is not None
    (reader,) = create(site, "reader", {"name": "Ann"})
    (record,) = create(site, "book", {"title": "Momo"})
    (loan,) = create(site, "loan", {"book": record, "reader": reader, "secret": "hush"})
    ann, bob = site.browser("ann").get(f"/library/loan/{loan}"), site.browser("bob").get(f"/library/loan/{loan}")

    assert "hush" in ann.text
    assert "hush" not in bob.text
    assert "fee" in form(ann).fields
    assert "fee" not in form(bob).fields
