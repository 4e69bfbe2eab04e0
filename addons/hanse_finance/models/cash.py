"""Cash flow: the items cash moves for, and what lines on cash accounts were assigned to afterwards."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from typing_extensions import override

from hanse import Check, Index, Mapped, Model, Unique, _, flag, link, money
from hanse.models import kinds
from hanse_finance.models.cash_items import CashItem
from hanse_finance.models.periods import Period
from hanse_finance.models.vouchers import Voucher


class CashFlow(Model):
    """A part of a posted line on a cash account, with the item it is for.

    A posted line never changes, so what it was for is told here: several parts may make one line.  A line that has none
    counts for the item that stands on it.
    """

    __tablename__ = "finance_cash_flow"
    __general__ = False
    __display__ = ()
    period: Mapped[Period] = link(_("Period"), readonly=True, index=False)
    voucher: Mapped[Voucher] = link(_("Voucher"), readonly=True, index=False)
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    item: Mapped[CashItem | None] = link(
        _("Item"), index=False, help=_("Empty: it moved between cash accounts and is no cash flow.")
    )
    amount: Mapped[Decimal] = money(_("Amount"), help=_("Of the company's currency; what came in is positive."))
    proposed: Mapped[bool] = flag(_("Proposed"), readonly=True, help=_("From the accounts on the other side."))

    __rules__ = [
        Index("period_id", "item_id"),
        Unique("voucher", "number", "item", error=_("The line has this item already.")),
        Check("amount", "amount <> 0", error=_("A part is not zero.")),
    ]

    @override
    def display_name(self) -> str:
        return str(_("%(owner)s, line %(line)s", owner=self.voucher.display_name(), line=self.number))

    if TYPE_CHECKING:
        period_id: Mapped[int]
        voucher_id: Mapped[int]
        item_id: Mapped[int | None]


class CashBalance(Model):
    """What cash moved for an item in a period: maintained as balances of accounts are."""

    __tablename__ = "finance_cash_balance"
    __display__ = ()
    __audited__ = False
    period: Mapped[Period] = link(_("Period"), index=False)
    item: Mapped[CashItem] = link(_("Item"), index=False)
    amount: Mapped[Decimal] = money(_("Amount"), default=Decimal(0))

    __rules__ = [Unique("period", "item", error=_("There is this balance already."))]

    if TYPE_CHECKING:
        period_id: Mapped[int]
        item_id: Mapped[int]


__all__ = ["CashBalance", "CashFlow", "CashItem"]
