"""What boards may be relied on for: who sees which cards, and what moving one does."""

from __future__ import annotations

from typing import Any

import pytest
from library_rows import create

from hanse.actions import find_action
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person


def lanes(answer: Any) -> dict[str, list[str]]:
    return {
        lane.select_one("h2").text.strip(): [card.text.strip() for card in lane.select(".hz-lanecard__head > a")]
        for lane in answer.html.select(".hz-lane")
    }


def heads(answer: Any) -> dict[str, str]:
    return {
        lane.select_one("h2").text.strip(): lane.header.get_text(" ", strip=True)
        for lane in answer.html.select(".hz-lane")
    }


def move(browser: Browser, path: str, record: int, to: Any, **more: str) -> Any:
    return browser.post(f"{path}/-/move", {"id": str(record), "to": str(to), **more}, status="*")


@pytest.fixture
def loans(site: Site) -> list[int]:
    (reader,) = create(site, "reader", {"name": "Emma"})
    (book,) = create(site, "book", {"title": "Momo"})
    return create(site, "loan", *({"book": book, "reader": reader, "fee": str(fee)} for fee in (2, 3)))


def test_a_board_has_a_column_for_each_state_with_count_and_sum(site: Site, browser: Browser, loans: list[int]) -> None:
    lend = find_action("library.loan.lend")
    assert lend is not None
    with site.transaction() as ctx:
        ctx.run(lend, loans[:1], due="2026-01-01", fee="2.50")

    answer = browser.get("/library/loan?as=board")

    assert [len(cards) for cards in lanes(answer).values()] == [1, 1, 0]
    assert list(lanes(answer)) == ["Asked for", "Lent", "Returned"]
    assert heads(answer)["Lent"] == "Lent Records: 1 Fee: 2.50"
    assert answer.html.select_one(".hz-modes [aria-current]")["title"] == "Board"


def test_a_move_runs_the_action_that_leads_there_and_asks_what_it_must_know(
    site: Site, browser: Browser, loans: list[int]
) -> None:
    asking = move(browser, "/library/loan", loans[0], "out").json
    assert 'name="due"' in asking["dialog"]
    wrong = move(browser, "/library/loan", loans[0], "out", asked="1", due="soon").json
    assert "hz-field__error" in wrong["dialog"]

    done = move(browser, "/library/loan", loans[0], "out", asked="1", due="2026-02-03").json
    assert done["lane"] == "out"
    assert 'data-lane-head="asked"' in done["drawn"]
    back = move(browser, "/library/loan", loans[0], "back").json
    assert back["lane"] == "back", "what need not be said is not asked"
    with site.transaction() as ctx:
        from sample_library.models import Loan, LoanState

        loan = ctx.session.get_one(Loan, loans[0])
        assert loan.state is LoanState.BACK
        assert str(loan.due) == "2026-02-03"


def test_a_refused_move_says_why_and_changes_nothing(site: Site, browser: Browser, loans: list[int]) -> None:
    refused = move(browser, "/library/loan", loans[0], "back")
    assert refused.status_int == 409
    assert "cannot go from “Asked for” to “Returned”" in refused.json["message"]

    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("library.loan.read", "company"),), None, ()))
    hers = site.browser("ann")
    assert "Lend books" in move(hers, "/library/loan", loans[0], "out").json["message"]
    assert not hers.get("/library/loan?as=board").html.select("[data-card]")
    for record, to in ((10**9, "out"), (loans[0], "nowhere")):
        assert move(browser, "/library/loan", record, to).status_int in (404, 409)
    assert lanes(browser.get("/library/loan?as=board"))["Lent"] == []


def test_a_field_that_may_be_written_is_changed_where_no_action_leads(site: Site, browser: Browser) -> None:
    shelves = create(site, "shelf", {"name": "North"}, {"name": "South"})
    (book,) = create(site, "book", {"title": "Momo", "shelf": shelves[0], "price": "5"})
    assert lanes(browser.get("/library/book?as=board")) == {"Without Shelf": [], "North": ["Momo"], "South": []}

    assert move(browser, "/library/book", book, shelves[1]).json["lane"] == str(shelves[1])
    assert lanes(browser.get("/library/book?as=board"))["South"] == ["Momo"]
    assert move(browser, "/library/book", book, "").json["lane"] == ""

    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("library.book.read", "company"),), None, ()))
    assert "cannot be changed" in move(site.browser("ann"), "/library/book", book, shelves[0]).json["message"]


def test_columns_go_on_card_by_card_within_the_filters(site: Site, browser: Browser) -> None:
    (shelf,) = create(site, "shelf", {"name": "North"})
    create(site, "book", *({"title": f"B{at:02}", "shelf": shelf, "pages": at + 1} for at in range(50)))
    answer = browser.get("/library/book?as=board&sort=title&f-pages=3")
    seen = lanes(answer)["North"]
    assert len(seen) == 20
    while more := answer.html.select_one(".hz-lane__more button"):
        answer = browser.get(more["hx-get"], headers={"HX-Request": "true"})
        seen += [card.text.strip() for card in answer.html.select(".hz-lanecard__head > a")]

    assert seen == [f"B{at:02}" for at in range(2, 50)]


def test_a_board_shows_only_what_one_sees(site: Site, browser: Browser, loans: list[int]) -> None:
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("library.loan.*", "own"),), None, ()))
    hers = site.browser("ann")

    assert lanes(hers.get("/library/loan?as=board")) == {"Asked for": [], "Lent": [], "Returned": []}
    assert move(hers, "/library/loan", loans[0], "out", asked="1", due="2026-02-03").status_int in (404, 409)
    assert len(lanes(browser.get("/library/loan?as=board"))["Asked for"]) == 2


@pytest.mark.usefixtures("loans")
def test_a_board_takes_at_most_eight_statements(site: Site, browser: Browser) -> None:
    browser.get("/library/loan?as=board")
    with site.statements() as sent:
        browser.get("/library/loan?as=board")

    assert len(sent) <= 8, "\n".join(sent)


def test_activities_have_a_board_on_which_they_are_closed(site: Site, browser: Browser) -> None:
    plan = find_action("core.activity.plan")
    assert plan is not None
    with site.transaction() as ctx:
        activity = ctx.run(plan, subject="Call", due="2026-01-01").result[0]

    assert move(browser, "/core/activity", activity, "done").json["lane"] == "done"
    assert lanes(browser.get("/core/activity?as=board"))["Done"] == ["Call"]
