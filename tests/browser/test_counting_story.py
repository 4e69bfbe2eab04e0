"""What a phone may be relied on for: one counts without a connection, nothing is lost, nothing counts twice."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hanse.actions import Context, find_action
from hanse.addons import installed
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin, switch_on
from hanse_inventory.models import Location, StockCountLine, Tally, Usage
from hanse_products.models import Unit
from house import Visitor, needs_browser, serving

#: The bridge by which the stock is in the books, which would need accounts.
BOOKS = "hanse_inventory_finance"


def _act(ctx: Context, name: str, *records: Any, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None
    return ctx.run(found, [*records] or None, **params)


def _fill(ctx: Context) -> int:
    """Keep three products in the warehouse, whose books are kept elsewhere, and begin to count them."""
    switch_on(ctx, [name for name in installed().addons if name in ctx.enabled - {BOOKS}])
    ctx.enabled -= {BOOKS}
    unit = ctx.all(Unit, Unit.symbol == "pcs").one()
    main = ctx.all(Location, Location.usage == Usage.STORE).one()
    lines: list[dict[str, Any]] = []
    for name in ("Tea", "Salt", "Rice"):
        values = {"name": name, "unit": unit, "barcodes": [{"code": f"{name}-1", "kind": "own"}]}
        product = _act(ctx, "products.product.create", values=[values]).id
        lines.append({"product": product, "quantity": 437, "price": "2"})
    entry = _act(ctx, "inventory.entry.create", values=[{"kind": "opening", "place": main, "lines": lines}]).id
    _act(ctx, "inventory.entry.post", entry)
    count: int = _act(ctx, "inventory.count.create", values=[{"place": main}]).id
    _act(ctx, "inventory.count.begin", count)
    return count


@pytest.fixture
def visitor(databases: Databases, tmp_path: Path, chrome: Browser) -> Iterator[Visitor]:
    with databases.copy() as database:
        with database.session() as session, session.begin():
            count = _fill(open_for_admin(session))
        with serving(database, tmp_path) as house:
            visitor = Visitor(chrome, house, width=390, locale="en")
            visitor.sign_in("admin")
            visitor.page.goto(f"/inventory/counting?record={count}")
            yield visitor
            visitor.close()


def _counted(visitor: Visitor) -> dict[str, Decimal | None]:
    with visitor.house.database.session() as session, session.begin():
        ctx = open_for_admin(session)
        return {one.product.name: one.counted for one in ctx.all(StockCountLine)}


def _tallies(visitor: Visitor) -> int:
    with visitor.house.database.session() as session, session.begin():
        return len(open_for_admin(session).all(Tally))


def _type(visitor: Visitor, name: str, quantity: str) -> None:
    row = visitor.page.locator(".hz-counting__row", has_text=name)
    row.locator("[name=quantity]").fill(quantity)
    row.get_by_role("button", name="Counted").click()


@needs_browser
def test_a_phone_counts_on_without_a_connection(visitor: Visitor) -> None:
    page = visitor.page
    visitor.look()
    assert "437" not in page.content()
    _type(visitor, "Tea", "430")
    page.get_by_text("430 pcs").wait_for()
    visitor.context.set_offline(True)
    _type(visitor, "Salt", "12")
    page.get_by_text("12 · waits for the connection").wait_for()
    page.get_by_text("No connection").wait_for()
    assert _counted(visitor) == {"Tea": 430, "Salt": None, "Rice": None}
    visitor.context.set_offline(False)
    page.get_by_text("12 pcs").wait_for()
    assert page.locator("[data-counting-done]").inner_text() == "2"
    assert _counted(visitor) == {"Tea": 430, "Salt": 12, "Rice": None}
    assert _tallies(visitor) == 2
    assert page.evaluate("localStorage.getItem('hanse-tallies')") is None


@needs_browser
def test_a_scanned_code_leads_to_its_row(visitor: Visitor) -> None:
    page = visitor.page
    page.locator("[type=search]").first.fill("rice-1")
    page.keyboard.press("Enter")
    row = page.locator(".hz-counting__row", has_text="Rice")
    assert row.locator("[name=quantity]").evaluate("one => one === document.activeElement")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    page.get_by_text("3 pcs").wait_for()
    assert _counted(visitor)["Rice"] == 3
