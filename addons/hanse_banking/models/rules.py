"""Rules by which vouchers are written for lines of statements, and what they have written."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Model, Unique, _, archivable, choice, link, money, text
from hanse.models import kinds
from hanse_banking.models.accounts import HouseAccount
from hanse_banking.models.statements import BankLine
from hanse_finance.models import Account, CashItem, DimensionSet, Voucher


class Direction(Choice):
    """Which way money moves."""

    BOTH = "both", _("Both ways")
    IN = "in", _("Money in")
    OUT = "out", _("Money out")


class BankRule(Model):
    """What a line of a statement is for, told by its words, counterparty and amount; the first that fits counts."""

    __tablename__ = "banking_rule"
    __display__ = ("name",)
    name: Mapped[str] = text(_("Name"), max_length=80, search=True)
    position: Mapped[int] = kinds.number(_("Position"), default=10)
    bank: Mapped[HouseAccount | None] = link(_("Bank account"), help=_("Empty: every bank account."))
    direction: Mapped[Direction] = choice(_("Direction"), default=Direction.BOTH)
    words: Mapped[str | None] = text(
        _("Words in the purpose"), search=True, help=_("All of them must occur; “|” between words: one of them.")
    )
    counterparty: Mapped[str | None] = text(
        _("Words in the counterparty"), search=True, help=_("Of its name, or its account number.")
    )
    least: Mapped[Decimal | None] = money(_("Amount from"), currency="bank.currency")
    most: Mapped[Decimal | None] = money(_("Amount to"), currency="bank.currency")
    account: Mapped[Account] = link(_("Other account"), index=False)
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False)
    cash_item: Mapped[CashItem | None] = link(_("Cash flow item"), index=False)
    summary: Mapped[str | None] = text(_("Summary"), help=_("Empty: the purpose on the statement."))
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Check(
            "says_something",
            "num_nonnulls(words, counterparty, least, most) > 0",
            error=_("Say by what a line is known: words, counterparty or amount."),
        ),
    ]

    if TYPE_CHECKING:
        bank_id: Mapped[int | None]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
        cash_item_id: Mapped[int | None]


class BankVoucher(Model):
    """That a voucher was written for a line of a statement; it is matched with it once it is posted."""

    __tablename__ = "banking_voucher"
    __general__ = False
    __display__ = ()
    line: Mapped[BankLine] = link(_("Bank line"), ondelete="CASCADE", readonly=True, index=False)
    voucher: Mapped[Voucher] = link(_("Voucher"), ondelete="CASCADE", readonly=True)
    rule: Mapped[BankRule | None] = link(_("Rule"), ondelete="SET NULL", readonly=True, index=False)

    __rules__ = [Unique("line", error=_("A voucher was written for this line already."))]

    if TYPE_CHECKING:
        line_id: Mapped[int]
        voucher_id: Mapped[int]


__all__ = ["BankRule", "BankVoucher", "Direction"]
