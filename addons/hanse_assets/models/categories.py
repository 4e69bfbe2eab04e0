"""Categories: how long assets of a kind last, how they are depreciated, and to which accounts."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Model, Unique, _, archivable, choice, lines, link, number, rate, text
from hanse.directory.models import Department
from hanse_finance.models import Account


class Method(Choice):
    """How cost is spread over the life (企业会计准则第4号, articles 14 and 17)."""

    STRAIGHT = "straight", _("Straight line")
    DECLINING = "declining", _("Double declining balance")
    DIGITS = "digits", _("Sum of the years' digits")
    PRODUCTION = "production", _("Units of production")
    NONE = "none", _("Not depreciated")


class AssetCategory(Model):
    """A kind of assets."""

    __tablename__ = "assets_category"
    __display__ = ("code", "name")
    code: Mapped[str] = text(_("Code"), max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    method: Mapped[Method] = choice(_("Depreciation method"), default=Method.STRAIGHT)
    life: Mapped[int | None] = number(_("Useful life"), unit=_("months"))
    residual_rate: Mapped[Decimal | None] = rate(_("Residual rate"), unit=_("%"), help=_("Of the cost."))
    asset_account: Mapped[Account | None] = link(
        _("Asset account"), index=False, help=_("Empty: the one of the accounting standard, in China 1601.")
    )
    depreciation_account: Mapped[Account | None] = link(
        _("Accumulated depreciation"), index=False, help=_("Empty: the one of the accounting standard, in China 1602.")
    )
    expense_account: Mapped[Account | None] = link(
        _("Depreciation expense"), index=False, help=_("Empty: administrative expenses.")
    )
    expenses: Mapped[list[CategoryExpense]] = lines(_("Expense by department"), owned=True)
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [
        Unique("code", error=_("There is a category with this code already.")),
        Check("life", "life BETWEEN 1 AND 1200", error=_("A life is 1 to 1,200 months.")),
        Check("residual_rate", "residual_rate BETWEEN 0 AND 100", error=_("A residual rate is 0 to 100 %.")),
    ]

    if TYPE_CHECKING:
        asset_account_id: Mapped[int | None]
        depreciation_account_id: Mapped[int | None]
        expense_account_id: Mapped[int | None]


class CategoryExpense(Model):
    """The expense account for the assets of a category that a department uses."""

    __tablename__ = "assets_category_expense"
    __display__ = ()
    category: Mapped[AssetCategory] = link(_("Category"), ondelete="CASCADE")
    department: Mapped[Department] = link(_("Department"), index=False)
    account: Mapped[Account] = link(_("Depreciation expense"), index=False)

    __rules__ = [Unique("category", "department", error=_("The department has an account here already."))]

    if TYPE_CHECKING:
        category_id: Mapped[int]
        department_id: Mapped[int]
        account_id: Mapped[int]


__all__ = ["AssetCategory", "CategoryExpense", "Method"]
