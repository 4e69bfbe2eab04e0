"""The demonstration's stock: Northwind's own quantities, for all 77 products."""

from __future__ import annotations

import csv
from pathlib import Path

from sqlalchemy import func, select
from warehouse import Warehouse

from hanse import link_id
from hanse.addons import installed
from hanse_contacts.demo import load_northwind as load_partners
from hanse_inventory import rebuilding
from hanse_inventory.demo import load_stock
from hanse_inventory.models import Stock, StockCount, Transfer, TransferState
from hanse_products.models import Product

NORTHWIND = Path(__file__).resolve().parents[1] / "data" / "northwind"


def test_all_that_northwind_has_is_there(ctx, tmp_path):
    Warehouse(ctx)
    load_partners(ctx)
    installed().call_one("demo", "hanse_products", ctx=ctx)
    for _twice in range(2):
        load_stock(ctx, tmp_path)
    query = (
        select(Product.code, func.sum(Stock.quantity))
        .join(Stock, link_id(Stock.product) == Product.id)
        .group_by(Product.code)
    )
    there = dict(ctx.session.execute(query).all())
    with (NORTHWIND / "products.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        assert there.get(f"NW-P{int(row['product_id']):02}", 0) == int(row["units_in_stock"])
    assert sum(there.values()) == 3119
    assert [one.state for one in ctx.all(Transfer)] == [TransferState.SHIPPED]
    assert len(ctx.all(StockCount)) == 1
    assert rebuilding.differences(ctx) == []
