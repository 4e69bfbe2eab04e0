"""A morning with products, in the pages of the application."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from catalogue import act
from PIL import Image

from hanse.testing.browser import Browser, Site
from hanse.testing.databases import Databases
from hanse_contacts.demo import load_northwind as load_partners
from hanse_products.demo import load_northwind
from hanse_products.models import Attribute, Category, Price, Product


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    """The application with Northwind's partners and products."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        with site.transaction() as ctx:
            load_partners(ctx)
            load_northwind(ctx)
        yield site


@pytest.fixture
def browser(site: Site) -> Browser:
    """A browser in which the administrator is signed in."""
    return site.browser()


def ident(site: Site, code: str) -> int:
    with site.transaction() as ctx:
        return ctx.all(Product, Product.code == code).one().id


def form_of(answer):
    return next(form for form in answer.forms.values() if "action" in form.fields and "q" not in form.fields)


def test_a_list_of_products_takes_few_statements(site: Site, browser: Browser) -> None:
    browser.get("/products/product")
    with site.statements() as sent:
        answer = browser.get("/products/product")
    assert "Alice Mutton" in answer
    assert len(sent) <= 8


def test_products_are_grouped_by_category_and_supplier(browser: Browser) -> None:
    for field, name in (("category", "Beverages"), ("supplier", "Exotic Liquids"), ("kind", "Goods")):
        assert name in browser.get(f"/products/product?group={field}")


def test_a_new_product_has_the_companys_usual_unit(site: Site, browser: Browser) -> None:
    form = form_of(browser.get("/products/product/new"))
    form["name"] = "乌龙茶"
    form["list_price"] = "18.50"
    form.submit("action", value="save", status=303)
    with site.transaction() as ctx:
        tea = ctx.all(Product, Product.name == "乌龙茶").one()
        assert (tea.unit.symbol, str(tea.list_price)) == ("pcs", "18.50")


def test_a_price_is_added_from_its_product(site: Site, browser: Browser) -> None:
    chai = ident(site, "NW-P01")
    answer = browser.get(f"/products/product/{chai}").click("New: Price")
    form = form_of(answer)
    assert form["product"].value == str(chai)
    form["amount"] = "16"
    form["min_quantity"] = "12"
    form.submit("action", value="save", status=303)
    with site.transaction() as ctx:
        assert [(one.amount, one.min_quantity) for one in ctx.all(Price, Price.product == chai)] == [(16, 12)]
    assert "16.00" in browser.get(f"/products/product/{chai}")


def test_who_may_not_write_prices_is_not_led_to_one(site: Site) -> None:
    with site.transaction() as ctx:
        from hanse.testing.people import Person, open_for_person

        rights = (("products.product.read", "company"), ("products.price.read", "company"))
        open_for_person(ctx, Person("ann", rights, None, ()))
    answer = site.browser("ann").get(f"/products/product/{ident(site, 'NW-P01')}")
    assert "Prices" in answer
    assert "New: Price" not in answer


def test_choices_tell_products_and_units_apart(browser: Browser) -> None:
    (chai,) = browser.get("/products/product/-/complete?q=chai").json
    assert (chai["name"], chai["hint"]) == ("Chai", "NW-P01 · 10 boxes x 20 bags · pcs")
    assert {"name": "Kilogram", "hint": "kg · Weight"}.items() <= browser.get(
        "/products/unit/-/complete?q=kilogram"
    ).json[0].items()


def test_units_say_how_large_they_are(browser: Browser) -> None:
    answer = browser.get("/products/unit")
    for text in ("1 lb = 0.45359237 kg", "1 chi = 1/3 m", "1 fl oz = 0.0295735295625 L"):
        assert text in answer.html.text
    answer = browser.get("/products/unit", headers={"Accept-Language": "zh-CN"})
    for text in ("1 尺 = 1/3 m", "1 打 = 12 个", "千克"):
        assert text in answer.html.text


def test_a_category_says_how_it_is_valued(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        record = ctx.all(Category, Category.code == "NW-1").one().id
    assert "Moving average" in browser.get(f"/products/category/{record}").html.text


def test_pages_are_in_chinese_too(browser: Browser) -> None:
    answer = browser.get("/products/product/new", headers={"Accept-Language": "zh-CN"})
    for text in ("规格型号", "商品分类", "销售价"):
        assert text in answer


# --- packs and barcodes -----------------------------------------------------------------------------------------------


@pytest.fixture
def chai(site: Site) -> int:
    """Chai in packs of 10 and cases of 24, with a barcode."""
    found = ident(site, "NW-P01")
    with site.transaction() as ctx:
        packs = [{"name": "包", "contents": 10}, {"name": "箱", "contents": 24}]
        values = {"packs": packs, "barcodes": [{"code": "6901234567892"}]}
        act(ctx, Product, "update", found, values=values)
    return found


def test_packs_say_what_they_hold_on_the_product_and_in_their_list(browser: Browser, chai: int) -> None:
    chinese = {"Accept-Language": "zh-CN"}
    for path in (f"/products/product/{chai}", "/products/pack"):
        text = browser.get(path, headers=chinese).html.text
        assert "1 包 = 10 个" in text
        assert "1 箱 = 24 个" in text


def test_a_barcode_is_offered_only_packs_of_its_product(site: Site, browser: Browser, chai: int) -> None:
    with site.transaction() as ctx:
        act(ctx, Product, "update", ident(site, "NW-P02"), values={"packs": [{"name": "盒", "contents": 6}]})
    page = browser.get(f"/products/product/{chai}").html
    urls = {tag["data-url"] for tag in page.select("[data-url*='/products/pack/-/complete']")}
    (path,) = {url.partition("localhost")[2].partition("/")[2] or url for url in urls} or {""}
    found = browser.get(path if path.startswith("/") else f"/{path}").json
    assert {one["name"] for one in found} == {"包", "箱"}
    assert {one["hint"] for one in found} == {"1 包 = 10 pcs", "1 箱 = 24 pcs"}
    assert browser.get("/products/pack/-/complete?for=products.product.pack").json == []


def test_a_scan_is_looked_up_on_its_page(browser: Browser, chai: int) -> None:
    form = next(form for form in browser.get("/products/scan").forms.values() if "text" in form.fields)
    form["text"] = "(01)06901234567892(10)L-7(17)200131"
    text = form.submit().html.text
    for word in ("Chai", "NW-P01", "1 pcs", "L-7", "Jan 31, 2020"):
        assert word in text
    form["text"] = "(01)06901234567893"
    answer = form.submit(status=422)
    assert "must be 2" in answer.html.text


def test_the_page_to_look_up_stands_in_the_menu_and_above_the_list(browser: Browser) -> None:
    assert len(browser.get("/products/product").html.select("a[href$='/products/scan']")) >= 2


def test_a_wrong_barcode_is_told_at_its_cell(browser: Browser, chai: int) -> None:
    form = form_of(browser.get(f"/products/product/{chai}"))
    form["packs-order"], form["barcodes-order"] = "0,1", "0"
    form["barcodes-0-code"] = "6901234567890"
    answer = form.submit("action", value="save", status=422)
    assert "The last digit of 6901234567890 must be 2." in answer.html.text
    assert form_of(answer)["barcodes-0-code"].value == "6901234567890"


# --- variants ---------------------------------------------------------------------------------------------------------


def test_variants_are_made_from_the_product_and_lead_back_to_it(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        size = act(ctx, Attribute, "create", values=[{"name": "Size", "values": [{"name": "S"}, {"name": "M"}]}]).id
        options = [{"value": one.id} for one in ctx.all(Attribute, Attribute.id == size).one().values]
        act(ctx, Product, "update", ident(site, "NW-P01"), values={"options": options})
    path = f"/products/product/{ident(site, 'NW-P01')}"
    assert "Make variants" not in browser.get(f"/products/product/{ident(site, 'NW-P02')}")
    form = form_of(browser.get(path))
    form["options-order"] = "0,1"
    form.submit("action", value="make_variants", status=303)
    answer = browser.get(path)
    assert "Chai (S)" in answer
    variant = answer.click("Chai \\(M\\)")
    assert "Variant of" in variant
    assert variant.click("^Chai$").request.path == path


def test_the_list_leaves_out_what_has_variants(site: Site, browser: Browser) -> None:
    test_variants_are_made_from_the_product_and_lead_back_to_it(site, browser)
    answer = browser.get("/products/product?f-single=yes&q=chai")
    assert "Chai (S)" in answer
    assert f'/products/product/{ident(site, "NW-P01")}"' not in answer


def test_options_say_of_which_attribute_they_are(site: Site, browser: Browser) -> None:
    with site.transaction() as ctx:
        values = [{"name": one, "values": [{"name": "M"}]} for one in ("Size", "Grade")]
        act(ctx, Attribute, "create", values=values)
        act(ctx, Attribute, "archive", ctx.all(Attribute, Attribute.name == "Grade").one())
    found = browser.get("/products/attribute_value/-/complete?q=m").json
    assert [(one["name"], one["hint"]) for one in found] == [("M", "Size")]
    assert "M" in browser.get("/products/attribute").html.select_one("tbody").text


# --- labels -----------------------------------------------------------------------------------------------------------


def test_labels_are_printed_for_one_product_and_for_many(site: Site, browser: Browser, chai: int) -> None:
    assert "Labels on A4, 24 of 70 × 37 mm" in browser.get(f"/products/product/{chai}")
    answer = browser.get(f"/products/product/{chai}/print/labels-a4-24")
    assert answer.content_type == "application/pdf"
    assert answer.body.startswith(b"%PDF-")
    more = browser.get(f"/products/product/{chai}/print/labels-50x30?copies=3")
    assert more.content_disposition.endswith("Chai.pdf")


# --- pictures ---------------------------------------------------------------------------------------------------------


def test_a_picture_stands_in_the_list_and_passes_on_to_variants(site: Site, browser: Browser) -> None:
    drawn = io.BytesIO()
    Image.new("RGB", (64, 32), "red").save(drawn, "PNG")
    said = browser.post("/uploads?pictures=1", {}, upload_files=[("file", "chai.png", drawn.getvalue())]).json
    chai = ident(site, "NW-P01")
    with site.transaction() as ctx:
        size = act(ctx, Attribute, "create", values=[{"name": "Size", "values": [{"name": "S"}]}]).id
        act(
            ctx,
            Product,
            "update",
            chai,
            values={"options": [{"value": ctx.all(Attribute, Attribute.id == size).one().values[0].id}]},
        )
    form = form_of(browser.get(f"/products/product/{chai}"))
    form["picture"], form["options-order"] = said["value"], "0"
    form.submit("action", value="make_variants", status=303)
    with site.transaction() as ctx:
        variant = ctx.all(Product, Product.template == chai).one().id
    for record in (chai, variant):
        row = browser.get("/products/product?q=chai").html.select_one(f"tr:has(a[href='/products/product/{record}'])")
        (shown,) = row.select("img")
        assert browser.get(shown["src"]).content_type.startswith("image/")
