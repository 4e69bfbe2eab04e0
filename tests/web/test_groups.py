"""What grouped lists may be relied on for: groups within what one sees, subtotals by currency, rows on demand."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some
from library_rows import create
from sqlalchemy import text

from hanse.screens import filtering, screen_named
from hanse.screens.grouping import Amount, read_groups, summed, total
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person

COLUMNS = "&columns=title&columns=genre&columns=price&columns=pages"


def groups(answer: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in answer.html.select("tr.hz-group"):
        label = row.select_one("[data-group] span").text
        found[label] = [row.select_one(".hz-count").text, *(cell.text for cell in row.select("td[data-label]"))]
    return found


def opened(browser: Browser, answer: Any, label: str) -> Any:
    for link in answer.html.select("[data-group]"):
        if link.select_one("span").text == label:
            return browser.get(link["hx-get"], headers={"HX-Request": "true"})
    raise AssertionError(label)


def titles(answer: Any) -> list[str]:
    return [row.text for row in answer.html.select("tr.hz-row td[data-slot=title] a")]


@pytest.fixture
def books(site: Site) -> list[int]:
    shelves = create(site, "shelf", {"name": "South"}, {"name": "North"})
    create(
        site,
        "book",
        {"title": "A", "genre": "poetry", "price": "10.50", "pages": 10, "shelf": shelves[0], "bought": "2026-01-31"},
        {"title": "B", "genre": "novel", "price": "1.25", "pages": 20, "shelf": shelves[0], "bought": "2026-02-01"},
        {"title": "C", "genre": "novel", "price": "-3", "pages": 30, "shelf": shelves[1], "bought": "2025-12-31"},
        {"title": "D", "genre": "novel", "active": False},
    )
    return shelves


@pytest.mark.usefixtures("books")
def test_groups_stand_in_the_order_of_choices_with_count_and_sums(browser: Browser) -> None:
    answer = browser.get(f"/library/book?group=genre{COLUMNS}")

    assert groups(answer) == {"Novel": ["3", "-1.75", "50"], "Poetry": ["1", "10.50", "10"]}
    assert titles(answer) == []
    foot = [cell.text for cell in answer.html.select("tfoot td") if cell.text]
    assert foot == ["Total", "8.75", "60"]


@pytest.mark.usefixtures("books")
def test_links_are_grouped_by_name_days_by_span_and_what_is_empty_comes_last(browser: Browser) -> None:
    assert list(groups(browser.get("/library/book?group=shelf"))) == ["North", "South", "Without Shelf"]
    assert list(groups(browser.get("/library/book?group=bought:year"))) == ["2025", "2026", "Without Bought"]
    assert list(groups(browser.get("/library/book?group=bought:quarter")))[:2] == ["Q4 2025", "Q1 2026"]
    months = list(groups(browser.get("/library/book?group=bought:month")))
    assert months == ["December 2025", "January 2026", "February 2026", "Without Bought"]
    assert groups(browser.get("/library/book?group=active"))["Active: No"][0] == "1"


@pytest.mark.usefixtures("books")
def test_a_group_opens_to_the_groups_inside_and_these_to_their_rows(browser: Browser) -> None:
    answer = browser.get(f"/library/book?group=genre&group=shelf&sort=-title{COLUMNS}")
    inside = opened(browser, answer, "Novel")

    assert groups(inside) == {
        "North": ["1", "-3.00", "30"],
        "South": ["1", "1.25", "20"],
        "Without Shelf": ["1", "", ""],
    }
    assert titles(opened(browser, inside, "South")) == ["B"]
    months = browser.get("/library/book?group=bought:month")
    assert titles(opened(browser, months, "January 2026")) == ["A"]
    assert titles(opened(browser, months, "Without Bought")) == ["D"]


def test_the_rows_of_a_group_follow_each_other_piece_by_piece(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}", "genre": "poetry" if at % 2 else "novel"} for at in range(300)))
    piece = opened(browser, browser.get("/library/book?group=genre&sort=title"), "Poetry")
    seen = titles(piece)
    while more := piece.html.select_one(".hz-more button"):
        piece = browser.get(more["hx-get"], headers={"HX-Request": "true"})
        seen += titles(piece)

    assert seen == [f"B{at:03}" for at in range(1, 300, 2)]


@pytest.mark.usefixtures("books")
def test_filters_narrow_groups_and_the_heading_leads_to_the_rows_alone(browser: Browser) -> None:
    answer = browser.get(f"/library/book?group=genre&f-pages=15&sort=title{COLUMNS}")

    assert groups(answer) == {"Novel": ["2", "-1.75", "50"]}
    assert titles(browser.get(answer.html.select_one("[data-group]")["href"])) == ["B", "C"]
    months = browser.get("/library/book?group=bought:month")
    link = next(one for one in months.html.select("[data-group]") if "January" in one.text)
    assert titles(browser.get(link["href"])) == ["A"]


def test_nobody_groups_or_adds_up_what_they_may_not_read(site: Site, browser: Browser) -> None:
    (reader,) = create(site, "reader", {"name": "Emma"})
    (book,) = create(site, "book", {"title": "Momo", "price": "7"})
    with site.transaction() as ctx:
        ann = open_for_person(ctx, Person("ann", (("library.loan.read", "own"),), None, ()))
    mine = {"book": book, "reader": reader, "fee": "2", "clerk": ann.user.id}
    create(site, "loan", mine, {"book": book, "reader": reader, "fee": "5"})
    hers = site.browser("ann")

    assert groups(browser.get("/library/loan?group=reader"))["Emma"][:1] == ["2"]
    found = groups(hers.get("/library/loan?group=reader&columns=number&columns=book.price&columns=fee"))
    assert found == {"Emma": ["1", "", "2.00"]}, "the price of a book that she does not see is not added up"
    assert groups(hers.get("/library/loan?group=secret")) == {}
    assert hers.get("/library/loan/-/group?group=state", status=404)


@pytest.mark.usefixtures("books")
def test_many_groups_come_piece_by_piece(site: Site, browser: Browser) -> None:
    screen = screen_named("library.book")
    assert screen is not None
    with site.transaction() as ctx:
        asked = filtering.read(ctx, screen, [("group", "shelf")])
        pieces = [read_groups(ctx, screen, asked, asked.groups[0], columns=(), skip=at, size=1) for at in range(3)]
    assert [(piece.rows[0].label, piece.more) for piece in pieces[:2]] == [("North", True), ("South", True)]
    assert not pieces[2].more

    further = browser.get("/library/book/-/groups?group=shelf&skip=2", headers={"HX-Request": "true"})
    assert list(groups(further)) == ["Without Shelf"]


def test_money_is_added_up_by_currency(site: Site) -> None:
    from hanse.screens.grouping import Group

    sums = {"fee": [Amount(Decimal("1.10"), "CNY", 2), Amount(Decimal(7), "JPY", 0)]}
    other = {"fee": [Amount(Decimal("2.20"), "CNY", 2)]}
    rows = [Group("a", "a", "a", 2, sums), Group("b", "b", "b", 1, other)]

    assert total(rows, "fee") == [Amount(Decimal("3.30"), "CNY", 2), Amount(Decimal(7), "JPY", 0)]


@pytest.mark.usefixtures("books")
def test_a_file_honours_the_groups(browser: Browser) -> None:
    answer = browser.get("/library/book/-/export.csv?group=shelf&group=genre&columns=title")
    rows = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))

    assert rows == [
        ["Shelf", "Genre", "Title"],
        ["North", "Novel", "C"],
        ["South", "Novel", "B"],
        ["South", "Poetry", "A"],
        ["", "Novel", "D"],
    ]


@pytest.mark.usefixtures("books")
def test_a_grouped_page_takes_at_most_eight_statements(site: Site, browser: Browser) -> None:
    browser.get("/library/book?group=shelf")
    with site.statements() as sent:
        browser.get("/library/book?group=shelf")

    assert len(sent) <= 8, "\n".join(sent)
    assert sum("GROUP BY" in one for one in sent) == 1


ROW = some.tuples(
    some.sampled_from(["novel", "poetry", "children's"]),
    some.one_of(some.none(), some.decimals(-99, 99, places=2)),
    some.one_of(some.none(), some.integers(1, 400)),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=some.lists(ROW, max_size=30))
def test_groups_add_up_to_what_python_adds_up(library: Any, rows: list[Any]) -> None:
    ctx = library.ctx
    expected: dict[str, list[Any]] = defaultdict(lambda: [0, None, None])
    with ctx.session.begin_nested() as savepoint:
        ctx.session.execute(text("DELETE FROM library_book"))
        for at, (genre, price, pages) in enumerate(rows):
            values = {"c": ctx.company.id, "t": f"t{at}", "g": genre, "p": price, "n": pages}
            ctx.session.execute(
                text(
                    "INSERT INTO library_book (company_id, code, title, genre, price, pages) "
                    "VALUES (:c, :t, :t, :g, :p, :n)"
                ),
                values,
            )
            mine = expected[genre]
            mine[0] += 1
            for spot, value in ((1, price), (2, pages)):
                mine[spot] = mine[spot] if value is None else (mine[spot] or 0) + value
        screen = screen_named("library.book")
        assert screen is not None
        asked = filtering.read(ctx, screen, [("group", "genre")])
        columns = summed(screen, asked.columns)
        found = read_groups(ctx, screen, asked, asked.groups[0], columns=columns)
        savepoint.rollback()

    got = {
        one.text: [one.count, *(sums[0].value if (sums := one.sums[name]) else None for name in ("price", "pages"))]
        for one in found.rows
    }
    assert got == dict(expected)
