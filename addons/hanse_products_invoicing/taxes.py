"""Which tax a product has: its category's, else that of the nearest above, else the company's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, _, link_id
from hanse_invoicing.models import Tax, TaxUse
from hanse_products.tree import nearest
from hanse_products_invoicing.given import converted
from hanse_products_invoicing.models import ProductTaxesSettings, TaxedCategory

#: Which field of categories and settings names the tax.
FIELDS: Mapping[str, TaxUse] = {"sale_tax": TaxUse.SALE, "purchase_tax": TaxUse.PURCHASE}


def taxes_of(ctx: Context, field: str, wanted: Iterable[tuple[int | None, date]]) -> dict[tuple[int | None, date], int]:
    """Give the tax of products by category and day, two statements at most; without those that nobody has named.

    One that does not hold on the day, or is archived, is left out too: nobody named another for that day.

    :param field: ``sale_tax`` or ``purchase_tax``
    """
    asked = set(wanted)
    if not asked:
        return {}
    own = link_id(getattr(TaxedCategory, field))
    usual: int | None = getattr(ctx.settings(ProductTaxesSettings), f"{field}_id")
    named = {one: found or usual for one, found in nearest(ctx, own, {category for category, _day in asked}).items()}
    ids = {one for one in named.values() if one is not None}
    taxes = {one.id: one for one in ctx.all(Tax, Tax.id.in_(ids), Tax.active.is_(True))} if ids else {}
    found: dict[tuple[int | None, date], int] = {}
    for category, day in asked:
        tax = taxes.get(named[category] or 0)
        if tax is not None and tax.use is FIELDS[field] and tax.holds_on(day):
            found[category, day] = tax.id
    return found


def refused(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> Iterator[BusinessError]:
    """Refuse taxes on the wrong side: one on purchases for what is sold."""
    given = [
        (f"{place}." * (len(rows) > 1) + field, use, tax)
        for place, row in enumerate(rows)
        for field, use in FIELDS.items()
        if (tax := converted(TaxedCategory, field, row.get(field))) is not None
    ]
    if not given:
        return
    query = select(Tax.id, Tax.use, Tax.name).where(
        Tax.company_id == ctx.company.id, Tax.id.in_({tax for _place, _use, tax in given})
    )
    known = {key: (use, name) for key, use, name in ctx.session.execute(query)}
    for place, use, tax in given:
        if tax in known and known[tax][0] is not use:
            yield BusinessError(_("“%(tax)s” is not for %(use)s.", tax=known[tax][1], use=use.label), field=place)


__all__ = ["FIELDS", "refused", "taxes_of"]
