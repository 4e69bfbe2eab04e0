"""Maintained balances: updated in the posting transaction, and always equal to what the lines add up to.

Rows hold movements only.  Row ``number`` 0 of a year is its opening: there ``debit`` (and ``base_debit``,
``debit_quantity``) holds the net balance brought forward, debit positive, and ``credit`` is zero.  So the opening of a
period is the year's row 0 plus the months before.  Quantities are those of accounts that count in a unit.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Index, Mapped, Model, Unique, _, link, money
from hanse.directory.models import Currency
from hanse.models import kinds
from hanse_finance.models.accounts import Account, DimensionSet
from hanse_finance.models.periods import FiscalYear


class Balance(Model):
    """Movements of an account in a currency and a period."""

    __tablename__ = "finance_balance"
    __display__ = ()
    __audited__ = False
    year: Mapped[FiscalYear] = link(_("Year"), index=False)
    number: Mapped[int] = kinds.number(_("Period"))
    account: Mapped[Account] = link(_("Account"), index=False)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    debit: Mapped[Decimal] = money(_("Debit"), currency="currency", default=Decimal(0))
    credit: Mapped[Decimal] = money(_("Credit"), currency="currency", default=Decimal(0))
    base_debit: Mapped[Decimal] = money(_("Base debit"), default=Decimal(0))
    base_credit: Mapped[Decimal] = money(_("Base credit"), default=Decimal(0))
    debit_quantity: Mapped[Decimal] = kinds.quantity(_("Debit quantity"), default=Decimal(0))
    credit_quantity: Mapped[Decimal] = kinds.quantity(_("Credit quantity"), default=Decimal(0))

    __rules__ = [Unique("year", "number", "account", "currency", error=_("There is this balance already."))]

    if TYPE_CHECKING:
        year_id: Mapped[int]
        account_id: Mapped[int]
        currency_id: Mapped[int]


class DimensionBalance(Model):
    """Movements of an account in a combination of dimensions, a currency and a period."""

    __tablename__ = "finance_dimension_balance"
    __display__ = ()
    __audited__ = False
    year: Mapped[FiscalYear] = link(_("Year"), index=False)
    number: Mapped[int] = kinds.number(_("Period"))
    account: Mapped[Account] = link(_("Account"), index=False)
    details: Mapped[DimensionSet] = link(_("Dimensions"), index=False)
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    debit: Mapped[Decimal] = money(_("Debit"), currency="currency", default=Decimal(0))
    credit: Mapped[Decimal] = money(_("Credit"), currency="currency", default=Decimal(0))
    base_debit: Mapped[Decimal] = money(_("Base debit"), default=Decimal(0))
    base_credit: Mapped[Decimal] = money(_("Base credit"), default=Decimal(0))
    debit_quantity: Mapped[Decimal] = kinds.quantity(_("Debit quantity"), default=Decimal(0))
    credit_quantity: Mapped[Decimal] = kinds.quantity(_("Credit quantity"), default=Decimal(0))

    __rules__ = [
        Unique("year", "number", "account", "details", "currency", error=_("There is this balance already.")),
        Index("details_id", "year_id"),
    ]

    if TYPE_CHECKING:
        year_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int]
        currency_id: Mapped[int]
