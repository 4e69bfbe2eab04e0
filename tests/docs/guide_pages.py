"""What the reader of docs/addon-guide.md sees in the browser; copied beside the tests of the addon it builds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from acme_loans.actions import hand_out
from acme_loans.models import Equipment, Loan

from hanse.actions import Context, find_action
from hanse.errors import NotFound
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    with databases.copy() as database:
        yield Site(database, tmp_path)


def make(browser: Browser, path: str, **fields: str) -> str:
    """Fill in the form for a new record; give its address."""
    page = browser.get(f"{path}/new").forms["record-form"]
    pairs = [(name, value) for name, value in page.submit_fields() if name not in fields]
    answer = browser.post(f"{path}/new", [*pairs, *fields.items()], status=303)
    return "/" + answer.location.split("/", 3)[3]


def test_lending_in_the_browser(site: Site) -> None:
    browser = site.browser()
    office = make(browser, "/core/department", name="Office").rpartition("/")[2]
    projector = make(browser, "/loans/equipment", name="Projector", department=office)
    anna = make(browser, "/contacts/partner", name="Anna", deposit="500")
    thing, borrower = (path.rpartition("/")[2] for path in (projector, anna))
    loan = {"equipment": thing, "borrower": borrower, "purpose": "Training", "until": "2030-01-31"}
    first, second = (make(browser, "/loans/loan", **loan) for _time in range(2))

    assert "EQ-0001 Projector" in browser.get(projector).text
    assert browser.get(anna).forms["record-form"]["deposit"].value == "500.00"
    assert "1 handed out" in browser.post(f"{first}/do/hand_out", status=303).follow().text
    assert "Projector is with Anna until" in browser.post(f"{second}/do/hand_out", status=303).follow().text
    assert browser.get("/loans/loan").text.count("Training") >= 2
    assert "Loans" in browser.get(anna).text


def test_the_pages_speak_chinese(site: Site) -> None:
    browser = site.browser()
    browser.app.set_cookie("hz_locale", "zh_CN")

    for words in ("借用人", "归还日期", "逾期"):
        assert words in browser.get("/loans/loan").text


def create(ctx: Context, model: str, **values: Any) -> int:
    action = find_action(f"{model}.create")
    assert action is not None
    return ctx.run(action, values=[values]).id


def test_a_role_reaches_what_its_department_keeps(ctx: Context, as_user: Any) -> None:
    held = [
        ("loans.equipment.read", "department"),
        ("loans.loan.read", "department"),
        ("loans.loan.hand_out", "department"),
    ]
    clerk = as_user(*held, "loans.loan.create", "contacts.partner.read", departments=["Office"])
    (office,) = clerk.departments
    cellar = create(ctx, "core.department", name="Cellar")
    things = [create(ctx, "loans.equipment", name="Projector", department=where) for where in (office, cellar)]
    anna = create(ctx, "contacts.partner", name="Anna")
    rest = {"borrower": anna, "purpose": "Training", "until": ctx.today}
    loans = [create(ctx, "loans.loan", equipment=thing, **rest) for thing in things]

    assert clerk.visible(Equipment).ids == [things[0]]
    assert clerk.visible(Loan).ids == [loans[0]]
    assert clerk.run(hand_out, [loans[0]]).done == (loans[0],)
    with pytest.raises(NotFound):
        clerk.run(hand_out, [loans[1]])
