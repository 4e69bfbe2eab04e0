"""A clerk's morning with contacts, in the pages of the application."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hanse.actions import find_action
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse_contacts import actions
from hanse_contacts.demo import load_northwind
from hanse_contacts.models import Partner, Tag


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with Northwind's partners."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            load_northwind(ctx)
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser in which the administrator is signed in."""
    return site.browser()


def ident(site: Site, code: str) -> int:
    with site.transaction() as ctx:
        return ctx.all(Partner, Partner.code == code).one().id


def form_of(answer):
    return next(form for form in answer.forms.values() if "name" in form.fields)


def test_the_list_finds_a_customer_by_part_of_the_name(browser: Browser) -> None:
    answer = browser.get("/contacts/partner?q=futterk")
    assert "Alfreds Futterkiste" in answer
    assert "Around the Horn" not in answer


def test_a_partner_page_shows_lines_and_people(site: Site, browser: Browser) -> None:
    answer = browser.get(f"/contacts/partner/{ident(site, 'ALFKI')}")
    for text in ("Alfreds Futterkiste", "Obere Str. 57", "Maria Anders", "Sales Representative", "Germany"):
        assert text in answer


def test_a_tag_shows_whom_it_groups(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        (tag,) = ctx.all(Tag, Tag.name == "Employee").ids
    answer = browser.get(f"/contacts/tag/{tag}")
    assert "Nancy Davolio" in answer
    assert "Maria Anders" not in answer


def test_telephones_are_read_in_groups(browser: Browser) -> None:
    answer = browser.get("/contacts/partner?q=futterk")
    assert "+49 30 0074321" in answer


def test_choices_tell_partners_apart_and_leave_out_archived_ones(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        ctx.run(find_action("contacts.partner.archive"), ctx.all(Partner, Partner.code == "ANATR"))

    found = browser.get("/contacts/partner/-/complete?q=tru").json
    assert [(one["name"], one["hint"]) for one in found] == [
        ("Ana Trujillo", "ANATR-1 · Ana Trujillo Emparedados y helados")
    ]

    found = browser.get("/contacts/partner/-/complete?q=alf&for=contacts.partner.parent").json
    assert [(one["name"], one["hint"]) for one in found] == [("Alfreds Futterkiste", "ALFKI · Berlin")]
    assert not browser.get("/contacts/partner/-/complete?q=maria+anders&for=contacts.partner.parent").json


def test_only_what_can_be_done_is_offered(site: Site, browser: Browser) -> None:
    path = f"/contacts/partner/{ident(site, 'ALFKI')}"
    form = form_of(browser.get(path))
    assert "Restore</span>" not in form.text
    form.submit("action", value="archive", status=303)
    answer = browser.get(path)
    assert "Restore</span>" in answer
    with site.transaction() as ctx:
        assert not ctx.all(Partner, Partner.code == "ALFKI").one().active


def test_a_duplicate_is_told_and_made_only_when_confirmed(site: Site, browser: Browser) -> None:
    form = form_of(browser.get("/contacts/partner/new"))
    form["name"] = "Alfred's Futterkiste GmbH"

    warned = form.submit(status=422)

    assert "Alfreds Futterkiste (ALFKI) is there already: same name." in warned.html.text
    with site.transaction() as ctx:
        assert len(ctx.all(Partner, Partner.name.startswith("Alfred"))) == 1

    form_of(warned).submit(status=303)

    with site.transaction() as ctx:
        assert len(ctx.all(Partner, Partner.name.startswith("Alfred"))) == 2


def test_saving_a_partner_as_it_is_warns_of_nothing(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        twin = ctx.all(Partner, Partner.code == "ANATR").one().name
        ctx.run(actions.create, values=[{"name": twin, "code": "TWIN"}])
    form = form_of(browser.get(f"/contacts/partner/{ident(site, 'TWIN')}"))
    form["job_title"] = ""
    form.submit(status=303)


def test_a_wrong_number_is_shown_at_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    form = form_of(browser.get("/contacts/partner/new"))
    form["name"] = "Beijing Tea House"
    form["tax_id"] = "91110000600037341M"

    answer = form.submit(status=422)

    assert "check character" in answer.html.text
    again = form_of(answer)
    assert (again["name"].value, again["tax_id"].value) == ("Beijing Tea House", "91110000600037341M")


def test_pages_are_in_chinese_too(browser: Browser) -> None:
    answer = browser.get("/contacts/partner/new", headers={"Accept-Language": "zh-CN"})
    assert "税号" in answer
    assert "往来单位" in answer
