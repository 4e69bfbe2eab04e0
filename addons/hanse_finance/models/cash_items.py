"""The items of the cash flow statement."""

from __future__ import annotations

from hanse import Mapped, Model, Unique, _, archivable, flag, text
from hanse.models import kinds


class CashItem(Model):
    """What cash came in or went out for: a line of the cash flow statement, or a part of one."""

    __tablename__ = "finance_cash_item"
    __display__ = ("code", "name")
    code: Mapped[str] = text(_("Code"), max_length=20, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    name_en: Mapped[str | None] = text(_("English name"), search=True)
    line: Mapped[int] = kinds.number(_("Line of the statement"))
    inflow: Mapped[bool] = flag(_("Cash comes in"), default=True)
    active: Mapped[bool] = archivable(mergeable=False)

    __rules__ = [Unique("code", error=_("There is an item with this code already."))]
