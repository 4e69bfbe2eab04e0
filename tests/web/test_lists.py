"""What lists may be relied on for: what is shown, in which order, page by page, to whom, at what cost."""

from __future__ import annotations

from typing import Any

from library_rows import create

from hanse.testing.browser import Browser, Site


def titles(answer: Any) -> list[str]:
    return [row.text for row in answer.html.select("tr.hz-row td[data-slot=title] a")]


def cells(answer: Any, row: int = 0) -> list[str]:
    return [cell.text for cell in answer.html.select("tr.hz-row")[row].select("td.hz-cell")]


def test_a_list_shows_its_columns_with_names_of_links_and_labels_of_choices(site: Site, browser: Browser) -> None:
    (shelf,) = create(site, "shelf", {"name": "North"})
    create(site, "book", {"title": "Momo", "shelf": shelf, "price": "-1234.5", "pages": 300})

    answer = browser.get("/library/book")

    assert cells(answer) == ["Momo", "", "BK-0001", "Novel", "North", "-1,234.50", "300", "", "Yes"]
    assert answer.html.select_one(f"td a[href='/library/shelf/{shelf}']").text == "North"


def test_a_datum_that_looks_like_html_stays_text(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "<script>alert(1)</script>"})

    answer = browser.get("/library/book")

    assert "<script>alert(1)" not in answer.text
    assert titles(answer) == ["<script>alert(1)</script>"]


def test_pages_follow_each_other_without_gap_or_repetition(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}", "pages": at % 7 + 1 if at % 5 else None} for at in range(200)))
    seen: list[str] = []
    pages: list[str] = []
    url = "/library/book?sort=-pages&columns=title&columns=pages"
    while url:
        answer = browser.get(url)
        seen += titles(answer)
        pages += [cell.text for cell in answer.html.select("td[data-slot=end]")]
        link = answer.html.select_one("a[rel=next]")
        url = link["href"] if link else ""

    assert len(seen) == len(set(seen)) == 200
    assert "161–200 of 200" in answer.text
    assert pages == sorted((one for one in pages if one), reverse=True) + [""] * 40


def test_one_can_page_back(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"B{at:03}"} for at in range(100)))
    first = browser.get("/library/book?sort=title")
    second = browser.get(first.html.select_one("a[rel=next]")["href"])
    again = browser.get(second.html.select_one("a[rel=prev]")["href"])

    assert titles(again) == titles(first)
    assert "1–80 of 100" in again.text


def test_a_cursor_somebody_made_up_shows_the_first_page(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo"})

    for cursor in ("x", "WzEsMl0", "bnVsbA", "_" * 500):
        assert titles(browser.get(f"/library/book?after={cursor}")) == ["Momo"]


def test_filters_narrow_a_list_and_stand_above_it(site: Site, browser: Browser) -> None:
    shelves = create(site, "shelf", {"name": "North"}, {"name": "South"})
    create(
        site,
        "book",
        {"title": "Short", "pages": 90, "bought": "2026-01-01", "shelf": shelves[0]},
        {"title": "Long", "pages": 900, "bought": "2026-06-30", "genre": "poetry", "active": False},
    )
    expected = {
        "q=lon": "Long",
        "f-genre=poetry": "Long",
        "f-pages=100": "Long",
        "f-pages-to=100": "Short",
        "f-bought=2026-02-01&f-bought-to=2026-06-30": "Long",
        f"f-shelf={shelves[0]}": "Short",
        "f-shelf-op=empty": "Long",
        "f-active=no": "Long",
        "f-title=or": "Short",
        "f-title=lo&f-title-op=starts": "Long",
        "f-title=SHORT&f-title-op=is": "Short",
        "f-long=yes": "Long",
    }
    for query, title in expected.items():
        assert titles(browser.get(f"/library/book?{query}")) == [title], query
    answer = browser.get(f"/library/book?f-shelf={shelves[0]}&f-long=yes")
    chips = [chip.text.strip() for chip in answer.html.select(".hz-chip")]
    assert chips == ["Shelf: North", "Long"]


def test_nonsense_in_the_address_is_no_fault(browser: Browser) -> None:
    for query in (
        "f-pages=abc",
        "f-shelf=x",
        "f-genre=opera",
        "sort=nothing",
        "columns=secret",
        "f-bought=2026-99-99",
        "q=%25%5f%5c",
    ):
        assert browser.get(f"/library/book?{query}").status_int == 200


def test_columns_are_remembered_and_the_address_wins(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo", "remark": "good"})
    browser.post("/library/book/-/columns", [("columns", "title"), ("columns", "remark")])

    assert cells(browser.get("/library/book")) == ["Momo", "good"]
    assert cells(browser.get("/library/book?columns=title")) == ["Momo"]


def test_an_addon_that_is_off_adds_no_column(site: Site, browser: Browser) -> None:
    from hanse.testing.people import switch_on

    create(site, "book", {"title": "Momo"})
    assert "Stars" in browser.get("/library/book").text
    with site.transaction() as ctx:
        switch_on(ctx, ["sample_library"])

    assert "Stars" not in browser.get("/library/book").text


def test_a_folded_section_of_the_menu_stays_so_unless_one_is_in_it(site: Site, browser: Browser) -> None:
    def opened(path: str) -> dict[str, bool]:
        return {one["data-fold"]: one.has_attr("open") for one in browser.get(path).html.select("[data-fold]")}

    assert set(opened("/library/book").values()) == {True}
    section = browser.get("/library/book").html.select_one("[data-fold] a[aria-current]").find_parent("details")
    browser.app.set_cookie("hz_folded", f"{section['data-fold']}.nonsense")
    assert opened("/library/book")[section["data-fold"]]
    assert not opened("/")[section["data-fold"]]
    assert sum(not one for one in opened("/").values()) == 1


def test_an_addon_that_is_off_has_no_menu_and_no_page(site: Site, browser: Browser) -> None:
    from hanse.testing.people import switch_on

    with site.transaction() as ctx:
        switch_on(ctx, [])

    assert "/library/book" not in browser.get("/").text
    browser.get("/library/book", status=404)
    browser.get("/library/book/-/complete", status=404)
    browser.get("/library/book/new", status=404)


def test_a_list_page_takes_at_most_eight_statements(site: Site, browser: Browser) -> None:
    (shelf,) = create(site, "shelf", {"name": "North"})
    create(site, "book", *({"title": f"B{at:03}", "shelf": shelf} for at in range(100)))
    browser.get("/library/book")
    with site.statements() as sent:
        browser.get("/library/book?q=B0&f-active=yes")

    assert len(sent) <= 8, "\n".join(sent)
