"""What turnover may rely on: Northwind's orders, invoiced, come to the published sales, however broken down."""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from trade import Trade

from hanse.screens.reports import Given
from hanse_contacts.demo import load_northwind
from hanse_contacts.models import Partner
from hanse_invoicing.models import Invoice
from hanse_invoicing.screens import TURNOVER
from hanse_invoicing.turnover import ACCOUNT, ARTICLE, COUNTRY, MONTH, PARTNER, TAX, By, turnover

DATA = Path(__file__).parents[1] / "data" / "northwind"
FIRST, LAST = date(1996, 1, 1), date(1998, 12, 31)
#: Countries as Northwind writes them, where Hanse knows them by another name.
COUNTRIES = {"UK": "United Kingdom", "USA": "United States"}


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def invoice_orders(trade: Trade) -> None:
    """Write each order of Northwind as an invoice to its customer, without tax, and post all of them."""
    for year in (1996, 1997, 1998):
        trade.run("finance.fiscal_year.create", values=[{"start": date(year, 1, 1)}])
    load_northwind(trade.ctx)
    partners = trade.ctx.all(Partner)
    ids = dict(zip(partners[Partner.code], partners.ids, strict=True))
    names = {row["product_id"]: row["product_name"] for row in rows("products")}
    lines: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows("order_details"):
        discount = Decimal(row["discount"]) * 100
        line = {"quantity": row["quantity"], "price": row["unit_price"], "discount": discount}
        lines[row["order_id"]].append({"description": names[row["product_id"]], **line})
    values = [
        {
            "partner": ids[row["customer_id"]],
            "day": row["order_date"],
            "reference": row["order_id"],
            "lines": lines[row["order_id"]],
        }
        for row in rows("orders")
    ]
    trade.act(Invoice, "post", *trade.act(Invoice, "create", values=values).done)


def found(trade: Trade, by: By) -> dict[str, tuple[int, Decimal, Decimal]]:
    return {str(one.name): (one.documents, one.quantity, one.net) for one in turnover(trade.ctx, by, FIRST, LAST)}


def test_northwind_s_sales_by_month_customer_country_and_product(trade: Trade) -> None:
    invoice_orders(trade)
    expected: dict[str, dict[str, tuple[int, Decimal, Decimal]]] = defaultdict(dict)
    for row in rows("sales"):
        key = COUNTRIES.get(row["key"], row["key"]) if row["by"] == "country" else row["key"]
        expected[row["by"]][key] = (int(row["orders"]), Decimal(row["quantity"]), Decimal(row["net"]))
    codes = {row["customer_id"]: row["company_name"] for row in rows("customers")}
    expected["partner"] = {codes[key]: figures for key, figures in expected["partner"].items()}
    for by in (MONTH, PARTNER, COUNTRY, ARTICLE):
        assert found(trade, by) == expected[by.value], by.value
    assert sum(net for _orders, _quantity, net in found(trade, ACCOUNT).values()) == Decimal("1265793.29")
    assert trade.differences() == []


def test_credit_notes_take_off_and_drafts_do_not_count(trade: Trade) -> None:
    invoice = trade.posted([("3", "100")])
    trade.draft([("1", "7")])
    trade.credited(invoice)
    trade.posted([("1", "50")], kind="bill")
    sales = turnover(trade.ctx, MONTH, date(2025, 1, 1), date(2025, 12, 31))
    assert [(one.name, one.documents, one.credits, one.net, one.tax, one.gross) for one in sales] == [
        ("2025-03", 1, 0, Decimal(300), Decimal(39), Decimal(339)),
        ("2025-04", 0, 1, Decimal(-300), Decimal(-39), Decimal(-339)),
    ]
    (bought,) = turnover(trade.ctx, TAX, date(2025, 1, 1), date(2025, 12, 31), sells=False)
    assert (bought.name, bought.net, bought.tax) == ("IN", Decimal(50), Decimal("6.50"))


@pytest.mark.parametrize("by", [MONTH, PARTNER, COUNTRY, ARTICLE, TAX, ACCOUNT], ids=lambda by: by.value)
def test_the_report_reads_by_everything_and_adds_up(trade: Trade, by: By) -> None:
    trade.posted([("3", "100")], on="2025-03-10")
    trade.posted([("1", "10", {"tax": None})], on="2025-05-10")
    asked = {"side": "sales", "by": by.value, "from": "2025-01-01", "until": "2025-12-31"}
    reading = TURNOVER.read(trade.ctx, Given(asked))
    figures = [[Decimal(value or 0) for value in row.values[4:]] for row in reading.rows]
    assert reading.totals is not None
    assert list(reading.totals[4:]) == [sum(column) for column in zip(*figures, strict=True)] == [310, 39, 349]
