"""Products on the form of invoices, what choosing one fills in, and taxes on the form of categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, select

from hanse import AmongLines, Context, Model, MoreColumns, Offers, Row, Tab, _, link_id
from hanse.models import Kind
from hanse.screens.formats import typed
from hanse.screens.forms import Cell, read_text
from hanse.screens.names import names_of
from hanse_finance.models import Account
from hanse_invoicing.models import Invoice, InvoiceKind, InvoiceLine, Tax
from hanse_invoicing.screens import INVOICES, TAXES
from hanse_products.gs1 import gtin14, is_gtin
from hanse_products.models import Barcode, Pack, Product
from hanse_products.screens import CATEGORIES, PRODUCTS
from hanse_products_invoicing.filling import Filled, Wanted, filled
from hanse_products_invoicing.models import ProductLine, TaxedCategory
from hanse_products_invoicing.taxes import FIELDS
from hanse_products_invoicing.units import Sold, line_units

#: The cell of a document's line that names a product.
_CELL = "invoicing.invoice.product"
#: Where a category or the settings name a tax.
_TAXES = {
    f"{form}.{field}": use
    for form in ("products.category", "productsinvoicing.settings")
    for field, use in FIELDS.items()
}


def _offered(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer lines what is sold or bought, as their document does, and variants instead of what they are variants of."""
    if values.get("for") != _CELL:
        return None
    side = Product.sold if _kind(values).sells else Product.bought
    return side.is_(True) & Product.has_variants.is_(False)


def _kind(values: Mapping[str, str]) -> InvoiceKind:
    """Give the kind of document that stands in the form; one that is not chosen yet is an invoice."""
    said = values.get("kind", "")
    return InvoiceKind(said) if said in tuple(InvoiceKind) else InvoiceKind.INVOICE


def _fills(ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> dict[int, dict[str, Any]]:
    """Say what choosing a product writes into the other cells of its line; what it does not know becomes empty."""
    if values.get("for") != _CELL:
        return {}
    kind, day = _kind(values), _read(ctx, Invoice, "day", values) or ctx.today
    currency = _read(ctx, Invoice, "currency", values) or ctx.company.currency_id
    quantity = _read(ctx, InvoiceLine, "quantity", values) or Decimal(1)
    units = _units(ctx, ids, values)
    wanted = [Wanted(one, kind, day, currency, quantity, units.get(one, "")) for one in ids]
    found = {one: told for one, told in zip(ids, filled(ctx, wanted), strict=True) if told is not None}
    accounts = names_of(ctx, Account, [one.account for one in found.values() if one.account is not None])
    taxes = names_of(ctx, Tax, [one.tax for one in found.values() if one.tax is not None])
    return {key: {"set": _cells(ctx, one, kind, accounts, taxes)} for key, one in found.items()}


def _units(ctx: Context, ids: Sequence[int], values: Mapping[str, str]) -> dict[int, str]:
    """Give the unit by product: of the pack that was scanned, else what stands on the line, as far as it means one."""
    typed_unit = values.get("unit", "").strip()
    meant = line_units(ctx, [Sold(one, typed_unit) for one in ids]) if typed_unit else []
    there = {one: typed_unit for one, unit in zip(ids, meant, strict=False) if unit is not None and not unit.own}
    return there | _scanned_packs(ctx, values.get("q", "").strip())


def _scanned_packs(ctx: Context, words: str) -> dict[int, str]:
    """Give the name of the pack by product, if the words are the barcode of one."""
    key = gtin14(words) if is_gtin(words) else words
    query = select(link_id(Barcode.product), Pack.name).join(Pack, Pack.id == link_id(Barcode.pack))
    return {product: name for product, name in ctx.session.execute(query.where(Barcode.key == key))} if key else {}


def _cells(
    ctx: Context, one: Filled, kind: InvoiceKind, accounts: Mapping[int, str], taxes: Mapping[int, str]
) -> dict[str, Any]:
    cells: dict[str, Any] = {
        "description": one.description,
        "unit": one.unit,
        "account": {"id": one.account or "", "name": accounts.get(one.account or 0, "")},
        "tax": {"id": one.tax or "", "name": taxes.get(one.tax or 0, "")},
    }
    return cells | ({"price": typed(ctx, Kind.RATE, one.price)} if kind.sells else {})


def _read(ctx: Context, model: type[Model], name: str, values: Mapping[str, str]) -> Any:
    """Read what stands in a cell; None where it is empty or still being typed."""
    try:
        return read_text(ctx, Cell.of(model.__fields__[name]), values.get(name, ""))
    except ValueError:
        return None


def _of_use(_ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer categories and settings taxes of the right side."""
    use = _TAXES.get(values.get("for", ""))
    return None if use is None else Tax.use == use


PRODUCTS.extend(complete=_offered, offers=Offers(describe=_fills))
TAXES.extend(complete=_of_use)
INVOICES.extend(
    lines=[
        MoreColumns(
            Invoice.lines,
            [ProductLine.product],
            widths={"product": "l"},
            small=True,
            asks_with={"product": ["kind", "day", "currency", "quantity", "unit"]},
        )
    ],
    filters=[
        AmongLines(Invoice.lines, ProductLine.product),
        AmongLines(Invoice.lines, ProductLine.product, Product.category),
    ],
)
CATEGORIES.extend(tabs=[Tab(_("Taxes"), Row(TaxedCategory.sale_tax, TaxedCategory.purchase_tax))])
