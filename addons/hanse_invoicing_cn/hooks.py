"""What a new Chinese company begins with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import Context, hook
from hanse_invoicing_cn import bills as bills  # its reader is registered by being imported


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Load the VAT rates that fit the company's kind of taxpayer, once it has a chart of accounts."""
    from hanse_invoicing_cn import rates

    if answers:
        rates.load(ctx)
