"""Which account a line with a product goes to: what an addon says, else that of the product's category.

    register_accounts("hanse_inventory", accounts_of_goods)

An addon that keeps goods in the stock says so that goods on a bill go to the account of what has arrived and was not
billed yet; for services, and for all that it does not know, it answers None.  The last to register, which depends on
the others, goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hanse import Context
from hanse_invoicing.models import InvoiceKind
from hanse_products_finance.accounts import Use, accounts_of


@dataclass(frozen=True, slots=True)
class Posted:
    """A line with a product, for which an account is asked.

    :ivar category: id of the product's category
    """

    product: int
    category: int | None
    kind: InvoiceKind


#: Gives for each line an account by id, or None, in the same order; the number of statements does not grow with them.
Chooser = Callable[[Context, Sequence[Posted]], Sequence[int | None]]
_choosers: dict[str, Chooser] = {}


def register_accounts(addon: str, choose: Chooser) -> None:
    """Have an addon asked for accounts of lines before those of categories count, where it is on."""
    _choosers[addon] = choose


def line_accounts(ctx: Context, lines: Sequence[Posted]) -> list[int | None]:
    """Give the account of each line; None where nobody names one: invoicing then takes the one of its settings."""
    found: list[int | None] = [None] * len(lines)
    for addon, choose in reversed(_choosers.items()):
        if addon in ctx.enabled and lines:
            found = [one or more for one, more in zip(found, choose(ctx, lines), strict=True)]
    sold = {one.category for one in lines if one.kind.sells}
    bought = {one.category for one in lines if not one.kind.sells}
    income = accounts_of(ctx, Use.INCOME, sold) if sold else {}
    expense = accounts_of(ctx, Use.EXPENSE, bought) if bought else {}
    return [
        account or (income if one.kind.sells else expense)[one.category]
        for account, one in zip(found, lines, strict=True)
    ]


__all__ = ["Chooser", "Posted", "line_accounts", "register_accounts"]
