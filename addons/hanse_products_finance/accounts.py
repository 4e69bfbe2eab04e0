"""Which account a category has for a use: its own, else that of the nearest above, else the company's."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from hanse import BusinessError, Context, _, link_id
from hanse.i18n import Label
from hanse_products.tree import nearest
from hanse_products_finance.models import AccountedCategory, ProductAccountsSettings


class Use(Enum):
    """What an account of products is for."""

    INCOME = "income", _("Income")
    COST = "cost", _("Cost of sales")
    STOCK = "stock", _("Stock")
    EXPENSE = "expense", _("Expense")

    @property
    def field(self) -> str:
        """The field of categories and settings that names it."""
        return f"{self.value[0]}_account"

    @property
    def label(self) -> Label:
        """What people call it."""
        return self.value[1]


def accounts_of(ctx: Context, use: Use, categories: Iterable[int | None]) -> dict[int | None, int | None]:
    """Give the account for a use of each category by id, of products without one under None; two statements at most.

    None where nobody has named one.
    """
    own = link_id(getattr(AccountedCategory, use.field))
    usual: int | None = getattr(ctx.settings(ProductAccountsSettings), f"{use.field}_id")
    return {one: found or usual for one, found in nearest(ctx, own, categories).items()}


def account_of(ctx: Context, use: Use, category: int | None) -> int:
    """Give the account for a use of one category.

    :raises BusinessError: nobody has named one; it says where to
    """
    found = accounts_of(ctx, use, [category])[category]
    if found is None:
        raise BusinessError(
            _(
                "No account for “%(use)s” was found. Name one on the category, or under System, Settings, "
                "Accounts of products.",
                use=use.label,
            )
        )
    return found


__all__ = ["Use", "account_of", "accounts_of"]
