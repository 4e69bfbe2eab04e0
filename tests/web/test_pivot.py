"""What a pivot may be relied on for: figures that are those of the list, currencies apart, ways to the rows, files."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest
from library_rows import create

from hanse.testing.browser import Browser, Site

BOOKS = "/library/book?as=pivot"


@pytest.fixture
def shelves(site: Site) -> list[int]:
    made = create(site, "shelf", {"name": "North"}, {"name": "南 South"})
    north, south = made
    create(
        site,
        "book",
        {"title": "A", "genre": "novel", "shelf": north, "price": "10", "pages": 100, "bought": "2026-01-15"},
        {"title": "B", "genre": "novel", "shelf": south, "price": "20", "pages": 300, "bought": "2026-02-01"},
        {"title": "C", "genre": "poetry", "shelf": north, "price": "30.50", "pages": 50, "bought": "2026-02-28"},
        {"title": "D", "genre": "poetry", "shelf": north, "pages": 60, "bought": "2025-12-31"},
        {"title": "E", "genre": "novel", "price": "-4", "bought": "2026-02-10"},
    )
    return list(made)


def table(answer: Any) -> dict[str, list[str]]:
    return {
        row.select_one("th").text.strip(): [cell.text.strip() for cell in row.select("td")]
        for row in answer.html.select(".hz-pivot tbody tr")
    }


def titles(answer: Any) -> set[str]:
    return {row.text for row in answer.html.select("tr.hz-row td[data-slot=title] a")}


def test_rows_are_counted_and_added_up_with_totals(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(f"{BOOKS}&p-rows=genre&p-cols=shelf&p-measure=sum:price")

    assert table(answer) == {
        "Novel": ["10.00", "20.00", "-4.00", "26.00"],
        "Poetry": ["30.50", "", "", "30.50"],
        "Total": ["40.50", "20.00", "-4.00", "56.50"],
    }
    heads = [head.text.strip() for head in answer.html.select(".hz-pivot thead th")]
    assert heads[1:] == ["North", "南 South", "(empty)", "Total"]


def test_the_average_of_a_total_is_that_of_its_rows(browser: Browser, shelves: list[int]) -> None:
    found = table(
        browser.get(f"{BOOKS}&p-rows=genre&p-measure=avg:pages&p-measure=min:pages&p-measure=max:pages&p-measure=count")
    )

    assert found["Novel"] == ["200", "100", "300", "3"]
    assert found["Poetry"] == ["55", "50", "60", "2"]
    assert found["Total"] == ["127.5", "50", "300", "5"], "not (200 + 55) / 2"


def test_days_are_taken_together_by_month_quarter_and_year(browser: Browser, shelves: list[int]) -> None:
    found = table(browser.get(f"{BOOKS}&p-rows=bought:year&p-rows=bought:month&p-measure=count"))
    assert list(found.items()) == [
        ("2025", ["1"]),
        ("2025-12", ["1"]),
        ("2026", ["4"]),
        ("2026-01", ["1"]),
        ("2026-02", ["3"]),
        ("Total", ["5"]),
    ]
    assert list(table(browser.get(f"{BOOKS}&p-rows=bought:quarter"))) == ["2025 Q4", "2026 Q1", "Total"]


def test_every_cell_leads_to_its_rows(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(f"{BOOKS}&p-rows=bought:month&p-rows=genre&p-cols=shelf&p-cols=active&f-bought=2026-02-05&q=b")
    whole = browser.get(f"{BOOKS}&p-rows=bought:month&p-rows=genre&p-cols=shelf&p-cols=active&f-bought=2026-02-01")
    seen = 0
    for row in whole.html.select(".hz-pivot tbody td a"):
        found = browser.get(row["href"])
        assert len(titles(found)) == int(row.text), row["href"]
        seen += 1
    assert seen > 10
    assert answer.status_int == 200


def test_a_group_is_closed_and_opened(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(f"{BOOKS}&p-rows=bought:year&p-rows=genre")
    assert len(table(answer)) > 3
    toggles = answer.html.select("tbody [aria-expanded=true]")
    closed = browser.get(toggles[-1]["href"])
    assert list(table(closed)) == ["2025", "Poetry", "2026", "Total"]
    again = browser.get(closed.html.select("tbody [aria-expanded=false]")[0]["href"])
    assert table(again) == table(answer)


def test_rows_are_sorted_by_a_figure_and_sides_swapped(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(f"{BOOKS}&p-rows=shelf&p-cols=genre&p-measure=sum:price")
    assert list(table(answer)) == ["North", "南 South", "(empty)", "Total"]
    link = answer.html.select_one(".hz-pivot__corner .hz-sort")["href"]
    assert list(table(browser.get(link))) == ["North", "南 South", "(empty)", "Total"]
    least = browser.get(browser.get(link).html.select_one(".hz-pivot__corner .hz-sort")["href"])
    assert list(table(least)) == ["(empty)", "南 South", "North", "Total"]
    swap = next(one["href"] for one in answer.html.select(".hz-pivotbar a.hz-btn"))
    assert list(table(browser.get(swap))) == ["Novel", "Poetry", "Total"]


def test_what_a_person_may_not_read_is_neither_field_nor_figure(
    site: Site, browser: Browser, shelves: list[int]
) -> None:
    """Also typed into the address: nobody breaks a list down by a note, a secret or what is not there."""
    answer = browser.get("/library/loan?as=pivot&p-rows=secret&p-measure=sum:secret&p-rows=nonsense")
    assert answer.status_int == 200
    options = {option["value"] for option in answer.html.select(".hz-pivotbar option")}
    assert not {one for one in options if "secret" in one}


def test_more_columns_than_can_be_shown_are_refused_in_words(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}", "pages": at + 1} for at in range(501)))
    answer = browser.get(f"{BOOKS}&p-rows=genre&p-cols=title")
    assert "502 columns" in answer.html.select_one("[role=alert]").text
    assert not answer.html.select(".hz-pivot")
    assert len(table(browser.get(f"{BOOKS}&p-rows=title"))) == 502


def test_a_pivot_is_exported_with_exact_numbers(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(
        "/library/book/-/pivot.csv?p-rows=genre&p-rows=shelf&p-cols=active&p-measure=sum:price&p-measure=count"
    )
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert rows[0][:2] == ["Genre", "Shelf"]
    assert rows[1] == ["Novel", "", "26", "3", "26", "3"]
    assert rows[-1] == ["Total", "", "56.50", "5", "56.50", "5"]
    assert browser.get("/library/book/-/pivot.xlsx?p-rows=genre").body[:2] == b"PK"


def test_a_chart_says_what_the_table_says(browser: Browser, shelves: list[int]) -> None:
    answer = browser.get(f"{BOOKS}&p-rows=genre&p-cols=shelf&p-measure=sum:price&p-chart=stacked")
    told = json.loads(answer.html.select_one("[data-chart]")["data-chart"])
    assert told["categories"] == ["Novel", "Poetry"]
    assert [one["name"] for one in told["series"]] == ["North", "南 South", "(empty)"]
    assert [point["text"] for point in told["series"][0]["points"]] == ["10.00", "30.50"]
    assert titles(browser.get(told["series"][0]["points"][1]["url"])) == {"C", "D"}
    assert answer.html.select(".hz-pivot"), "the table stays for those who cannot see the picture"


def test_a_pivot_costs_few_statements(site: Site, browser: Browser, shelves: list[int]) -> None:
    url = f"{BOOKS}&p-rows=genre&p-rows=bought:month&p-cols=shelf&p-measure=sum:price&p-measure=count"
    browser.get(url)
    with site.statements() as statements:
        browser.get(url)
    assert len(statements) <= 8, statements
