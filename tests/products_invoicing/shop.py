"""A trading company with products: short ways to put them on lines of invoices and bills."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "invoicing"))

from trade import Trade

from hanse import Context
from hanse_invoicing.models import Invoice
from hanse_products.models import Category, Product, Unit

Row = Mapping[str, Any]


class Shop:
    """The trading company of the tests of invoicing, and what it sells."""

    def __init__(self, trade: Trade) -> None:
        self.trade, self.ctx = trade, trade.ctx
        self.reduced = trade.tax("OUT9", "sale", "9", "销项税额")

    def unit(self, symbol: str) -> int:
        return self.ctx.all(Unit, Unit.symbol == symbol).ids[0]

    def category(self, name: str = "Tea", **values: Any) -> int:
        return self.trade.act(Category, "create", values=[{"name": name, **values}]).id

    def product(self, name: str = "Oolong", symbol: str = "pcs", **values: Any) -> int:
        row = {"name": name, "unit": self.unit(symbol), **values}
        return self.trade.act(Product, "create", values=[row]).id

    def draft(self, *lines: Row, kind: str = "invoice", by: Context | None = None, **more: Any) -> Invoice:
        """Write a draft of exactly these lines."""
        return self.drafts(self.document(lines, kind=kind, **more), by=by)[0]

    def document(self, lines: Sequence[Row], *, kind: str = "invoice", **more: Any) -> dict[str, Any]:
        sells = kind in ("invoice", "credit_note")
        partner = self.trade.acme if sells else self.trade.mill
        return {"kind": kind, "partner": partner, "day": "2025-03-10", "lines": list(lines), **more}

    def drafts(self, *documents: Row, by: Context | None = None) -> list[Invoice]:
        made = self.trade.run("invoicing.invoice.create", by=by, values=list(documents)).done
        return [self.trade.invoice(one) for one in made]
