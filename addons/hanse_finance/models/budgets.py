"""Budgets: what is planned for an account, or for one of its combinations of dimensions, month by month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Mapped, Model, Unique, _, link, money
from hanse_finance.models.accounts import Account, DimensionSet
from hanse_finance.models.periods import FiscalYear

ZERO = Decimal(0)


class BudgetLine(Model):
    """A line of a year's budget, positive on the side its account increases on.

    The account may have others below it, which then count together.
    """

    __tablename__ = "finance_budget_line"
    __display__ = ()
    year: Mapped[FiscalYear] = link(_("Fiscal year"), index=False)
    account: Mapped[Account] = link(_("Account"), index=False)
    details: Mapped[DimensionSet | None] = link(
        _("Dimensions"), index=False, help=_("Empty: of the account as a whole.")
    )
    month_1: Mapped[Decimal] = money(_("Period 1"), default=ZERO)
    month_2: Mapped[Decimal] = money(_("Period 2"), default=ZERO)
    month_3: Mapped[Decimal] = money(_("Period 3"), default=ZERO)
    month_4: Mapped[Decimal] = money(_("Period 4"), default=ZERO)
    month_5: Mapped[Decimal] = money(_("Period 5"), default=ZERO)
    month_6: Mapped[Decimal] = money(_("Period 6"), default=ZERO)
    month_7: Mapped[Decimal] = money(_("Period 7"), default=ZERO)
    month_8: Mapped[Decimal] = money(_("Period 8"), default=ZERO)
    month_9: Mapped[Decimal] = money(_("Period 9"), default=ZERO)
    month_10: Mapped[Decimal] = money(_("Period 10"), default=ZERO)
    month_11: Mapped[Decimal] = money(_("Period 11"), default=ZERO)
    month_12: Mapped[Decimal] = money(_("Period 12"), default=ZERO)

    __rules__ = [
        Unique("year", "account", "details", error=_("The budget has this account already; change that line.")),
    ]

    def planned(self, first: int, last: int) -> Decimal:
        """Give what is planned for periods ``first`` to ``last``."""
        amounts: list[Decimal] = [getattr(self, f"month_{number}") for number in range(first, last + 1)]
        return sum(amounts, ZERO)

    if TYPE_CHECKING:
        year_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
