"""The stock in the books: every change of its value is a voucher of the same moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hanse import Addon, Context, Question, _, hook

ADDON = Addon(
    "hanse_inventory_finance",
    key="inventoryfinance",
    title=_("Stock in the books"),
    needs=["hanse_inventory", "hanse_products_finance"],
    description=_(
        "Receipts, issues, waste, counts and costs are booked as they happen; stock and ledger always agree."
    ),
)


@hook
def company_created(ctx: Context, answers: Mapping[str, Any]) -> None:
    """Take over what the stock is worth already, where there is any."""
    from hanse_inventory_finance.opening import take_over  # models may be used only once all are built

    take_over(ctx, str(answers.get("stock_opening") or "book"))


@hook
def company_questions(ctx: Context | None) -> list[Question]:
    """Ask what becomes of stock that was kept before the books were, where there is any."""
    from hanse_inventory_finance.opening import question, worth

    return [question()] if ctx is not None and worth(ctx) else []


@hook
def demo(ctx: Context) -> None:
    """Leave the demonstration's stock out of its books: these end in the year before, and have stock of their own."""
    from hanse.enabling.actions import disable_addon

    ctx.run(disable_addon, [ctx.company.id], addon=ADDON.name)
