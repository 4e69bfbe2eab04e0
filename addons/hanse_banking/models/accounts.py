"""Bank accounts of the company, each with the account of the books that is kept for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Mapped, Model, Unique, _, archivable, link, money, structure, text
from hanse.directory.models import Currency
from hanse.models import kinds
from hanse_finance.models import Account


class HouseAccount(Model):
    """A bank account of the company itself; reconciled from ``start`` on, when the bank's balance was ``opening``."""

    __tablename__ = "banking_account"
    __display__ = ("name",)
    name: Mapped[str] = text(_("Name"), max_length=80, search=True)
    bank: Mapped[str | None] = text(_("Bank"), max_length=120, search=True)
    number: Mapped[str | None] = text(_("Account number"), max_length=40, search=True)
    account: Mapped[Account] = link(_("Account of the books"), index=False)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    start: Mapped[date | None] = kinds.day(_("Reconciled from"), help=_("Empty: from the first statement on."))
    opening: Mapped[Decimal] = money(
        _("Balance before that day"), currency="currency", default=Decimal(0), help=_("As the bank states it.")
    )
    days: Mapped[int] = kinds.number(
        _("Days apart"), default=5, help=_("So far may the days of bank and books lie apart in proposals.")
    )
    columns: Mapped[Mapping[str, str] | None] = structure(
        _("Columns"), readonly=True, help=_("What the headings of its files mean.")
    )
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Unique(
            "account",
            "currency",
            error=_("There is a bank account for this account of the books and currency already."),
        ),
    ]

    if TYPE_CHECKING:
        account_id: Mapped[int]
        currency_id: Mapped[int]


__all__ = ["HouseAccount"]
