"""What whoever takes over Northwind's products may rely on: suppliers, categories and products, with one bad row."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

import pytest
from northwind import NORTHWIND, Row, northwind, write
from playwright.sync_api import Page, expect

from hanse.testing.people import open_for_admin
from hanse_products.models import Category, Product
from house import Visitor, needs_browser

pytestmark = [needs_browser, pytest.mark.slow]

SUPPLIERS = {"supplier_id": "code", "company_name": "name", "phone": "phone"}
CATEGORIES = {"category_id": "code", "category_name": "name", "description": "note"}
PRODUCTS = {
    "product_id": "code",
    "product_name": "name",
    "supplier_id": "supplier",
    "category_id": "category",
    "quantity_per_unit": "specification",
    "unit_price": "list_price",
    "discontinued": "discontinued",
}


def upload(visitor: Visitor, list_path: str, file: Path, columns: Row, key: str, constant: Row | None = None) -> None:
    """Upload a file, say what each column is, by which records are matched, and what is the same in every row."""
    page = visitor.page
    page.goto(f"{list_path}/-/import")
    page.set_input_files("#f-file", file)
    visitor.press("Upload")
    page.get_by_role("heading", name="What is in the columns?").wait_for()
    with file.open(encoding="utf-8", newline="") as opened:
        headings = next(csv.reader(opened))
    for place, heading in enumerate(headings):
        page.select_option(f"#column-{place}", columns.get(heading, ""))
    page.get_by_role("checkbox", name=f"Match by {key}").check()
    for place, (field, text) in enumerate((constant or {}).items()):
        page.select_option(f"#constant-{place}", field)
        page.fill(f"#constant-text-{place}", text)
    visitor.press("Check")


def bring_in(page: Page, told: str = "Imported.") -> None:
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text(told, exact=True)).to_be_visible()


def tiles(page: Page) -> Row:
    """Read the figures of the page."""
    return {
        tile.locator("dt").inner_text(): tile.locator(".hz-kpi__value").inner_text()
        for tile in page.locator(".hz-kpi").all()
    }


def stored(visitor: Visitor) -> tuple[list[Row], list[Row]]:
    """Give the categories and products that are kept, as Northwind would write them."""
    with visitor.house.database.session() as session:
        ctx = open_for_admin(session)
        categories = [
            {"category_id": one.code or "", "category_name": one.name, "description": one.note or ""}
            for one in ctx.all(Category)
        ]
        products = [
            {
                "product_id": one.code,
                "product_name": one.name,
                "supplier_id": one.supplier.code if one.supplier else "",
                "category_id": one.category.code or "" if one.category else "",
                "quantity_per_unit": one.specification or "",
                "unit_price": f"{one.list_price.normalize():f}" if one.list_price is not None else "",
                "discontinued": str(int(one.discontinued)),
                "unit": one.unit.symbol,
            }
            for one in ctx.all(Product)
        ]
        return categories, products


def by_id(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: int(next(iter(row.values()))))


def wanted(rows: list[Row]) -> list[Row]:
    return [
        {name: row[name] for name in PRODUCTS}
        | {"unit_price": f"{Decimal(row['unit_price']).normalize():f}", "unit": "pcs"}
        for row in rows
    ]


def test_suppliers_categories_and_products_come_in_and_the_bad_row_does_not(newcomer: Visitor, tmp_path: Path) -> None:
    page, products = newcomer.page, northwind("products")

    upload(newcomer, "/contacts/partner", NORTHWIND / "suppliers.csv", SUPPLIERS, "supplier_id", {"is_supplier": "yes"})
    assert tiles(page) == {"would be created": "29", "refused": "0"}
    bring_in(page)
    upload(newcomer, "/products/category", NORTHWIND / "categories.csv", CATEGORIES, "category_id")
    assert tiles(page) == {"would be created": "8", "refused": "0"}
    bring_in(page)
    assert by_id(stored(newcomer)[0]) == northwind("categories")

    bad = [row | {"unit_price": "ten"} if row["product_id"] == "7" else row for row in products]
    file = write(tmp_path / "products.csv", bad)
    upload(newcomer, "/products/product", file, PRODUCTS, "product_id", {"unit": "Piece"})
    expect(page.get_by_text("Some rows cannot be imported as they are.")).to_be_visible()
    assert tiles(page) == {"would be created": "76", "refused": "1"}
    expect(page.get_by_role("cell", name="ten", exact=True)).to_be_visible()
    newcomer.look()
    page.get_by_role("radio", name="Import 76, leave out the refused").check()
    bring_in(page, "Imported, except for the rows in the table.")
    assert by_id(stored(newcomer)[1]) == wanted([row for row in products if row["product_id"] != "7"])

    # the corrected file: what is there stays as it is, what was refused comes in
    file = write(tmp_path / "products.csv", products)
    upload(newcomer, "/products/product", file, PRODUCTS, "product_id", {"unit": "Piece"})
    expect(page.get_by_text("Every row can be imported.")).to_be_visible()
    assert tiles(page) == {"would be created": "1", "would be unchanged": "76", "refused": "0"}
    bring_in(page)
    assert len(products) == 77
    assert by_id(stored(newcomer)[1]) == wanted(products)

    page.goto("/products/product?q=uncle+bob")
    expect(page.get_by_text("Uncle Bob's Organic Dried Pears")).to_be_visible()
    newcomer.look()

    # what has come in is sold: choosing it writes its line, and leaving the cell with its name does so too; the unit
    # stands there in the language of the company
    page.goto("/invoicing/invoice/new")
    page.focus("#lines-0-product")
    page.keyboard.type("dried pears")
    page.get_by_role("option", name="Uncle Bob's Organic Dried Pears").wait_for()
    page.keyboard.press("Enter")
    assert line(page) == ("Uncle Bob's Organic Dried Pears 12 - 1 lb pkgs.", "个", "30")
    page.fill("#lines-0-product", "")
    page.focus("#lines-0-product")
    page.keyboard.type("Chai")
    page.get_by_role("option", name="Chai").first.wait_for()
    page.locator("#f-reference").focus()
    assert line(page) == ("Chai 10 boxes x 20 bags", "个", "18")
    newcomer.look()


def line(page: Page) -> tuple[str, ...]:
    """Read what stands in the first line of an invoice."""
    return tuple(page.input_value(f"#lines-0-{name}") for name in ("description", "unit", "price"))
