"""Chart of accounts, and the dimensions its accounts are analysed by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Choice, Mapped, Model, Unique, _, archivable, choice, flag, lines, link, text
from hanse.directory.models import Currency, Department
from hanse_contacts.models import Partner
from hanse_finance.models.cash_items import CashItem


class AccountType(Choice):
    """What an account is in the accounting equation."""

    ASSET = "asset", _("Asset")
    LIABILITY = "liability", _("Liability")
    COMMON = "common", _("Common")
    EQUITY = "equity", _("Equity")
    COST = "cost", _("Cost")
    INCOME = "income", _("Income")
    EXPENSE = "expense", _("Expense")


class Side(Choice):
    """The two sides of an account."""

    DEBIT = "D", _("Debit")
    CREDIT = "C", _("Credit")


class Account(Model):
    """An account.  Its parent is a link, never derived from its code; only postable accounts take voucher lines."""

    __tablename__ = "finance_account"
    __display__ = ("code", "name")
    code: Mapped[str] = text(_("Code"), search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    name_en: Mapped[str | None] = text(_("English name"), search=True)
    type: Mapped[AccountType] = choice(_("Type"))
    side: Mapped[Side] = choice(_("Balance side"))
    parent: Mapped[Account | None] = link(_("Parent"))
    postable: Mapped[bool] = flag(_("Takes postings"), default=True, help=_("Only accounts at the end of a branch do."))
    unit: Mapped[str | None] = text(
        _("Counted in"), max_length=20, help=_("Lines must say the quantity in this unit: pieces, kg, hours.")
    )
    cash: Mapped[bool] = flag(_("Cash or bank"))
    currency: Mapped[Currency | None] = link(
        _("Foreign currency"), index=False, help=_("Lines must say the amount in it.")
    )
    revalued: Mapped[bool] = flag(
        _("Revalued"), default=True, help=_("Its foreign amounts take the rate of the period's end, as money does.")
    )
    cash_item: Mapped[CashItem | None] = link(
        _("Cash flow item"), index=False, help=_("Proposed where cash pays or settles this account.")
    )
    reported_as: Mapped[str | None] = text(
        _("Reported as"), max_length=40, help=_("The account of the standard that it counts as in statements.")
    )
    active: Mapped[bool] = archivable(mergeable=False)
    dimensions: Mapped[list[AccountDimension]] = lines(_("Dimensions"), owned=True)

    __rules__ = [Unique("code", error=_("There is an account with this code already."))]

    if TYPE_CHECKING:
        parent_id: Mapped[int | None]
        currency_id: Mapped[int | None]
        cash_item_id: Mapped[int | None]


class DimensionSource(Choice):
    """Where the values of a dimension come from."""

    CUSTOMERS = "customers", _("Customers")
    SUPPLIERS = "suppliers", _("Suppliers")
    DEPARTMENTS = "departments", _("Departments")
    LIST = "list", _("A list of its own")


class Dimension(Model):
    """Something lines are analysed by besides their account: customer, supplier, department, project …"""

    __tablename__ = "finance_dimension"
    code: Mapped[str] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    source: Mapped[DimensionSource] = choice(_("Values from"), default=DimensionSource.LIST)
    values: Mapped[list[DimensionValue]] = lines(_("Values"))

    __rules__ = [Unique("code", error=_("There is a dimension with this code already."))]


class AccountDimension(Model):
    """That lines of an account must name a value of a dimension."""

    __tablename__ = "finance_account_dimension"
    __display__ = ()
    account: Mapped[Account] = link(_("Account"), ondelete="CASCADE")
    dimension: Mapped[Dimension] = link(_("Dimension"))

    __rules__ = [Unique("account", "dimension", error=_("The account has this dimension already."))]

    if TYPE_CHECKING:
        account_id: Mapped[int]
        dimension_id: Mapped[int]


class DimensionValue(Model):
    """One value of a dimension: customer C001, department Sales."""

    __tablename__ = "finance_dimension_value"
    __display__ = ("code", "name")
    dimension: Mapped[Dimension] = link(_("Dimension"))
    code: Mapped[str] = text(_("Code"), max_length=80, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    partner: Mapped[Partner | None] = link(_("Contact"))
    department: Mapped[Department | None] = link(_("Department"))
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [Unique("dimension", "code", error=_("There is a value with this code already."))]

    if TYPE_CHECKING:
        dimension_id: Mapped[int]
        partner_id: Mapped[int | None]
        department_id: Mapped[int | None]


class DimensionSet(Model):
    """A combination of values, at most one of each dimension; what a line is analysed by.

    ``key`` is the sorted ids of the values, so that each combination exists once.
    """

    __tablename__ = "finance_dimension_set"
    key: Mapped[str] = text(_("Key"), readonly=True)
    name: Mapped[str] = text(_("Name"), max_length=400, readonly=True, search=True)
    values: Mapped[list[DimensionSetValue]] = lines(_("Values"), owned=True)

    __rules__ = [Unique("key", error=_("There is this combination already."))]


class DimensionSetValue(Model):
    """One value of a combination."""

    __tablename__ = "finance_dimension_set_value"
    __display__ = ()
    set: Mapped[DimensionSet] = link(_("Combination"), ondelete="CASCADE")
    dimension: Mapped[Dimension] = link(_("Dimension"))
    value: Mapped[DimensionValue] = link(_("Value"))

    __rules__ = [Unique("set", "dimension", error=_("The combination has a value of this dimension already."))]

    if TYPE_CHECKING:
        set_id: Mapped[int]
        dimension_id: Mapped[int]
        value_id: Mapped[int]


__all__ = [
    "Account",
    "AccountDimension",
    "AccountType",
    "Dimension",
    "DimensionSet",
    "DimensionSetValue",
    "DimensionSource",
    "DimensionValue",
    "Side",
]
