"""What colleagues on one record may rely on: mention, to-do, alert, done; in both languages, also on a phone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from hanse.testing.databases import Databases
from house import PATIENCE, House, Visitor, needs_browser, open_house

pytestmark = [needs_browser, pytest.mark.slow]

WORDS = {
    "en": {
        "ask": "Please check the receipt",
        "told": "mentions you",
        "plan": "Plan",
        "done": "has done",
        "read": "Mark all as read",
    },
    "zh_CN": {"ask": "请核对单据", "told": "提及了您", "plan": "安排", "done": "完成了", "read": "全部标为已读"},
}


@pytest.fixture(scope="module")
def busy_house(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which jobs are done."""
    yield from open_house(databases, tmp_path_factory.mktemp("busy"), jobs=True)


@pytest.mark.parametrize(("locale", "width"), [("zh_CN", 390), ("en", 1280)])
def test_a_colleague_is_called_gets_work_and_ticks_it_off(
    busy_house: House, chrome: Browser, locale: str, width: int
) -> None:
    words = WORDS[locale]
    asker = Visitor(chrome, busy_house, width=width, locale=locale)
    doer = Visitor(chrome, busy_house, width=width, locale=locale)
    for one in (asker, doer):
        one.page.set_default_timeout(6 * PATIENCE)  # templates are compiled at the first visit, and jobs run beside
    expect.set_options(timeout=PATIENCE)
    try:
        _call(asker, words)
        address = asker.page.url
        _give_work(asker, words)
        asker.look()
        _answer(doer, words, address)
        asker.page.goto(address)
        expect(asker.page.locator("#hz-timeline")).to_contain_text(words["done"])
        asker.look()
    finally:
        expect.set_options(timeout=5_000)
        asker.close()
        doer.close()


def _call(asker: Visitor, words: dict[str, str]) -> None:
    """Mention the accountant by the keyboard in a comment on the first voucher."""
    asker.sign_in("chief")
    page = asker.page
    page.goto("/finance/voucher")
    page.locator(".hz-row a").first.click()
    page.locator("#hz-comment").click()
    page.keyboard.type(f"{words['ask']} @acc")
    expect(page.locator(".hz-mentions [role=option]")).to_have_count(1)
    page.keyboard.press("Enter")
    assert page.input_value("#hz-comment") == f"{words['ask']} @accountant "
    page.keyboard.press("Control+Enter")
    expect(page.locator(".hz-mention").first).to_be_visible()


def _give_work(asker: Visitor, words: dict[str, str]) -> None:
    page = asker.page
    page.locator("#hz-activities .hz-panel__body > .hz-fold > summary").click()
    page.fill("#plan-subject", words["ask"])
    page.fill("#plan-owner", "acc")
    page.locator(".hz-options [role=option]").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("button", name=words["plan"], exact=True).click()
    expect(page.locator("#hz-activities .hz-todo__subject")).to_have_text([words["ask"]])


def _answer(doer: Visitor, words: dict[str, str], address: str) -> None:
    """Find both on the first page, tick the work off, and read what one was told."""
    doer.sign_in("accountant")
    page = doer.page
    for _time in range(200):  # until the jobs have told it; each look waits for the page
        page.goto("/")
        if page.locator(".hz-told li").count() == 2:
            break
        page.wait_for_timeout(100)
    expect(page.locator(".hz-told li")).to_have_count(2)
    expect(page.locator("[data-bell-count]")).to_have_text("2")
    doer.look()
    page.locator("#hz-mine .hz-tick").first.click()
    expect(page.locator("#hz-mine .hz-todo")).to_have_count(0)
    page.goto("/core/notifications")
    doer.look()
    doer.press(words["read"])
    expect(page.locator("[data-bell-count]")).to_be_hidden()
    page.locator(".hz-told li").filter(has_text=words["told"]).locator("a").first.click()
    page.wait_for_url(address)
    page.locator("#hz-star button").click()
    expect(page.locator("#hz-star button")).to_have_attribute("aria-pressed", "true")
    doer.look()
    page.goto("/core/notification-settings")
    doer.look()
