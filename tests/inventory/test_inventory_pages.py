"""What the pages of the stock may be relied on for: lists, forms, counting, paper, and what they do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from warehouse import Warehouse, act

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person
from hanse_contacts.models import Partner
from hanse_inventory.hooks import roles
from hanse_inventory.models import (
    Lot,
    StockCount,
    StockCountLine,
    StockEntry,
    Tally,
    Transfer,
    WasteReason,
)

ROLES = {name: tuple(permissions) for name, _label, permissions in roles()}
BASICS = (("core.*.read", "company"),)
#: A cost, and a book quantity, that stand nowhere else on any page.
COST, BOOK = "7.77", "437"
LISTS = ("stock", "entry", "transfer", "count", "lot", "move", "location", "waste_reason")


class Store:
    """What the site holds: a lot of tea, bought dear, and plain salt."""

    def __init__(self, shop: Warehouse) -> None:
        ctx = shop.ctx
        self.main, self.main_name = shop.main.id, shop.main.name
        supplier = shop.make(Partner, name="Teehaus Lübeck", is_supplier=True)
        tea = shop.product("Green tea", tracking="lot")
        salt = shop.product("Sea salt", barcodes=[{"code": "HAUS-77", "kind": "own"}])
        self.tea, self.salt = tea.id, salt.id
        soon = ctx.today + timedelta(days=5)
        line = {"product": tea, "quantity": BOOK, "price": COST, "new_lot": "T-1", "expires_on": soon}
        self.receipt = shop.post("receipt", line, partner=supplier, at=1, reference="LS-9")
        shop.receipt(salt, 12, "3.5", at=1)
        self.lot = shop.lot(tea, "T-1").id
        self.place = shop.place("Cold room").id
        self.shop = shop.store("Shop").id
        reason = shop.make(WasteReason, name="Broken")
        self.waste = shop.post("waste", {"product": salt, "quantity": 1}, at=2, reason=reason)
        lines = [{"product": salt, "quantity": 4}]
        values = {"source": shop.main, "destination": self.shop, "lines": lines}
        self.transfer = act(ctx, Transfer, "create", values=[values]).id
        act(ctx, Transfer, "approve", self.transfer)
        act(ctx, Transfer, "ship", self.transfer)
        self.count = act(ctx, StockCount, "create", values=[{"place": shop.main}]).id
        act(ctx, StockCount, "begin", self.count)


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with some stock, and people of each role."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            site.store = Store(Warehouse(ctx))  # type: ignore[attr-defined]
            for login, role in (
                ("keeper", "storekeeper"),
                ("counter", "stock_counter"),
                ("manager", "inventory_manager"),
            ):
                open_for_person(ctx, Person(login, (*ROLES[role], *BASICS), None, ()))
        yield site


@pytest.fixture
def store(site: Site) -> Store:
    return site.store  # type: ignore[attr-defined,no-any-return]


@pytest.fixture
def keeper(site: Site) -> Browser:
    return site.browser("keeper")


def lines_of(site: Site, count: int) -> dict[int, int]:
    """Give the lines of a count by product."""
    with site.transaction() as ctx:
        return {one.product_id: one.id for one in ctx.all(StockCountLine, StockCountLine.count_id == count)}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_shows_what_is_there_with_few_statements(site: Site, name: str) -> None:
    browser = site.browser("manager")
    browser.get(f"/inventory/{name}")
    with site.statements() as sent:
        page = browser.get(f"/inventory/{name}").text
    assert 'class="hz-row' in page
    assert len(sent) <= 9, sent


@pytest.mark.parametrize("mode", ["board", "calendar", "pivot"])
def test_documents_transfers_and_counts_are_looked_at_in_other_ways(site: Site, mode: str) -> None:
    browser = site.browser("manager")
    for name in ("entry", "transfer", "count"):
        assert browser.get(f"/inventory/{name}?as={mode}").status_int == 200


def test_what_is_on_hand_is_grouped_and_pivoted(site: Site, store: Store) -> None:
    browser = site.browser("manager")
    assert store.main_name in browser.get("/inventory/stock?f-there=1&group=location").text
    assert "Green tea" in browser.get("/inventory/stock?as=pivot&p-rows=product&p-measure=sum:quantity").text


def test_a_receipt_is_written_on_its_form_and_posted(site: Site, store: Store, keeper: Browser) -> None:
    form = keeper.get("/inventory/entry/new?kind=receipt").forms["record-form"]
    assert form["place"].value == ""  # there are two stores: nobody knows which
    form["place"] = str(store.main)
    form["lines-0-product"] = str(store.salt)
    form["lines-0-quantity"] = "8"
    form["lines-order"] = "0"
    page = form.submit("action", value="save").follow()
    assert "Sea salt" in page.text
    with site.transaction() as ctx:
        shop = Warehouse(ctx)
        (entry,) = ctx.all(StockEntry, StockEntry.state == "draft")
        number = entry.number
        act(shop.ctx, StockEntry, "post", entry.id)
    assert number in keeper.get("/inventory/entry?f-kind=receipt").text


def test_a_form_shows_the_columns_that_its_kind_needs(keeper: Browser) -> None:
    receipt = keeper.get("/inventory/entry/new?kind=receipt").text
    issue = keeper.get("/inventory/entry/new?kind=issue").text
    for column in ("new_lot", "expires_on", "rejected"):
        assert f'data-column="{column}"' in receipt
        assert f'data-column="{column}"' not in issue
    assert 'data-column="lot"' in issue


def test_a_new_document_begins_with_the_kind_of_its_list(keeper: Browser) -> None:
    assert "/inventory/entry/new?kind=waste" in keeper.get("/inventory/entry?f-kind=waste").text
    assert "/inventory/entry/new?kind" not in keeper.get("/inventory/entry?f-kind=waste,issue").text


def test_a_transfer_says_what_is_on_its_way(store: Store, keeper: Browser) -> None:
    page = keeper.get(f"/inventory/transfer/{store.transfer}").text
    assert "In transit" in page
    assert "Stock documents" in page
    assert "1" in keeper.get("/inventory/transfer").text


def test_lots_are_told_apart_by_expiry(site: Site, store: Store, keeper: Browser) -> None:
    assert "T-1" in keeper.get("/inventory/lot?f-expiring-7=1").text
    assert "T-1" not in keeper.get("/inventory/lot?f-expired=1").text
    assert "5 days left" in keeper.get(f"/inventory/lot/{store.lot}").text


def test_choices_of_products_say_what_is_at_the_place(store: Store, keeper: Browser) -> None:
    asked = f"/products/product/-/complete?for=inventory.entry.product&q=salt&head.kind=issue&head.place={store.main}"
    (salt,) = keeper.get(asked).json
    assert "on hand 7 pcs" in salt["hint"]
    assert set(salt["set"]["unit"]) == {"id", "name"}
    (salt,) = keeper.get(asked.replace(str(store.main), str(store.shop))).json
    assert "on hand 0 pcs" in salt["hint"]
    assert "on hand" not in str(keeper.get("/products/product/-/complete?q=salt").json)


def test_choices_of_lots_come_in_the_order_of_use_and_say_what_is_expired(
    site: Site, store: Store, keeper: Browser
) -> None:
    with site.transaction() as ctx:
        shop = Warehouse(ctx)
        (tea,) = [one for one in ctx.all(Lot, Lot.id == store.lot)]
        for name, days in (("T-2", 2), ("T-old", -3)):
            expires = ctx.today + timedelta(days=days)
            shop.post(
                "receipt", {"product": tea.product_id, "quantity": 3, "new_lot": name, "expires_on": expires}, at=3
            )
    asked = (
        f"/inventory/lot/-/complete?for=inventory.entry.lot&product={store.tea}&head.kind=issue&head.place={store.main}"
    )
    found = keeper.get(asked).json
    assert [one["name"].rpartition(" ")[2] for one in found] == ["T-2", "T-1", "T-old"]
    assert "expired" in found[2]["hint"]
    assert BOOK in found[1]["hint"]
    assert keeper.get(asked.replace(str(store.tea), str(store.salt))).json == []


def test_lines_offer_places_of_the_store_only(store: Store, keeper: Browser) -> None:
    asked = f"/inventory/location/-/complete?for=inventory.entry.place&head.place={store.main}"
    assert {one["name"] for one in keeper.get(asked).json} == {store.main_name, "Cold room"}


def test_a_product_tells_its_stock_and_to_few_what_it_is_worth(site: Site, store: Store) -> None:
    page = site.browser("manager").get(f"/products/product/{store.tea}").text
    assert "On hand by place" in page
    assert COST in page
    page = site.browser("keeper").get(f"/products/product/{store.tea}").text
    assert "On hand by place" in page
    assert COST not in page


def test_without_the_permission_no_cost_appears(site: Site, store: Store, keeper: Browser) -> None:
    manager = site.browser("manager")
    for path in (f"/inventory/entry/{store.receipt}", f"/products/product/{store.tea}", "/inventory/on-hand"):
        assert COST in manager.get(path).text, path
        assert COST not in keeper.get(path).text, path
    for path in (
        f"/inventory/entry/{store.receipt}",
        f"/inventory/lot/{store.lot}",
        *(f"/inventory/{one}" for one in LISTS),
    ):
        page = keeper.get(path, expect_errors=True).text
        assert COST not in page, path
        assert "3,395" not in page, path
    for path in ("/inventory/entry/-/export.csv", "/inventory/stock-card/-/export.csv?product=" + str(store.tea)):
        assert COST not in keeper.get(path).text
    assert keeper.get(f"/inventory/document-costs?entry={store.receipt}", expect_errors=True).status_int == 404
    answer = keeper.get("/api/v1/inventory/entry", expect_errors=True).text
    assert COST not in answer


# --- counting ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("login", ["counter", "keeper", "manager"])
def test_who_counts_does_not_learn_what_the_books_say(site: Site, store: Store, login: str) -> None:
    browser = site.browser(login)
    page = browser.get(f"/inventory/counting?record={store.count}").text
    assert "Green tea" in page
    assert BOOK not in page


def test_the_sheet_shows_the_book_only_to_who_may_see_it(site: Site, store: Store) -> None:
    pages = (f"/inventory/count/{store.count}", f"/inventory/count/{store.count}?as-it-was", "/inventory/count")
    for path in pages:
        assert BOOK not in site.browser("counter").get(path).text
    assert BOOK in site.browser("manager").get(pages[0]).text
    answer = site.browser("counter").get(f"/api/v1/inventory/count/{store.count}", expect_errors=True).text
    assert BOOK not in answer


def test_what_is_counted_is_noted_once_however_often_it_is_sent(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    line = lines_of(site, store.count)[store.tea]
    form = {"record": str(store.count), "line": str(line), "quantity": "430", "key": "0123456789abcdef"}
    headers = {"Accept": "application/json"}
    first = browser.post("/inventory/counting", form, headers=headers)
    again = browser.post("/inventory/counting", form, headers=headers)
    assert first.json == again.json == {"counted": "430 pcs"}
    assert BOOK not in first.text
    with site.transaction() as ctx:
        assert len(ctx.all(Tally)) == 1
    page = browser.post("/inventory/counting", form | {"key": "another-entry", "quantity": "7"}).follow().text
    assert "437 pcs" in page  # both together: what was counted, not what the books say
    assert ">1</strong> of 2 counted" in page


def test_what_is_wrong_is_told_to_people_and_to_scripts(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    line = lines_of(site, store.count)[store.tea]
    form = {"record": str(store.count), "line": str(line), "quantity": "many"}
    answer = browser.post("/inventory/counting", form, headers={"Accept": "application/json"}, expect_errors=True)
    assert answer.status_int == 422
    assert "nothing is 0" in answer.json["error"]
    assert "nothing is 0" in browser.post("/inventory/counting", form).follow().text


def test_a_clock_that_goes_ahead_does_not_refuse_what_is_counted(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    line = lines_of(site, store.count)[store.salt]
    form = {"record": str(store.count), "line": str(line), "quantity": "7", "counted_at": "2999-01-01T00:00:00.000Z"}
    assert browser.post("/inventory/counting", form, headers={"Accept": "application/json"}).json == {
        "counted": "7 pcs"
    }


def test_a_scanned_code_finds_its_row(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    page = browser.get(f"/inventory/counting?record={store.count}&q=HAUS-77").text
    assert "Sea salt" in page
    assert "Green tea" not in page
    assert "No product has the code" in browser.get(f"/inventory/counting?record={store.count}&q=NOBODY-1").text


def test_what_the_sheet_does_not_name_is_put_there(site: Site, store: Store) -> None:
    with site.transaction() as ctx:
        shop = Warehouse(ctx)
        rice = shop.product("Rice", barcodes=[{"code": "RICE-1", "kind": "own"}])
        key = rice.id
    browser = site.browser("counter")
    page = browser.get(f"/inventory/counting?record={store.count}&q=RICE-1").text
    assert "This is not on the sheet" in page
    form = {"record": str(store.count), "product": str(key), "location": str(store.place), "quantity": "3"}
    browser.post("/inventory/counting", form)
    assert key in lines_of(site, store.count)


def test_what_is_not_being_counted_is_not_there(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    with site.transaction() as ctx:
        act(ctx, StockCount, "cancel", store.count)
    assert browser.get(f"/inventory/counting?record={store.count}", expect_errors=True).status_int == 404
    assert "Nothing is being counted now" in browser.get("/inventory/counting").text


def test_counting_takes_few_statements_however_long_the_sheet_is(site: Site, store: Store) -> None:
    browser = site.browser("counter")
    path = f"/inventory/counting?record={store.count}"
    browser.get(path)
    with site.statements() as few:
        browser.get(path)
    with site.transaction() as ctx:
        shop = Warehouse(ctx)
        act(ctx, StockCount, "cancel", store.count)
        for number in range(20):
            shop.receipt(shop.product(f"Thing {number}"), 1, 1, at=5)
        count = act(ctx, StockCount, "create", values=[{"place": shop.main}]).id
        act(ctx, StockCount, "begin", count)
    with site.statements() as many:
        browser.get(f"/inventory/counting?record={count}")
    assert len(many) == len(few)
    assert len(few) <= 12, few


# --- paper ------------------------------------------------------------------------------------------------------------


def test_documents_transfers_and_counts_are_printed(store: Store, keeper: Browser) -> None:
    paths = (
        f"entry/{store.receipt}/print/note",
        f"transfer/{store.transfer}/print/note",
        f"count/{store.count}/print/sheet",
    )
    for path in paths:
        assert keeper.get(f"/inventory/{path}").body.startswith(b"%PDF-"), path
    assert keeper.get(f"/inventory/entry/-/print/note?ids={store.receipt}&ids={store.waste}").body.startswith(b"%PDF-")


def test_a_count_sheet_has_room_to_write_and_no_book(site: Site, store: Store, tmp_path: Path) -> None:
    words = read_pdf(site.browser("manager").get(f"/inventory/count/{store.count}/print/sheet").body)
    assert "Green tea" in words
    assert "____" in words
    assert BOOK not in words


def read_pdf(body: bytes) -> str:
    """Give the text of a file."""
    import io

    from pypdf import PdfReader

    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages))


def test_the_menu_leads_to_the_lists_of_each_kind(keeper: Browser) -> None:
    page = keeper.get("/").text
    for path in ("stock?f-there=1", "entry?f-kind=receipt", "entry?f-kind=issue", "entry?f-kind=waste", "counting"):
        assert f"/inventory/{path}" in page
