"""What the addon begins with: the categories of Chinese tax law."""

from __future__ import annotations

import csv
import io
from decimal import Decimal
from importlib.resources import files

from hanse import Context
from hanse_assets.models import AssetCategory
from hanse_finance.setup import add_missing


def add_categories(ctx: Context) -> None:
    """Add the categories whose least lives the law names, where China is on; their accounts are the standard's.

    Source: 企业所得税法实施条例, article 60.
    """
    if "hanse_cn" not in ctx.enabled:
        return
    table = (files("hanse_assets") / "data" / "categories.csv").read_text(encoding="utf-8")
    rows = [
        {**row, "life": int(row["life"]), "residual_rate": Decimal(row["residual_rate"])}
        for row in csv.DictReader(io.StringIO(table, newline=""))
    ]
    add_missing(ctx, AssetCategory, rows)


__all__ = ["add_categories"]
