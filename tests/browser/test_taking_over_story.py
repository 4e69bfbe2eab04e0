"""What an accountant who takes over books may rely on: the sheet by keyboard, customers, a file, and somebody else."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

sys.path.insert(0, str(Path(__file__).parents[1] / "finance"))
from balance_lists import KIS, KIS_MERGED, workbook

from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_admin, open_for_person
from hanse_cn.charts import load_chart
from hanse_finance import reports
from hanse_finance.setup import action
from house import House, Visitor, needs_browser, serving

pytestmark = [needs_browser, pytest.mark.slow]
EVERYTHING = (("*", "company"),)


@pytest.fixture(params=[("en", 1280), ("zh_CN", 1280), ("zh_CN", 390)], ids=lambda one: f"{one[0]}-{one[1]}")
def house_and_look(
    request: pytest.FixtureRequest, databases: Databases, tmp_path: Path
) -> Iterator[tuple[House, str, int]]:
    """A company with the small business chart and the year 2025, and a language and width to look at it."""
    with databases.copy() as database, serving(database, tmp_path) as house:
        with database.session() as session, session.begin():
            ctx = open_for_admin(session)
            load_chart(ctx, "small_business")
            ctx.run(action("finance.voucher_word.create"), values=[{"code": "记", "name": "记账凭证"}])
            ctx.run(action("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
            for name in ("keeper", "opener"):
                open_for_person(ctx, Person(name, EVERYTHING, None, ()))
        yield house, *request.param


def cell(page: Page, code: str, column: str = "b") -> str:
    """Give the cell of an account."""
    row = page.locator("tr[data-line]").filter(has_text=code).first
    return f"#{row.locator(f'input[name^={column}-]').get_attribute('id')}"


def test_books_are_taken_over(house_and_look: tuple[House, str, int], chrome: Browser, tmp_path: Path) -> None:
    house, locale, width = house_and_look
    zh = locale == "zh_CN"
    keeper = Visitor(chrome, house, width=width, locale=locale)
    keeper.sign_in("keeper")
    page = keeper.page
    page.goto("/finance/opening")
    keeper.look()
    page.select_option("#f-period", "2025-07")
    keeper.press("开始" if zh else "Begin")
    page.locator("tr[data-line]").first.wait_for()
    keeper.look()
    page.fill(cell(page, "1001"), "100")
    page.keyboard.press("Enter")
    expect(page.locator("#opening-check .hz-tag--bad").first).to_be_visible()
    page.fill(cell(page, "3001"), "100")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#opening-check .hz-tag--bad")).to_have_count(0)
    keeper.look()
    page.keyboard.press("Control+s")
    page.locator(".hz-toast").first.wait_for()
    file = tmp_path / "科目余额表.xlsx"
    file.write_bytes(workbook(KIS, KIS_MERGED).read())
    keeper.press("读取文件" if zh else "Read a file")
    page.set_input_files("dialog[open] #f-file", file)
    keeper.look()
    page.locator("dialog[open] .hz-btn--primary").click()
    page.get_by_text("科目余额表.xlsx").wait_for()
    keeper.look()
    page.locator("main .hz-panel .hz-btn--primary").click()
    keeper.press("录入余额" if zh else "Enter the balances")
    page.locator("tr[data-line]").first.wait_for()
    keeper.look()
    page.locator("a.hz-link").filter(has_text="应收账款" if zh else "Accounts receivable").first.click()
    page.locator("table[aria-label]").wait_for()
    keeper.look()
    opener = Visitor(chrome, house, width=width, locale=locale)
    opener.sign_in("opener")
    opener.page.goto("/finance/opening")
    opener.press("启用账套" if zh else "Open the books")
    opener.page.locator("dialog[open] .hz-btn--primary").click()
    opener.page.locator(".hz-notice--ok").wait_for()
    opener.look()
    with house.database.session() as session, session.begin():
        ctx = open_for_admin(session)
        rows = reports.trial_balance(ctx, reports.span_of(ctx, "2025-07"))
        assert {row.code: row.opening for row in rows if row.opening} == {
            "1001": 950,
            "1002.01": 9500,
            "3001": -8000,
            "3103": -2450,
        }
    keeper.close()
    opener.close()
