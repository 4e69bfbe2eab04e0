"""Accounts on categories, and what a company sets for those that name none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Mapped, Section, Settings, _, link
from hanse_finance.models import Account
from hanse_products.models import Category

_ABOVE = _("Empty: as in the category above, at the top as in the settings.")


class AccountedCategory(Category, extends=True):
    """A category with the accounts of a company; one that names none has those of the nearest above."""

    income_account: Mapped[Account | None] = link(_("Income"), per_company=True, help=_ABOVE)
    cost_account: Mapped[Account | None] = link(_("Cost of sales"), per_company=True, help=_ABOVE)
    stock_account: Mapped[Account | None] = link(_("Stock"), per_company=True, help=_ABOVE)
    expense_account: Mapped[Account | None] = link(
        _("Expense"), per_company=True, help=_("Of what is bought and not kept in stock. Empty: as above.")
    )


class ProductAccountsSettings(
    Settings,
    section=Section(
        _("Accounts of products"),
        help=_("Where products stand in the books if neither their category nor one above names an account."),
        icon="books",
        order=23,
    ),
):
    """Settings of accounts of products."""

    income_account: Mapped[Account | None] = link(_("Income"))
    cost_account: Mapped[Account | None] = link(_("Cost of sales"))
    stock_account: Mapped[Account | None] = link(_("Stock"))
    expense_account: Mapped[Account | None] = link(_("Expense"))

    if TYPE_CHECKING:
        income_account_id: Mapped[int | None]
        cost_account_id: Mapped[int | None]
        stock_account_id: Mapped[int | None]
        expense_account_id: Mapped[int | None]


__all__ = ["AccountedCategory", "ProductAccountsSettings"]
