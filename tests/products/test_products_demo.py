"""What the demonstration data hold: Northwind's own counts (its row counts are 77 products and 8 categories)."""

from __future__ import annotations

import csv
from decimal import Decimal
from pathlib import Path

from catalogue import act

from hanse.addons import installed
from hanse_contacts.demo import load_northwind as load_partners
from hanse_products.demo import load_northwind
from hanse_products.models import Category, Product

NORTHWIND = Path(__file__).resolve().parents[1] / "data" / "northwind"


def test_all_of_northwind_is_there(ctx):
    load_partners(ctx)
    installed().call_one("demo", "hanse_products", ctx=ctx)
    with (NORTHWIND / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert (len(ctx.all(Product)), len(ctx.all(Category)), len(rows)) == (77, 8, 77)
    total = sum(one.list_price for one in ctx.all(Product))
    assert total == sum(Decimal(row["unit_price"]) for row in rows)
    assert len(ctx.all(Product, Product.discontinued)) == sum(row["discontinued"] == "1" for row in rows) == 8
    assert len(ctx.all(Product, Product.supplier_id.is_not(None))) == 77
    chai = ctx.all(Product, Product.code == "NW-P01").one()
    assert (chai.name, chai.category.name, chai.supplier.name) == ("Chai", "Beverages", "Exotic Liquids")
    assert (chai.specification, chai.list_price, chai.unit.symbol) == ("10 boxes x 20 bags", 18, "pcs")


def test_loading_again_changes_nothing(ctx):
    load_northwind(ctx)
    chai = ctx.all(Product, Product.code == "NW-P01").one()
    act(ctx, Product, "update", chai, values={"name": "Masala chai"})
    load_northwind(ctx)
    assert len(ctx.all(Product)) == 77
    assert ctx.all(Product, Product.code == "NW-P01").one().name == "Masala chai"
