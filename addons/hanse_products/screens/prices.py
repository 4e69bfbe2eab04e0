"""Sales prices."""

from __future__ import annotations

from typing import Any

from hanse import (
    Context,
    Filter,
    Row,
    Screen,
    _,
)
from hanse_products.models import (
    Price,
)


def _of_company(ctx: Context) -> dict[str, Any]:
    return {"currency": ctx.company.currency_id}


PRICES = Screen(
    Price,
    title=_("Prices"),
    singular=_("Price"),
    menu="products",
    icon="cash",
    order=30,
    defaults=_of_company,
    carries=[Price.currency, Price.valid_from, Price.valid_until],
    list=[
        Price.product,
        Price.amount,
        Price.currency,
        Price.unit,
        Price.min_quantity,
        Price.valid_from,
        Price.valid_until,
    ],
    filters=[
        Price.product,
        Price.currency,
        Filter(
            _("Valid today"),
            lambda ctx: (
                (Price.valid_from.is_(None) | (Price.valid_from <= ctx.today))
                & (Price.valid_until.is_(None) | (Price.valid_until >= ctx.today))
            ),
            name="today",
        ),
    ],
    sums=[],
    form=[
        Row(Price.product),
        Row(Price.amount, Price.currency),
        Row(Price.unit, Price.min_quantity),
        Row(Price.valid_from, Price.valid_until),
    ],
    title_of=lambda price: price.product.display_name(),
)
