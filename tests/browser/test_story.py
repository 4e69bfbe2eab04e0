"""What whoever keeps books may rely on, from signing in to the printed month, in both languages, also on a phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pikepdf
import pytest
from keys import BANK, CASH, save_new, write_voucher
from playwright.sync_api import Browser, Page, expect

from house import COMPANY, OTHER, PASSWORD, VOUCHERS, House, Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]

DESK, PHONE = 1280, 390
MAKER, AUDITOR = "chief", "auditor"  # the chief may do everything, and still not audit what is their own
WORDS = {
    "en": {
        "vouchers": "Vouchers",
        "wrong": "User name or password is wrong.",
        "draft": "Draft",
        "posted": "Posted",
        "audit": "Audit",
        "own": "You made this voucher yourself; somebody else must audit it.",
        "post": "Post",
        "reverse": "Reverse in red",
        "reversal": "Red reversal",
        "unbalanced": "Debit 100 and credit 99.99 differ by 0.01.",
        "choose": "Print …",
        "paper": "Print",
        "print": "Print vouchers",
        "balances": "Trial balance",
        "dark": "Dark",
    },
    "zh_CN": {
        "vouchers": "凭证",
        "wrong": "用户名或密码错误。",
        "draft": "草稿",
        "posted": "已记账",
        "audit": "审核",
        "own": "这张凭证是您本人制单的，须由他人审核。",
        "post": "记账",
        "reverse": "红字冲销",
        "reversal": "红字冲销",
        "unbalanced": "借方 100 与贷方 99.99 不平，相差 0.01。",
        "choose": "打印…",
        "paper": "打印",
        "print": "打印凭证",
        "balances": "科目余额表",
        "dark": "深色",
    },
}
Open = Callable[[str], Visitor]


@pytest.fixture(
    scope="module",
    params=[("zh_CN", DESK), ("zh_CN", PHONE), ("en", DESK), ("en", PHONE)],
    ids=lambda one: f"{one[0]}-{one[1]}",
)
def setting(request: pytest.FixtureRequest) -> tuple[str, int]:
    """A language, and how wide the page is."""
    chosen: tuple[str, int] = request.param
    return chosen


@pytest.fixture
def say(setting: tuple[str, int]) -> dict[str, str]:
    """What Hanse says in the language of the test."""
    return WORDS[setting[0]]


@pytest.fixture(scope="module")
def browsers(house: House, chrome: Browser, setting: tuple[str, int]) -> Iterator[Open]:
    """Open a browser for somebody, and the same one again for who has one; empty: nobody is signed in."""
    opened: dict[str, Visitor] = {}

    def open_for(login: str) -> Visitor:
        if login not in opened:
            opened[login] = Visitor(chrome, house, width=setting[1], locale=setting[0])
            if login:
                opened[login].sign_in(login)
        return opened[login]

    yield open_for
    for visitor in opened.values():
        visitor.close()


@pytest.fixture
def visit(browsers: Open) -> Iterator[Open]:
    """Go to somebody's browser.  What a page complains about fails the test."""
    used: dict[str, Visitor] = {}

    def go(login: str) -> Visitor:
        return used.setdefault(login, browsers(login))

    yield go
    complaints = [text for visitor in used.values() for text in visitor.complaints]
    for visitor in used.values():
        visitor.complaints.clear()
    assert complaints == []


def confirm(page: Page) -> None:
    """Say yes to a question, if one is asked."""
    page.locator("#hz-confirm [value=yes]").click()


def state(page: Page) -> str:
    return (page.locator(".hz-states [aria-current]").first.text_content() or "").strip()


def test_signing_in_leads_to_the_company(visit: Open, say: dict[str, str]) -> None:
    visitor = visit("")
    page = visitor.page
    page.goto("/finance/voucher")
    page.fill("[name=login]", "accountant")
    page.fill("[name=password]", "wrong")
    page.press("[name=password]", "Enter")
    expect(page.get_by_text(say["wrong"])).to_be_visible()
    visitor.look()
    page.fill("[name=password]", PASSWORD)
    page.press("[name=password]", "Enter")
    page.wait_for_selector(".hz-shell")
    assert page.url.endswith("/finance/voucher"), "one goes on to what one asked for"
    assert page.text_content(".hz-company.hz-ellipsis") == COMPANY


def test_vouchers_are_filtered_searched_and_opened(visit: Open, say: dict[str, str]) -> None:
    visitor = visit(MAKER)
    page = visitor.page
    page.goto("/finance/voucher")
    expect(page.locator("h1")).to_have_text(say["vouchers"])
    visitor.look()
    everything = page.locator(".hz-row").count()
    assert everything >= VOUCHERS
    page.locator(".hz-segments").get_by_text(say["posted"], exact=True).click()
    page.wait_for_url("**state=posted*")
    page.fill("[name=q]", "报销费用")
    page.wait_for_url("**q=*")
    expect(page.locator(".hz-row", has_not_text="报销费用")).to_have_count(0)
    assert 0 < page.locator(".hz-row").count() < everything
    page.locator(".hz-row a").first.click()
    page.wait_for_selector("[data-readonly]")
    assert state(page) == say["posted"]
    assert page.locator(".hz-lines tbody tr").count() >= 2
    visitor.look()


def test_a_voucher_is_written_by_keys_audited_by_another_posted_and_reversed(visit: Open, say: dict[str, str]) -> None:
    maker, auditor = visit(MAKER), visit(AUDITOR)
    page = maker.page
    write_voucher(page, "提取备用金", "1234.5")
    assert page.input_value("#lines-1-credit") == "1,234.50"
    maker.look()
    address = save_new(page)
    assert state(page) == say["draft"]
    maker.look()
    maker.press(say["audit"])
    expect(page.locator(".hz-toast").filter(has_text=say["own"]).first).to_be_visible()
    assert state(page) == say["draft"], "nobody audits what they made"

    second = auditor.page
    second.goto(address)
    auditor.press(say["audit"])
    second.wait_for_load_state()
    auditor.press(say["post"])
    confirm(second)
    expect(second.locator(".hz-states [aria-current]")).to_have_text(say["posted"])
    auditor.look()

    page.goto(address)
    maker.press(say["reverse"])
    page.locator("#ask-reverse button.hz-btn--primary").click()
    page.locator("[data-field=reversed_by] a").click()
    page.wait_for_url(lambda url: url != address)
    assert state(page) == say["draft"], "a red voucher is audited like any other"
    assert page.locator("main").get_by_text(say["reversal"], exact=True).count()
    assert [page.input_value(f"#lines-{cell}") for cell in ("0-debit", "1-credit")] == ["-1,234.50", "-1,234.50"], (
        "the same sides"
    )
    maker.look()


def test_an_unbalanced_voucher_keeps_everything_that_was_typed(visit: Open, say: dict[str, str]) -> None:
    visitor = visit(MAKER)
    page = visitor.page
    write_voucher(page, "未平衡", "100")
    page.fill("#lines-1-credit", "99.99")
    page.keyboard.press("Control+s")
    expect(page.locator("[role=alert]")).to_contain_text(say["unbalanced"])
    assert page.url.endswith("/finance/voucher/new"), "nothing was stored"
    typed = [
        page.input_value(f"#lines-{cell}") for cell in ("0-summary", "0-account", "0-debit", "1-account", "1-credit")
    ]
    assert typed == ["未平衡", CASH, "100.00", BANK, "99.99"]
    visitor.look()


def test_a_stale_form_shows_both_versions_and_saves_what_is_chosen(visit: Open, say: dict[str, str]) -> None:
    first, second = visit(MAKER), visit("accountant")
    page = first.page
    write_voucher(page, "两人同改", "10")
    address = save_new(page)
    second.page.goto(address)
    for visitor, sheets in ((second, "3"), (first, "5")):
        visitor.page.fill("#f-attachments", sheets)
        visitor.page.keyboard.press("Control+s")
        visitor.page.wait_for_load_state()
    dialog = page.locator("#hz-stale")
    expect(dialog).to_be_visible()
    row = dialog.locator("tbody tr")
    assert [text.strip() for text in row.locator("label").all_text_contents()] == ["5", "3"]
    first.look()
    row.locator("input[value=theirs]").check()
    dialog.locator(".hz-btn--primary").click()
    page.wait_for_url(address)
    expect(page.locator("#hz-stale")).to_have_count(0)
    assert page.input_value("#f-attachments") == "3"


def test_the_trial_balance_leads_to_the_ledger_and_on_to_the_voucher(visit: Open, say: dict[str, str]) -> None:
    visitor = visit(MAKER)
    page = visitor.page
    page.goto("/finance/trial-balance?period=2025-01")
    expect(page.locator("h1")).to_contain_text(say["balances"])
    row = page.locator(".hz-row", has_text="100201")
    closing = (row.locator("td").last.text_content() or "").strip()
    assert re.fullmatch(r"[\d,]+\.\d\d", closing)
    visitor.look()
    row.locator("a").first.click()
    page.wait_for_url("**/account-ledger?*")
    page.wait_for_selector(".hz-row")
    assert closing in (page.text_content(".hz-table") or ""), "the ledger ends with the balance of the account"
    visitor.look()
    page.locator(".hz-row a").last.click()
    page.wait_for_url(re.compile(r"/finance/voucher/\d+$"))
    assert state(page) == say["posted"]


def test_a_voucher_and_a_month_come_as_pdf(visit: Open, say: dict[str, str], tmp_path: Path) -> None:
    visitor = visit(MAKER)
    page = visitor.page
    page.goto("/finance/voucher?state=posted&q=报销费用")
    page.locator(".hz-row a").first.click()
    page.wait_for_selector("[data-readonly]")
    visitor.press(say["choose"])
    page.wait_for_url("**/finance/print-vouchers?*")
    visitor.look()
    with page.expect_response(lambda answer: answer.request.method == "POST") as one:
        visitor.press(say["paper"])
    assert (one.value.status, one.value.headers["content-type"]) == (200, "application/pdf")

    page.goto("/finance/period?q=2025-01")
    page.locator(".hz-row", has_text="2025-01").locator("a").first.click()
    page.wait_for_selector("main h1")
    visitor.press(say["print"])
    page.locator("#ask-print_vouchers button.hz-btn--primary").click()
    page.wait_for_load_state()
    visitor.look()
    page.goto("/core/jobs")
    job = page.locator("[data-progress-url]").first
    expect(job).to_have_attribute("data-state", "done", timeout=30_000)
    assert job.locator("progress").get_attribute("value") == str(VOUCHERS)
    visitor.look()
    with page.expect_download() as month:
        job.locator("[data-progress-result]").click()
    with pikepdf.open(month.value.path()) as pdf, pdf.open_outline() as outline:
        assert len(pdf.pages) >= VOUCHERS
        assert len(list(leaves(outline.root))) == VOUCHERS, "a bookmark for each voucher"


def leaves(entries: Iterable[Any]) -> Iterator[Any]:
    """Give the bookmarks that have none below them."""
    for entry in entries:
        if entry.children:
            yield from leaves(entry.children)
        else:
            yield entry


def test_the_palette_finds_what_one_types(visit: Open, say: dict[str, str]) -> None:
    visitor = visit(MAKER)
    page = visitor.page
    page.goto("/")
    visitor.look()
    page.keyboard.press("Control+k")
    page.keyboard.type(say["balances"])
    page.locator("#hz-palette [role=option]").get_by_text(say["balances"]).wait_for()
    visitor.look()
    page.keyboard.press("Enter")
    page.wait_for_url("**/finance/trial-balance")
    page.keyboard.press("Control+k")
    page.keyboard.type("100201")
    page.locator("#hz-palette [role=option]").get_by_text(BANK).wait_for()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/finance/account/\d+$"))


def test_dark_mode_stays_and_is_as_readable(visit: Open, say: dict[str, str], setting: tuple[str, int]) -> None:
    visitor = visit("admin")
    page = visitor.page
    page.goto("/finance/voucher")
    if setting[1] == PHONE:
        page.click("[data-nav-open]")
    page.click(".hz-me summary")
    page.get_by_role("button", name=say["dark"]).click()
    for path in ("/finance/voucher", "/finance/trial-balance?period=2025-01", "/finance/voucher/new", "/core/addons"):
        page.goto(path)
        assert page.get_attribute("html", "data-theme") == "dark"
        visitor.look("dark")


def test_the_company_switcher_changes_the_books(visit: Open, setting: tuple[str, int]) -> None:
    visitor = visit("admin")
    page = visitor.page
    for there in (COMPANY, OTHER):
        page.goto("/")
        if setting[1] == PHONE:
            page.click("[data-nav-open]")
        if page.text_content(".hz-company.hz-ellipsis") != there:
            page.click(".hz-sidebar > .hz-menu summary")
            page.get_by_role("button", name=there).click()
            page.wait_for_load_state()
        assert page.text_content(".hz-company.hz-ellipsis") == there
    visitor.look()
