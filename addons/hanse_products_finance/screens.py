"""The accounts of a category on its form."""

from __future__ import annotations

from hanse import Row, Tab, _
from hanse_products.screens import CATEGORIES
from hanse_products_finance.models import AccountedCategory

CATEGORIES.extend(
    tabs=[
        Tab(
            _("Accounts"),
            Row(AccountedCategory.income_account, AccountedCategory.cost_account),
            Row(AccountedCategory.stock_account, AccountedCategory.expense_account),
        )
    ]
)
