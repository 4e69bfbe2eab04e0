"""What people may rely on who set webhooks up: events are chosen from a list, and secrets are shown once."""

from __future__ import annotations

import re

import pytest
from office import Office

from hanse.screens import all_reports, all_screens
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person
from hanse.web.pages import page_behind

MADE = "library.book.created"


@pytest.fixture
def browser(office: Office) -> Browser:
    return Site(office.database, office.home).browser()


def test_events_are_chosen_by_what_people_call_them(browser: Browser) -> None:
    select = browser.get("/core/webhook/new").html.find("select", {"name": re.compile(r"events-0-event")})
    offered = {option["value"]: option.text for option in select.find_all("option")}
    assert offered[MADE] == "Book: created"
    assert offered["library.loan.lend"] == "Loan: Lend"
    assert "library.loan.look" not in offered


def test_a_webhook_is_made_by_its_form(office: Office, browser: Browser) -> None:
    form = browser.get("/core/webhook/new").forms["record-form"]
    form["name"], form["address"] = "Shop", "https://example.com/hook"
    form["events-0-event"] = MADE
    form["events-order"] = "0"
    page = form.submit(name="action", value="save").follow()
    page.mustcontain("Shop", "Send a test", "New secret")
    assert office.ask("SELECT w.name, u.login FROM core_webhook w JOIN core_user u ON u.id = w.user_id") == [
        ("Shop", "admin")
    ]
    assert office.ask("SELECT event FROM core_webhook_event") == [(MADE,)]


def test_an_event_that_is_gone_stays_in_the_form_until_somebody_takes_it_out(office: Office, browser: Browser) -> None:
    webhook = office.webhook("https://example.com/hook", MADE)
    office.change("UPDATE core_webhook_event SET event = 'acme.thing.created'")
    select = browser.get(f"/core/webhook/{webhook}").html.find("select", {"name": "events-0-event"})
    assert select.find("option", selected=True)["value"] == "acme.thing.created"


def test_a_wrong_address_is_told_at_its_field_and_nothing_typed_is_lost(browser: Browser) -> None:
    form = browser.get("/core/webhook/new").forms["record-form"]
    form["name"], form["address"], form["events-0-event"], form["events-order"] = "Shop", "example.com", MADE, "0"
    answer = form.submit(name="action", value="save", status=422)
    answer.mustcontain("Write a web address such as https://example.com/hook.", 'value="example.com"')
    assert answer.html.find("option", value=MADE, selected=True)


def test_a_new_secret_is_shown_once(office: Office, browser: Browser) -> None:
    webhook = office.webhook("https://example.com/hook", MADE)
    path = "/core/webhook-secret"
    assert "whsec_" not in browser.get(f"{path}?record={webhook}").text
    shown = browser.post(path, {"record": str(webhook)})
    ((stored,),) = office.ask("SELECT secret FROM core_webhook")
    assert stored in shown.text.replace("&#43;", "+").replace("&#61;", "=")
    for page in (f"{path}?record={webhook}", f"/core/webhook/{webhook}", f"/api/v1/core.webhook/{webhook}"):
        assert "whsec_" not in browser.get(page).text


def test_the_webhook_of_somebody_else_gives_no_secret(office: Office) -> None:
    webhook = office.webhook("https://example.com/hook", MADE)
    with office.transaction() as ctx:
        open_for_person(ctx, Person("clerk", (("core.webhook.*", "own"),), None, ()))
    browser = Site(office.database, office.home).browser("clerk")
    browser.get(f"/core/webhook-secret?record={webhook}", status=404)
    browser.post("/core/webhook-secret", {"record": str(webhook)}, status=404)
    browser.post("/core/webhook-secret", {"record": "x"}, status=404)


def test_the_log_of_a_message_tells_every_attempt(office: Office, browser: Browser) -> None:
    webhook = office.webhook("http://127.0.0.1:9/hook", MADE)
    office.run("core.webhook.send_test", webhook)
    office.do_all()
    ((delivery,),) = office.ask("SELECT id FROM core_webhook_delivery")
    page = browser.get(f"/core/webhook_delivery/{delivery}")
    page.mustcontain("Nobody listens at this address.", "Test")
    assert "Write a comment" not in page.text


def test_every_button_leads_to_a_page(office: Office) -> None:
    with office.transaction() as ctx:
        pages = {
            (screen.addon, one.page): page_behind(ctx, one, screen)
            for screen in (*all_screens(), *all_reports())
            for one in screen.buttons
        }
        hidden = {name for name, page in pages.items() if page is None}
        assert len(pages) >= 5
        assert hidden == {(addon, name) for addon, name in pages if addon not in ctx.seen}
