"""Receivables and payables: invoices, credit notes, payments, and what is open between them."""

from __future__ import annotations

from collections.abc import Iterable

from hanse import Addon, Context, _, hook

ADDON = Addon(
    "hanse_invoicing",
    key="invoicing",
    title=_("Receivables and payables"),
    needs=["hanse_finance"],
    departments=["finance", "sales"],
    description=_("Invoices and supplier bills with taxes and terms, payments, open items, ageing."),
)


@hook
def maintained(ctx: Context, check: bool) -> Iterable[str] | None:
    """Compare what is open with the allocations, or compute it anew."""
    from hanse_invoicing import items

    if check:
        return [str(one) for one in items.differences(ctx)]
    items.rebuild(ctx)
    return None
