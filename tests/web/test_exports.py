"""What exported and printed files may be relied on for."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Any

import pytest
from library_rows import create
from openpyxl import load_workbook

from hanse.exchange.sheets import harmless
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person


def rows_of(answer: Any) -> list[list[str]]:
    return list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))


def test_csv_holds_every_row_of_the_filtered_list_in_its_order(site: Site, browser: Browser) -> None:
    create(
        site,
        "book",
        *({"title": f"B{at:03}", "pages": at + 1, "genre": "poetry" if at % 2 else "novel"} for at in range(180)),
    )
    found = rows_of(browser.get("/library/book/-/export.csv?f-genre=poetry&sort=-title&columns=title&columns=pages"))

    assert found[0] == ["Title", "Pages"]
    assert found[1:] == [[f"B{at:03}", str(at + 1)] for at in range(179, 0, -2)]


def test_xlsx_holds_numbers_as_numbers_and_days_as_days(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo", "price": "12.50", "bought": "2026-01-05"})
    answer = browser.get("/library/book/-/export.xlsx?columns=title&columns=price&columns=bought&columns=genre")
    sheet = load_workbook(io.BytesIO(answer.body)).active

    assert [[cell.value for cell in row] for row in sheet] == [
        ["Title", "Price", "Bought", "Genre"],
        ["Momo", 12.5, datetime(2026, 1, 5), "Novel"],
    ]


@pytest.mark.parametrize("title", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_text_is_never_taken_for_a_formula(site: Site, browser: Browser, title: str) -> None:
    assert harmless(title).startswith("'")
    create(site, "book", {"title": f"={title}"})
    sheet = load_workbook(io.BytesIO(browser.get("/library/book/-/export.xlsx?columns=title").body)).active

    assert sheet["A2"].data_type == "s"
    assert rows_of(browser.get("/library/book/-/export.csv?columns=title"))[1][0].startswith("'=")


def test_selected_rows_alone_can_be_exported(site: Site, browser: Browser) -> None:
    ids = create(site, "book", {"title": "A"}, {"title": "B"}, {"title": "C"})
    found = rows_of(
        browser.post("/library/book/-/export.csv?columns=title", [("ids", str(ids[0])), ("ids", str(ids[2]))])
    )

    assert sorted(row[0] for row in found[1:]) == ["A", "C"]


def test_exporting_needs_its_permission_and_shows_only_what_may_be_read(site: Site) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("library.loan.read", "company"),), None, ()))
        open_for_person(
            ctx, Person("bob", (("library.loan.read", "company"), ("library.loan.export", "company")), None, ())
        )

    assert site.browser("ann").get("/library/loan/-/export.csv", status=403)
    assert "Noted" not in site.browser("bob").get("/library/loan/-/export.csv?columns=secret").text


def test_a_document_is_a_pdf_of_the_records_one_may_see(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Ann"})
    (book,) = create(site, "book", {"title": "Momo"})
    loans = create(site, "loan", {"book": book, "reader": reader, "fee": "2.5"}, {"book": book, "reader": reader})
    answer = browser.get(f"/library/loan/{loans[0]}/print/slip")

    assert answer.content_type == "application/pdf"
    assert answer.body.startswith(b"%PDF-")
    both = browser.post("/library/loan/-/print/slip", [("ids", str(one)) for one in loans])
    assert both.body.count(b"/Type /Page\n") + both.body.count(b"/Type/Page\n") != 1
    browser.get("/library/loan/999/print/slip", status=404)
