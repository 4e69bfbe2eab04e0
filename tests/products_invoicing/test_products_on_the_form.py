"""An hour at the counter: invoices with products, in the pages of the application, and from a spreadsheet."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop import Shop, Trade

sys.path.insert(0, str(Path(__file__).parents[1] / "exchange"))

from import_desk import Desk

from hanse.files import FolderStore
from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse_contacts.models import Partner
from hanse_invoicing.models import Invoice
from hanse_products.models import Pack, Product
from hanse_products_invoicing.models import ProductLine

GTIN, CASE = "6291041500213", "10614141000415"
ASKED = "/products/product/-/complete?for=invoicing.invoice.product"


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application of a trading company that sells tea and pens, and buys paper."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            shop = Shop(Trade(ctx).open())
            drinks = shop.category("Drinks", sale_tax=shop.reduced, purchase_tax=shop.trade.input)
            shop.product("Oolong", specification="100 g", list_price=Decimal("18.5"), code="TEA", category=drinks)
            packs = [{"name": "case", "contents": 24}]
            pens = shop.product("Pens", code="PEN", bought=False, list_price=Decimal(2), packs=packs)
            case = ctx.all(Pack, Pack.product_id == pens).ids[0]
            barcodes = [{"code": GTIN}, {"code": CASE, "pack": case}]
            shop.trade.act(Product, "update", pens, values={"barcodes": barcodes})
            shop.product("Paper", code="PAPER", sold=False)
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser in which the administrator is signed in."""
    return site.browser()


def offered(browser: Browser, words: str = "", **asked: Any) -> dict[str, Any]:
    more = "".join(f"&{name}={value}" for name, value in asked.items())
    return {one["name"]: one.get("set") for one in browser.get(f"{ASKED}&q={words}{more}").json}


def test_documents_offer_what_they_sell_or_buy(browser):
    assert offered(browser).keys() == {"Oolong", "Pens"}
    assert offered(browser, kind="credit_note").keys() == {"Oolong", "Pens"}
    assert offered(browser, kind="bill").keys() == {"Oolong", "Paper"}
    assert browser.get("/products/product/-/complete?q=").json[0].get("set") is None


def test_a_barcode_finds_its_product_and_the_pack_it_stands_on(browser):
    piece, case = offered(browser, GTIN)["Pens"], offered(browser, CASE)["Pens"]
    assert [(one["unit"], one["price"]) for one in (piece, case)] == [("个", "2"), ("case", "48")]


def test_the_unit_that_stands_on_the_line_stays_if_the_product_has_it(browser):
    found = [offered(browser, "pens", unit=unit)["Pens"] for unit in ("case", "dozen", "kg", "")]
    assert [(one["unit"], one["price"]) for one in found] == [("case", "48"), ("dozen", "24"), ("个", "2"), ("个", "2")]


def test_choosing_a_product_fills_in_its_line(browser):
    filled = offered(browser, "oolong", kind="invoice", day="2025-03-10", quantity="2")["Oolong"]
    account, tax = filled.pop("account"), filled.pop("tax")
    assert filled == {"description": "Oolong 100 g", "unit": "个", "price": "18.5"}
    assert (account, tax["name"]) == ({"id": "", "name": ""}, "OUT9")
    bill = offered(browser, "oolong", kind="bill", day="2025-03-10", quantity="", currency="x")["Oolong"]
    assert (bill["tax"]["name"], "price" in bill) == ("IN", False)


def test_what_is_typed_wrong_beside_it_does_no_harm(browser):
    for currency, quantity in (("", "many"), ("9" * 40, "NaN"), ("%C2%B2", "1e99"), ("-1", "0")):
        asked = {"kind": "nothing", "day": "soon", "currency": currency, "quantity": quantity, "unit": "%00"}
        assert offered(browser, "oolong", **asked)["Oolong"]["price"] in ("18.5", "")


def test_a_line_is_written_with_its_product(site, browser):
    with site.transaction() as ctx:
        partner = ctx.all(Partner, Partner.name == "Acme").ids[0]
    form = next(one for one in browser.get("/invoicing/invoice/new").forms.values() if "lines-order" in one.fields)
    columns = [name for name in form.fields if name and name.startswith("lines-0-")]
    assert columns[:3] == ["lines-0-id", "lines-0-product", "lines-0-description"]
    (tea,) = [one["id"] for one in browser.get(f"{ASKED}&q=oolong").json]
    form["partner"], form["lines-order"], form["lines-0-product"] = str(partner), "0", str(tea)
    form["lines-0-description"], form["lines-0-price"] = "Oolong, loose", "17"
    answer = form.submit("action", value="save", status=303).follow()
    assert "Oolong, loose" in answer
    with site.transaction() as ctx:
        (line,) = ctx.all(Invoice).one().lines
        assert (ProductLine.of(line).product_id, line.price, line.unit, line.tax_id) == (tea, 17, None, None)


def test_a_spreadsheet_needs_product_and_quantity_only(shop: Shop, tmp_path: Path):
    product = shop.product("Oolong", specification="100 g", code="TEA", list_price=Decimal(18))
    desk = Desk(shop.ctx, FolderStore(tmp_path / "files"))
    rows = "Invoice,Customer,Date,Product,Quantity,Price\nA1,Acme,2025-03-01,TEA,3,\nA1,,,TEA,1,15\n"
    columns = {
        "Invoice": "reference",
        "Customer": "partner",
        "Date": "day",
        "Product": "lines.product",
        "Quantity": "lines.quantity",
        "Price": "lines.price",
    }
    batch = desk.upload("invoicing.invoice", rows, columns=columns, match=["reference"], mode="skip")
    assert desk.run(batch) == {"created": 1}
    lines = shop.ctx.all(Invoice, Invoice.reference == "A1").one().lines
    assert [(ProductLine.of(one).product_id, one.description, one.price) for one in lines] == [
        (product, "Oolong 100 g", 18),
        (product, "Oolong 100 g", 15),
    ]
