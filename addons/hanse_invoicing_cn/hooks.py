"""What a new Chinese company begins with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from hanse import Context, hook
from hanse_invoicing_cn import bills as bills  # its reader is registered by being imported

if TYPE_CHECKING:
    from hanse.files import FileStore


@hook
def demo(ctx: Context) -> Callable[[Context, FileStore], None]:
    """Load what was invoiced and paid, once the books are there."""
    from hanse_invoicing_cn.demo import load_documents

    return load_documents


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Load the VAT rates that fit the company's kind of taxpayer, once it has a chart of accounts."""
    from hanse_invoicing_cn import rates

    if answers:
        rates.load(ctx)
