"""What calendars may be relied on for: records on their days, whole weeks, new ones and moves."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as some
from library_rows import create

from hanse.actions import find_action
from hanse.i18n import speaking
from hanse.screens.calendars import MONTH, WEEK, window
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person


def days(answer: Any) -> dict[str, list[str]]:
    return {
        day["data-day"]: [entry.get_text(" ", strip=True) for entry in day.select(".hz-entry")]
        for day in answer.html.select("ul[data-day]")
        if day.select(".hz-entry")
    }


def move(browser: Browser, path: str, record: int, start: str, to: str) -> Any:
    return browser.post(f"{path}/-/day", {"id": str(record), "from": start, "to": to}, status="*")


def loan(site: Site, **values: Any) -> int:
    (reader,) = create(site, "reader", {"name": "Emma"})
    (book,) = create(site, "book", {"title": "Momo"})
    return create(site, "loan", {"book": book, "reader": reader, **values})[0]


@given(on=some.dates(date(1901, 1, 1), date(2199, 1, 1)), locale=some.sampled_from(["en", "zh_CN"]))
def test_a_month_is_whole_weeks_that_hold_it(on: date, locale: str) -> None:
    with speaking(locale):
        month, week = window(MONTH, on), window(WEEK, on)

    last = (on.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    assert month.days % 7 == 0
    assert month.first <= on.replace(day=1) < month.first + timedelta(days=7)
    assert last < month.end <= last + timedelta(days=7)
    assert week.first <= on < week.end
    assert week.first.weekday() == month.first.weekday()
    assert month.beside(1).month != on.month


def test_records_stand_on_their_days_within_the_filters(site: Site, browser: Browser) -> None:
    loan(site, due="2026-11-05")
    answer = browser.get("/library/loan?as=calendar&on=2026-11-20")

    assert list(days(answer)) == ["2026-11-05"]
    assert "Emma" in days(answer)["2026-11-05"][0]
    assert answer.html.select_one(".hz-calbar h2").text == "November 2026"
    assert days(browser.get("/library/loan?as=calendar&on=2026-11-20&f-state=out")) == {}
    assert days(browser.get("/library/loan?as=calendar&on=2026-12-20")) == {}
    assert list(days(browser.get("/library/loan?as=calendar&span=week&on=2026-11-04"))) == ["2026-11-05"]


def test_moments_stand_on_the_day_of_the_company_with_their_time(site: Site, browser: Browser) -> None:
    create(site, "book", {"title": "Momo", "seen": "2026-11-05T23:30:00+00:00"})

    answer = browser.get("/library/book?as=calendar&on=2026-11-20")

    with site.transaction() as ctx:
        from datetime import UTC, datetime

        local = datetime(2026, 11, 5, 23, 30, tzinfo=UTC).astimezone(ctx.company.zone)
    assert days(answer) == {local.date().isoformat(): [f"{local:%H:%M} Momo"]}


def test_a_day_begins_a_new_record_for_those_who_may_make_one(site: Site, browser: Browser) -> None:
    answer = browser.get("/library/loan?as=calendar&on=2026-11-20")
    link = next(one["href"] for one in answer.html.select(".hz-day__new") if "2026-11-05" in one["href"])
    assert browser.get(link).html.select_one("[name=due]")["value"] == "2026-11-05"
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("library.loan.read", "company"),), None, ()))

    assert not site.browser("ann").get("/library/loan?as=calendar").html.select(".hz-day__new")


def test_a_move_changes_the_day_through_run(site: Site, browser: Browser) -> None:
    record = loan(site, due="2026-11-05")

    assert move(browser, "/library/loan", record, "2026-11-05", "2026-11-09").json == {"done": True}

    assert list(days(browser.get("/library/loan?as=calendar&on=2026-11-20"))) == ["2026-11-09"]
    assert "2026-11-09" in browser.get(f"/library/loan/{record}").text


def test_what_may_not_be_changed_is_not_moved(site: Site, browser: Browser) -> None:
    record = loan(site, due="2026-11-05")
    lend = find_action("library.loan.lend")
    assert lend is not None
    with site.transaction() as ctx:
        ctx.run(lend, [record], due="2026-11-06")
        open_for_person(ctx, Person("ann", (("library.loan.read", "company"),), None, ()))

    for who in (browser, site.browser("ann")):
        refused = move(who, "/library/loan", record, "2026-11-06", "2026-11-09")
        assert refused.status_int == 409
        assert "cannot be moved" in refused.json["message"]
    assert move(browser, "/library/loan", record, "2026-11-06", "soon").status_int == 409
    assert list(days(browser.get("/library/loan?as=calendar&on=2026-11-20"))) == ["2026-11-06"]


def test_a_moment_keeps_its_time_when_it_is_moved(site: Site, browser: Browser) -> None:
    (book,) = create(site, "book", {"title": "Momo", "seen": "2026-11-05T08:15:00+00:00"})
    (day, (entry,)) = next(iter(days(browser.get("/library/book?as=calendar&on=2026-11-20")).items()))
    later = (date.fromisoformat(day) + timedelta(days=7)).isoformat()

    assert move(browser, "/library/book", book, day, later).json == {"done": True}

    assert days(browser.get("/library/book?as=calendar&on=2026-11-20")) == {later: [entry]}


def test_activities_are_planned_and_moved_on_their_calendar(site: Site, browser: Browser) -> None:
    answer = browser.get("/core/activity?as=calendar&on=2026-11-20")
    link = next(one["href"] for one in answer.html.select(".hz-day__new") if "2026-11-05" in one["href"])
    form = browser.get(link).forms["record-form"]
    assert form["due"].value == "2026-11-05"
    refused = form.submit(status=422)
    assert "What is to be done" in refused.text
    form["subject"] = "Call Emma"
    there = form.submit().follow()

    assert days(there) == {"2026-11-05": ["Call Emma"]}
    record = int(there.html.select_one(".hz-entry")["data-id"])
    assert move(browser, "/core/activity", record, "2026-11-05", "2026-11-12").json == {"done": True}
    assert list(days(browser.get("/core/activity?as=calendar&on=2026-11-20"))) == ["2026-11-12"]


def test_a_calendar_takes_at_most_eight_statements(site: Site, browser: Browser) -> None:
    loan(site, due="2026-11-05")
    browser.get("/library/loan?as=calendar&on=2026-11-20")
    with site.statements() as sent:
        browser.get("/library/loan?as=calendar&on=2026-11-20")

    assert len(sent) <= 8, "\n".join(sent)
