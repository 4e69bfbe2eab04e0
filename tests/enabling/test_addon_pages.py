"""What administrators may rely on when they switch addons on the page: they see what will change, and agree to it."""

from __future__ import annotations

from typing import Any

import pytest

from hanse.directory.models import Department
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person

PATH = "/core/addons"


def plan(browser: Browser, **boxes: bool) -> Any:
    """Tick boxes and ask what will change."""
    form = browser.get(PATH).forms["addon-form"]
    for name, value in boxes.items():
        form[name.replace("__", "-")].checked = value
    return form.submit("do", value="plan")


def agree(answer: Any) -> Any:
    return answer.forms["plan-form"].submit("do", value="apply", status=303).follow()


@pytest.fixture
def people(site: Site) -> dict[str, int]:
    """Ann at the desk and Bob in the attic, who may read everything."""
    with site.transaction() as ctx:
        for name, place in (("ann", "Desk"), ("bob", "Attic")):
            open_for_person(ctx, Person(name, (), "reader", (place,)))
        return {one.name: one.id for one in ctx.all(Department)}


def test_nothing_changes_before_somebody_agrees(site: Site, browser: Browser) -> None:
    answer = plan(browser, on__reviews=False)

    assert "Reviews and fines, as what it joins is not all on any more" in answer.text
    assert "f-stars" in browser.get("/library/book").text
    assert "Changed." in agree(answer).text
    assert "f-stars" not in browser.get("/library/book").text


def test_what_others_need_is_offered_to_be_switched_off_with_them(site: Site, browser: Browser) -> None:
    answer = plan(browser, on__library=False)
    assert "Library stays on: Fines, Reviews needs it." in answer.text
    assert 'value="apply"' not in answer.text

    answer = answer.forms["plan-form"].submit("do", value="others")
    assert "Reviews as well, as it needs Library" in answer.text
    agree(answer)
    browser.get("/library/book", status=404)


def test_a_department_that_has_an_addon_shows_it_to_its_people_only(
    site: Site, browser: Browser, people: dict[str, int]
) -> None:
    answer = plan(browser, **{f"see__library__{people['Desk']}": True})
    assert "From now on Library is shown to its departments only." in answer.text
    assert "1 departments (Attic)" in answer.text
    agree(answer)

    assert site.browser("ann").get("/library/book").status_int == 200
    site.browser("bob").get("/library/book", status=404)


def test_a_plan_that_is_overtaken_is_shown_anew(site: Site, browser: Browser) -> None:
    answer = plan(browser, on__reviews=False)
    agree(plan(site.browser(), on__fines=False))
    answer = answer.forms["plan-form"].submit("do", value="apply", status=422)

    assert "Somebody has changed addons or departments meanwhile" in answer.text
    assert "Fines" not in answer.html.select_one(".hz-plan").text
    agree(answer)


def test_what_somebody_else_ticked_meanwhile_is_not_taken_back(site: Site, browser: Browser) -> None:
    form = browser.get(PATH).forms["addon-form"]
    agree(plan(site.browser(), on__fines=False))
    form["on-reviews"].checked = False
    answer = form.submit("do", value="plan")

    assert "Reviews" in answer.text
    agree(answer)
    after = browser.get(PATH).forms["addon-form"]
    assert (after["on-reviews"].checked, after["on-fines"].checked) == (False, False)


def test_what_an_addon_asks_is_asked_before_it_is_set_up(site: Site, browser: Browser) -> None:
    answer = plan(browser, on__finance=True)
    form = answer.forms["plan-form"]
    assert "First month of the books" in answer.text
    form["answer-fiscal_year_start"] = "soon"
    answer = form.submit("do", value="apply", status=422)
    assert "does not fit" in answer.text

    answer.forms["plan-form"]["answer-fiscal_year_start"] = "2031-01"
    agree(answer)
    assert "2031" in browser.get("/finance/fiscal_year").text


@pytest.mark.parametrize("fields", [{"do": "apply", "wish": "[", "basis": ""}, {"do": "plan", "was": '{"on": ["x"]}'}])
def test_what_no_page_of_ours_sends_is_refused(browser: Browser, fields: dict[str, str]) -> None:
    browser.post(PATH, fields, status=422)


def test_the_page_of_an_addon_tells_what_it_adds_out_of_the_registry(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        from hanse.actions import find_action

        create = find_action("library.book.create")
        assert create is not None
        ctx.run(create, values=[{"title": f"Book {n}"} for n in range(3)])
    page = browser.get("/core/addon?addon=library")

    for words in ("Books, readers and loans.", "Loan slip", "Lend", "library.loan.secret", "library.book.created"):
        assert words in page.text, words
    records = next(one for one in page.html.select("section") if one.h2.text == "Records")
    assert "Books 3" in " ".join(records.text.split())
    assert "Verdict" in browser.get("/core/addon?addon=reviews").text
    browser.get("/core/addon?addon=nothing", status=404)


def test_only_who_may_switch_addons_sees_the_pages(site: Site, people: dict[str, int]) -> None:
    ann = site.browser("ann")
    for path in (PATH, "/core/addon?addon=library"):
        ann.get(path, status=404)
    ann.post(PATH, {"do": "plan"}, status=404)


def test_the_pages_need_few_statements(site: Site, browser: Browser, people: dict[str, int]) -> None:
    for path in (PATH, "/core/addon?addon=library"):
        browser.get(path)
        with site.statements() as sent:
            browser.get(path)
        assert len([one for one in sent if one.startswith(("SELECT", "WITH"))]) <= 8, sent
    form = browser.get(PATH).forms["addon-form"]
    form["on-reviews"].checked = False
    with site.statements() as sent:
        form.submit("do", value="plan")
    assert len([one for one in sent if one.startswith(("SELECT", "WITH"))]) <= 20, sent
