"""Taking over: what the books open with, as long as it is being entered, and that they were opened."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Index, Mapped, Model, StoredFile, Unique, _, choice, file, link, moment, money
from hanse.directory.models import Currency, User
from hanse.models import kinds
from hanse_finance.models.accounts import Account, DimensionSet
from hanse_finance.models.periods import Period


class OpeningState(Choice):
    """How far taking over has come."""

    DRAFT = "draft", _("Being entered")
    OPENED = "opened", _("Books are open")


class Opening(Model):
    """That a company's books are taken over, and from which period on they are kept here.

    ``round`` counts how often they were opened: what was taken back is entered and opened again.
    """

    __tablename__ = "finance_opening"
    __general__ = False
    __display__ = ()
    first: Mapped[Period] = link(_("First period"), readonly=True, index=False)
    period: Mapped[Period] = link(_("Opening period"), readonly=True, index=False)
    profit: Mapped[Account | None] = link(
        _("Profit account"), index=False, help=_("Where income and expenses of the months before were transferred to.")
    )
    state: Mapped[OpeningState] = choice(_("State"), default=OpeningState.DRAFT, readonly=True)
    round: Mapped[int] = kinds.number(_("Opened so often"), default=0, readonly=True)
    opened_at: Mapped[datetime | None] = moment(_("Opened at"), readonly=True)
    opened_by: Mapped[User | None] = link(_("Opened by"), readonly=True, index=False)
    balances: Mapped[StoredFile | None] = file(_("Balance file"), help=_("The file that was read last."))

    __rules__ = [
        Unique("period", error=_("The books of this company are being taken over already.")),
        Check(
            "opened",
            "(state = 'opened') = (opened_at IS NOT NULL)",
            error=_("Books that are open have the moment when they were opened."),
        ),
    ]

    if TYPE_CHECKING:
        first_id: Mapped[int]
        period_id: Mapped[int]
        profit_id: Mapped[int | None]
        opened_by_id: Mapped[int | None]


class OpeningLine(Model):
    """What an account opens with, for each combination of dimensions and each foreign currency.

    ``balance`` is the balance at the beginning of the first period, in the company's currency, debit positive;
    ``debit`` and ``credit`` are what moved from the beginning of the year until then.  The foreign ones say the same in
    ``currency``, where there is one, the quantities in the account's unit.
    """

    __tablename__ = "finance_opening_line"
    __general__ = False
    __display__ = ()
    opening: Mapped[Opening] = link(_("Taking over"), ondelete="CASCADE")
    account: Mapped[Account] = link(_("Account"))
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), index=False)
    currency: Mapped[Currency | None] = link(_("Foreign currency"), index=False)
    balance: Mapped[Decimal] = money(_("Opening balance"), default=Decimal(0))
    debit: Mapped[Decimal] = money(_("Debit, year to date"), default=Decimal(0))
    credit: Mapped[Decimal] = money(_("Credit, year to date"), default=Decimal(0))
    foreign_balance: Mapped[Decimal | None] = money(_("Foreign balance"), currency="currency")
    foreign_debit: Mapped[Decimal | None] = money(_("Foreign debit, year to date"), currency="currency")
    foreign_credit: Mapped[Decimal | None] = money(_("Foreign credit, year to date"), currency="currency")
    quantity: Mapped[Decimal | None] = kinds.quantity(_("Opening quantity"))
    debit_quantity: Mapped[Decimal | None] = kinds.quantity(_("Debit quantity, year to date"))
    credit_quantity: Mapped[Decimal | None] = kinds.quantity(_("Credit quantity, year to date"))
    entered_by: Mapped[User] = link(_("Entered by"), readonly=True, index=False)

    __rules__ = [
        Unique(
            "opening",
            "account",
            "details",
            "currency",
            nulls_equal=True,
            error=_("The account has an opening with these dimensions and this currency already."),
        ),
        Check(
            "foreign",
            "currency_id IS NOT NULL OR num_nonnulls(foreign_balance, foreign_debit, foreign_credit) = 0",
            error=_("A foreign amount has a currency, and a foreign currency an amount."),
        ),
        Index("details_id", where="details_id IS NOT NULL"),
    ]

    if TYPE_CHECKING:
        opening_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
        currency_id: Mapped[int | None]
        entered_by_id: Mapped[int]


__all__ = ["Opening", "OpeningLine", "OpeningState"]
