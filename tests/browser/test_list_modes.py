"""What people may rely on at a list: groups that open, cards and entries that move, views that come back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Locator, expect
from sqlalchemy import select

from hanse.actions import find_action, open_context
from hanse.actions.context import identify
from hanse.directory.models import Company
from house import COMPANY, PATIENCE, House, Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]


def plan(house: House, login: str, subject: str, day: int) -> str:
    """Plan an activity of this month; give its day."""
    action = find_action("core.activity.plan")
    assert action is not None
    with house.database.session() as session, session.begin():
        user = identify(session, login)
        assert user is not None
        company = session.scalars(select(Company.id).where(Company.name == COMPANY)).one()
        ctx = open_context(session, user, company, via="test")
        due = ctx.today.replace(day=day)
        ctx.run(action, subject=subject, due=due)
    return due.isoformat()


def drag(visitor: Visitor, what: Locator, where: Locator) -> None:
    """Drag as a hand does: a little first, then there."""
    what.scroll_into_view_if_needed()
    mouse, start, end = visitor.page.mouse, what.bounding_box(), where.bounding_box()
    assert start is not None
    assert end is not None
    mouse.move(start["x"] + 20, start["y"] + 8)
    mouse.down()
    mouse.move(start["x"] + 34, start["y"] + 20, steps=4)
    mouse.move(end["x"] + 40, end["y"] + 24, steps=8)
    mouse.up()


@pytest.mark.parametrize(("locale", "width"), [("en", 1280), ("zh_CN", 390)])
def test_a_list_is_grouped_kept_as_a_view_and_moved_on_board_and_calendar(
    house: House, chrome: Browser, locale: str, width: int
) -> None:
    subject = f"Call {locale}"
    day = plan(house, "chief", subject, 10)
    visitor = Visitor(chrome, house, width=width, locale=locale)
    visitor.page.set_default_timeout(6 * PATIENCE)
    expect.set_options(timeout=3 * PATIENCE)
    try:
        visitor.sign_in("chief")
        _group(visitor)
        _keep(visitor, f"View {locale}")
        _board(visitor, subject)
        _calendar(visitor, subject, day, phone=width < 600)
    finally:
        expect.set_options(timeout=5_000)
        visitor.close()


def _group(visitor: Visitor) -> None:
    page = visitor.page
    page.goto("/finance/voucher?group=state")
    heading = page.locator("[data-group]").first
    expect(page.locator(".hz-row")).to_have_count(0)
    heading.click()
    expect(page.locator(".hz-row").first).to_be_visible()
    visitor.look()
    heading.press("ArrowLeft")
    expect(page.locator(".hz-row")).to_have_count(0)


def _keep(visitor: Visitor, name: str) -> None:
    page = visitor.page
    page.locator(".hz-views > summary").click()
    page.locator("[data-dialog=hz-view-new]").click()
    page.locator("#hz-view-new-name").fill(name)
    visitor.look()
    page.locator("#hz-view-new .hz-btn--primary").click()
    page.goto("/finance/voucher")
    page.locator(".hz-views > summary").click()
    page.locator(".hz-views .hz-menu__item").filter(has_text=name).click()
    expect(page.locator("[data-group]").first).to_be_visible()


def _board(visitor: Visitor, subject: str) -> None:
    page = visitor.page
    page.goto("/core/activity?as=board&f-mine=yes")
    card = page.locator(".hz-lanecard").filter(has_text=subject)
    visitor.look()
    card.locator("a").focus()
    page.keyboard.press("m")
    page.locator("[data-move-to=done]").click()
    expect(page.locator("ul[data-lane=done]").locator(".hz-lanecard").filter(has_text=subject)).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)  # while it is on its way it is not moved again
    card.locator("a").press("Alt+ArrowRight")  # nothing leads from done to cancelled
    expect(page.locator(".hz-toast--bad")).to_be_visible()
    expect(page.locator("ul[data-lane=done]").locator(".hz-lanecard").filter(has_text=subject)).to_be_visible()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    card.locator("a").press("Alt+ArrowLeft")
    expect(page.locator("ul[data-lane=planned]").locator(".hz-lanecard").filter(has_text=subject)).to_be_visible()


def _calendar(visitor: Visitor, subject: str, day: str, *, phone: bool) -> None:
    page = visitor.page
    page.goto(f"/core/activity?as=calendar&f-mine=yes&on={day}")
    visitor.look()
    later = f"{day[:8]}{int(day[8:]) + 7:02}"
    entry = page.locator(".hz-entry").filter(has_text=subject)
    if phone:
        entry.locator("a").press("Alt+ArrowDown")
    else:
        drag(visitor, entry, page.locator(f"[data-day='{later}']"))
    expect(page.locator(f"[data-day='{later}']").locator(".hz-entry").filter(has_text=subject)).to_be_visible()
