"""What one search for everything may be relied on for: the best match first, pinyin, and a way to all of them."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from library_rows import create
from sample_library.models import Book
from sqlalchemy import create_engine, make_url

from hanse.database import search
from hanse.testing.browser import Browser, Site


def titles(browser: Browser, words: str) -> list[str]:
    found = browser.get(f"/palette?q={words}").json
    return [one["title"] for one in found if one["icon"] != "search"]


def test_the_best_match_comes_first(site: Site, browser: Browser) -> None:
    """A whole name, then what begins so, then a word that does, then the rest."""
    create(
        site,
        "book",
        {"title": "A momo"},
        {"title": "Chromomo"},
        {"title": "Momoland"},
        {"title": "Momo"},
    )
    assert titles(browser, "momo") == ["Momo", "Momoland", "A momo", "Chromomo"]


def test_the_whole_name_comes_first_among_very_many(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"Bridge {at:03} of steel"} for at in range(150)), {"title": "Steel"})
    assert titles(browser, "steel")[0] == "Steel"


def test_everything_is_found_by_initials_best_models_first(site: Site, browser: Browser) -> None:
    create(site, "shelf", {"name": "北京路"})
    create(site, "book", {"title": "北京"}, {"title": "背景"}, {"title": "新北京"})
    create(site, "reader", {"name": "白洁"})
    found = titles(browser, "bj")
    assert {"北京", "北京路", "背景", "白洁"} <= set(found), "beside the country whose code that is"
    assert "新北京" not in found, "two letters begin a word"
    headings = [one.text.strip() for one in browser.get("/core/search?q=bj").html.select(".hz-panel h2")]
    assert headings[0] == "Countries", "it has this very code"
    assert headings[-1] == "Shelves", "whole words come before beginnings"
    assert browser.get("/core/search?q=zzz").html.select(".hz-empty")


def test_the_search_box_of_a_combobox_takes_initials_too(site: Site, browser: Browser) -> None:
    create(site, "shelf", {"name": "重庆厅"}, {"name": "Chamber"})
    found = browser.get("/library/shelf/-/complete?q=cqt").json
    assert [one["name"] for one in found] == ["重庆厅"]
    assert [one["name"] for one in browser.get("/library/shelf/-/complete?q=zhongqing").json] == ["重庆厅"]


def test_many_records_leave_out_none_that_the_form_can_take(site: Site, browser: Browser) -> None:
    """What narrows the offer must not be applied to the best few only: Nobody is left out, and Nobody alone."""
    create(site, "reader", *({"name": "Nobody"} for _at in range(120)), {"name": "Nobody else"})
    found = browser.get("/library/reader/-/complete?q=nobody").json
    assert [one["name"] for one in found] == ["Nobody else"]


def test_the_palette_asks_few_statements(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "北京"})
    browser.get("/palette?q=bj")
    with site.statements() as sent:
        browser.get("/palette?q=bj")
    assert len(sent) <= 8, sent


@pytest.fixture(params=["small", "large"])
def size(request: pytest.FixtureRequest, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Search tables in the way of small ones, and as if they were large."""
    if request.param == "large":
        monkeypatch.setattr(search, "LARGE", -1)
        engine = create_engine(site.database.owner_url)
        with engine.begin() as connection:
            for statement in search.search_statements(Book.__table__, None):
                connection.exec_driver_sql(statement.format(app=make_url(site.database.url).username))
        engine.dispose()


@pytest.mark.usefixtures("size")
def test_a_common_word_hides_neither_the_whole_word_nor_a_number(site: Site, browser: Browser) -> None:
    """Of what many records have, the first ones are read instead of asking the index for all; numbers stay exact."""
    create(site, "book", *({"title": f"Hotel {at:03} 北京饭店"} for at in range(150)), {"title": "饭店"})
    assert len(titles(browser, "bjfd")) == len(titles(browser, "hotel")) > 2
    assert all("北京饭店" in one for one in titles(browser, "bjfd"))
    assert titles(browser, quote("饭店"))[0] == "饭店"
    assert titles(browser, "hotel+077")[0] == "Hotel 077 北京饭店"
    assert titles(browser, "bk-0151") == ["饭店"], "a number is found among those that begin so"
    assert titles(browser, "nowhere") == []
    for words in ("hotel", "bjfd", quote("北京")):
        rows = browser.get(f"/library/book?q={words}&sort=title").html.select("#hz-rows tr[data-id]")
        assert len(rows) == 80
        assert "Hotel 000" in rows[0].text


@pytest.mark.usefixtures("size")
def test_a_number_comes_before_very_many_names_that_begin_so(site: Site, browser: Browser) -> None:
    create(site, "book", *({"title": f"1000{at:03} nights"} for at in range(150)), {"title": "Needle", "code": "1000"})
    assert titles(browser, "1000")[0] == "Needle"
