"""What turnover by product and category may rely on: Northwind's published figures, and a way to the documents."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from shop import Shop

from hanse.screens import filtering
from hanse.screens.reports import Given
from hanse_contacts.demo import load_northwind as load_partners
from hanse_contacts.models import Partner
from hanse_invoicing.models import Invoice
from hanse_invoicing.screens import INVOICES, TURNOVER
from hanse_invoicing.turnover import breakdowns, turnover
from hanse_products.demo import load_northwind
from hanse_products.models import Product
from hanse_products_invoicing.breakdowns import CATEGORY, PRODUCT

DATA = Path(__file__).parents[1] / "data" / "northwind"
FIRST, LAST = date(1996, 1, 1), date(1998, 12, 31)
D = Decimal


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def invoice_orders(shop: Shop) -> None:
    """Write each order of Northwind as an invoice of products without tax, and post all of them."""
    for year in (1996, 1997, 1998):
        shop.trade.run("finance.fiscal_year.create", values=[{"start": date(year, 1, 1)}])
    load_partners(shop.ctx)
    load_northwind(shop.ctx)
    partners, products = shop.ctx.all(Partner), shop.ctx.all(Product)
    customers = dict(zip(partners[Partner.code], partners.ids, strict=True))
    ids = dict(zip(products[Product.code], products.ids, strict=True))
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows("order_details"):
        line = {"quantity": row["quantity"], "price": row["unit_price"], "discount": D(row["discount"]) * 100}
        lines[row["order_id"]].append({"product": ids[f"NW-P{int(row['product_id']):02}"], **line})
    documents = [
        {"partner": customers[row["customer_id"]], "day": row["order_date"], "lines": lines[row["order_id"]]}
        for row in rows("orders")
    ]
    shop.trade.act(Invoice, "post", *shop.trade.act(Invoice, "create", values=documents).done)


def test_northwind_s_sales_by_product_and_category(shop):
    invoice_orders(shop)
    articles = {row["key"]: row for row in rows("sales") if row["by"] == "article"}
    names = {f"NW-P{int(row['product_id']):02} {row['product_name']}": row for row in rows("products")}
    sold = {name: articles[row["product_name"]] for name, row in names.items()}
    found = {one.name: (one.documents, one.quantity, one.net) for one in turnover(shop.ctx, PRODUCT, FIRST, LAST)}
    assert found == {name: (int(one["orders"]), D(one["quantity"]), D(one["net"])) for name, one in sold.items()}

    called = {row["category_id"]: row["category_name"] for row in rows("categories")}
    expected: dict[str, list[Decimal]] = defaultdict(lambda: [D(0), D(0)])
    for name, row in names.items():
        there = expected[called[row["category_id"]]]
        there[0] += D(sold[name]["quantity"])
        there[1] += D(sold[name]["net"])
    by_category = turnover(shop.ctx, CATEGORY, FIRST, LAST)
    assert {one.name: [one.quantity, one.net] for one in by_category} == expected
    assert sum(one.net for one in by_category) == D("1265793.29")


def documents_of(shop: Shop, row: Any) -> list[int]:
    """Give the documents of the list that a row of the report leads to."""
    path, query = row.to
    assert path == "/invoicing/invoice"
    asked = filtering.read(shop.ctx, INVOICES, list(query.items()))
    assert asked.lost == []
    return shop.ctx.all(Invoice, *asked.conditions, order_by=[Invoice.id]).ids


def test_a_row_leads_to_the_documents_with_such_a_line(shop):
    drinks = shop.category("Drinks")
    tea, milk = (shop.product(name, category=drinks, list_price=D(10)) for name in ("Tea", "Milk"))
    loose = shop.product("Loose", list_price=D(1))
    first = shop.trade.post(shop.draft({"product": tea}, {"product": tea, "quantity": 2}, {"product": loose}))
    second = shop.trade.post(shop.draft({"product": milk}, {"description": "Freight", "price": 5}))
    shop.draft({"product": tea})
    shop.trade.credited(second)

    def read(by: str) -> dict[str, tuple[Any, list[int]]]:
        given = Given({"side": "sales", "by": by, "from": "2025-01-01", "until": "2025-12-31"})
        reading = TURNOVER.read(shop.ctx, given)
        return {str(row.values[0]): (row.values[4], documents_of(shop, row) if row.to else []) for row in reading.rows}

    credit = max(shop.ctx.all(Invoice).ids)
    products, categories = read("product"), read("category")
    assert {name.split()[-1]: told for name, told in products.items()} == {
        "Tea": (D(30), [first.id]),
        "Milk": (D(0), [second.id, credit]),
        "Loose": (D(1), [first.id]),
        "(none)": (D(0), []),
    }
    assert categories == {"Drinks": (D(30), [first.id, second.id, credit]), "(none)": (D(1), [])}


@pytest.mark.parametrize(("more", "there"), [((), False), (("products.product.read",), True)])
def test_only_who_sees_products_breaks_down_by_them(shop, as_user, more, there):
    reader = as_user("invoicing.open_item.report", "invoicing.invoice.read", *more)
    assert ({PRODUCT, CATEGORY} <= set(breakdowns(reader))) is there
    names = {one.name for one in filtering.offered(reader, INVOICES)}
    assert ({"lines.product", "lines.product.category"} <= names) is there
