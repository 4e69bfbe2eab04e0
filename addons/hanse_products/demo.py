"""Northwind's categories and products, for a company to try things with."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from importlib.resources import files
from typing import Any

from sqlalchemy import select

from hanse import Context
from hanse_contacts.models import Partner
from hanse_products.models import Category, Product
from hanse_products.setup import create, usual_unit

Row = Mapping[str, str]


def load_northwind(ctx: Context) -> None:
    """Load what is not there yet, known by the code; whatever is stays as the user has left it."""
    categories = _add(ctx, Category, [_category(row) for row in _read("categories")])
    suppliers = dict(ctx.session.execute(select(Partner.code, Partner.id).where(Partner.code.startswith("NW-S"))).all())
    piece = usual_unit(ctx)
    _add(ctx, Product, [_product(row, categories, suppliers) | {"unit": piece} for row in _read("products")])


def _read(name: str) -> list[Row]:
    source = files("hanse_products") / "data" / f"northwind_{name}.csv"
    return list(csv.DictReader(io.StringIO(source.read_text(encoding="utf-8"), newline="")))


def _category_code(number: str) -> str:
    return f"NW-{int(number)}"


def _category(row: Row) -> dict[str, Any]:
    return {
        "code": _category_code(row["category_id"]),
        "name": row["category_name"],
        "note": row["description"],
    }


def _product(row: Row, categories: Mapping[str, int], suppliers: Mapping[str, int]) -> dict[str, Any]:
    discontinued = row["discontinued"] == "1"
    return {
        "code": f"NW-P{int(row['product_id']):02}",
        "name": row["product_name"],
        "specification": row["quantity_per_unit"],
        "category": categories[_category_code(row["category_id"])],
        "supplier": suppliers.get(f"NW-S{int(row['supplier_id']):02}"),
        "list_price": Decimal(row["unit_price"]),
        "discontinued": discontinued,
    }


def _add(ctx: Context, model: type[Category] | type[Product], rows: list[dict[str, Any]]) -> dict[str, int]:
    """Make the records whose codes are not there; give the ids of all by code."""
    codes = [row["code"] for row in rows]
    found = ctx.session.execute(select(model.code, model.id).where(model.code.in_(codes)))
    there = {str(code): record for code, record in found}
    fresh = [row for row in rows if row["code"] not in there]
    return there | dict(zip([row["code"] for row in fresh], create(ctx, model, fresh) if fresh else (), strict=True))


__all__ = ["load_northwind"]
