"""Packs of all products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, false

from hanse import (
    Context,
    Offers,
    Row,
    Screen,
    Told,
    Words,
    _,
)
from hanse_products.models import (
    Pack,
)
from hanse_products.packs import packings, packings_of

#: The cell of a product's barcode that names a pack.
_OF_BARCODE = "products.product.pack"


def _contents(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Say what packs hold: ``1 case = 24 pcs``."""
    known = packings_of(ctx, {row[0] for row in rows})
    by_what = {(one.product, one.name, one.supplier): one for packs in known.values() for one in packs}
    return [Words(by_what[tuple(row)].told()) for row in rows]


def _own_packs(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer barcodes of a product only its own packs; a product that is not there yet has none."""
    if values.get("for") != _OF_BARCODE:
        return None
    return Pack.product_id == int(values["of"]) if values.get("of", "").isdigit() else false()


def _packs_told(ctx: Context, ids: Sequence[int], _values: Mapping[str, str]) -> dict[int, dict[str, str]]:
    return {key: {"hint": one.told()} for key, one in packings(ctx, ids).items()}


PACKS = Screen(
    Pack,
    title=_("Packs"),
    singular=_("Pack"),
    menu="products",
    icon="layout-list",
    order=25,
    list=[
        Pack.product,
        Pack.name,
        Told("told", _("Contents"), (Pack.product, Pack.name, Pack.supplier), _contents),
        Pack.supplier,
    ],
    filters=[Pack.product, Pack.supplier],
    order_by=[Pack.product, Pack.contents],
    sums=[],
    form=[Row(Pack.product, Pack.name), Row(Pack.contents, Pack.unit), Row(Pack.supplier)],
    readonly=True,
    complete=_own_packs,
    offers=Offers(describe=_packs_told),
    leads_to=lambda pack: f"/products/product/{pack.product_id}",
)
