"""What the addon joins in: lines are completed and judged, electronic invoices name products, roles see them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, hook
from hanse.actions import Action
from hanse_invoicing.completing import register_completer
from hanse_invoicing.electronic.articles import Articles, register_articles
from hanse_invoicing.models import InvoiceLine
from hanse_products.models import Product
from hanse_products_invoicing import breakdowns as breakdowns  # registered by being imported
from hanse_products_invoicing import taxes
from hanse_products_invoicing.articles import recognize, tell
from hanse_products_invoicing.filling import complete_lines
from hanse_products_invoicing.given import converted

register_completer("hanse_products_invoicing", complete_lines)
register_articles(Articles("hanse_products_invoicing", tell, recognize))

_TAXED = frozenset({"products.category.create", "products.category.update", "productsinvoicing.settings.update"})
_LINES = frozenset({"invoicing.invoice.create", "invoicing.invoice.update"})


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Refuse taxes on the wrong side, and products on lines of which only the variants are sold."""
    if action.name not in _TAXED | _LINES:
        return None
    given: Any = params["values"]
    rows = cast("Sequence[Mapping[str, Any]]", [given] if action.verb == "update" else given)
    return taxes.refused(ctx, rows) if action.name in _TAXED else _with_variants(ctx, rows)


def _with_variants(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> Iterator[BusinessError]:
    places: dict[str, int] = {}
    for place, row in enumerate(rows):
        for number, line in enumerate(cast("Sequence[Mapping[str, Any]]", row.get("lines") or ())):
            product = converted(InvoiceLine, "product", line.get("product"))
            if product is not None:
                places[f"{place}." * (len(rows) > 1) + f"lines.{number}.product"] = product
    if not places:
        return
    query = select(Product.id, Product.name).where(Product.id.in_(set(places.values())), Product.has_variants)
    names = dict(ctx.session.execute(query).all())
    for where, product in places.items():
        if product in names:
            yield BusinessError(_("%(name)s comes in variants: choose one of them.", name=names[product]), field=where)


@hook
def role_additions() -> Mapping[str, Sequence[tuple[str, str]]]:
    """Let those who write invoices and keep the books see products."""
    see = [(f"products.{model}.read", "company") for model in ("product", "category", "unit")]
    roles = ("invoice_clerk", "receivables_accountant", "accounting_clerk", "chief_accountant")
    return dict.fromkeys(roles, see)
