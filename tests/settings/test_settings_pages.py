"""What people may rely on for the pages of settings and numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from hanse.settings.changing import change_settings
from hanse.settings.models import GeneralSettings
from hanse.testing.browser import Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person, switch_on


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application on a database of this test, with the sample library beside the others."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            switch_on(ctx, ("hanse_contacts", "hanse_finance", "hanse_cn", "sample_library"))
        yield site


def days_kept(site: Site) -> int:
    with site.transaction() as ctx:
        return ctx.settings(GeneralSettings).job_days


def test_a_setting_is_found_changed_and_kept(site: Site) -> None:
    browser = site.browser()
    found = browser.get("/core/settings?q=duplicates")
    assert [link.text for link in found.html.select("#hz-found a")] == ["Contacts", "Warn of duplicates"]

    page = browser.get("/core/settings")
    form = page.forms["record-form"]
    form["job_days"] = "12"
    saved = form.submit().follow()
    assert saved.forms["record-form"]["job_days"].value == "12"
    assert days_kept(site) == 12


def test_what_does_not_fit_is_said_at_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    form = site.browser().get("/core/settings").forms["record-form"]
    form["job_days"], form["upload_mb"] = "0", "abc"
    answer = form.submit(status=422)

    assert "whole number" in answer.html.select_one("[data-field=upload_mb]").text
    again = answer.forms["record-form"]
    assert (again["job_days"].value, again["upload_mb"].value) == ("0", "abc")
    again["upload_mb"] = "5"
    assert "1 to 3,650" in again.submit(status=422).text
    assert days_kept(site) == 30


def test_a_form_that_somebody_has_overtaken_is_not_saved_unseen(site: Site) -> None:
    form = site.browser().get("/core/settings").forms["record-form"]
    with site.transaction() as ctx:
        change_settings(ctx, GeneralSettings, {"job_days": 7})
    form["job_days"] = "12"
    answer = form.submit(status=422)

    assert "Somebody else" in answer.text
    assert days_kept(site) == 7
    answer.forms["record-form"].submit(status=303)
    assert days_kept(site) == 12


def test_people_see_the_sections_that_are_theirs(site: Site) -> None:
    with site.transaction() as ctx:
        person = open_for_person(ctx, Person("ann", (("contacts.settings.read", "company"),), None, ()), None)
        assert person.user.login
    browser = site.browser("ann")
    page = browser.get("/core/settings")

    assert [link.text for link in page.html.select("#hz-found a")] == ["Contacts"]
    assert not page.html.select("#record-form input[type=checkbox]")
    assert browser.get("/core/settings?section=core.settings", status=404)
    assert browser.get("/core/sequences", status=404)


def test_pages_of_the_system_ask_little(site: Site) -> None:
    browser = site.browser()
    browser.get("/core/settings")
    for path in (
        "/core/settings?section=contacts.settings",
        "/core/sequences",
        "/core/sequences?key=library.book.code",
    ):
        with site.statements() as counted:
            browser.get(path)
        assert len(counted) <= 8, (path, list(counted))


def test_the_list_of_an_addons_settings_leads_to_its_section(site: Site) -> None:
    assert (
        site.browser()
        .get("/contacts/settings", status=303)
        .location.endswith("/core/settings?section=contacts.settings")
    )


# --- numbers ----------------------------------------------------------------------------------------------------------


def test_a_rule_is_changed_with_the_next_numbers_in_sight(site: Site) -> None:
    browser = site.browser()
    listed = browser.get("/core/sequences?q=book")
    assert "BK-{number:4}" in listed.text
    assert "BK-0001" in listed.text

    page = browser.get("/core/sequences?key=library.book.code")
    assert [one.text for one in page.html.select("#hz-preview code")] == ["BK-0001", "BK-0002", "BK-0003"]
    typed = "&pattern=N%7Byear%7D-%7Bnumber%3A2%7D&start=1&step=10&reset=year&counting=gapless&upcoming="
    part = browser.get(f"/core/sequences?key=library.book.code&preview=1{typed}")
    assert "-01" in part.html.select("code")[0].text
    assert len(part.html.select("code")) == 6, "today and at the beginning of next year"
    assert (
        "{year}"
        in browser.get(f"/core/sequences?key=library.book.code&preview=1{typed.replace('%7Byear%7D', '')}").text
    )

    form = page.forms["record-form"]
    form["pattern"] = "N{number:3}"
    form["upcoming"] = "40"
    form.submit("action", value="save", status=303)
    with site.transaction() as ctx:
        from hanse.actions import find_action

        ctx.run(find_action("library.book.create"), values=[{"title": "Momo"}])
        assert ctx.session.scalar(text("SELECT code FROM library_book")) == "N040"


def test_a_wrong_rule_is_said_at_its_field(site: Site) -> None:
    form = site.browser().get("/core/sequences?key=library.loan.number").forms["record-form"]
    form["pattern"] = "LN-{number:3}"
    answer = form.submit("action", value="save", status=422)

    assert "given twice" in answer.html.select_one("[data-field=reset]").text
    assert answer.forms["record-form"]["pattern"].value == "LN-{number:3}"
