"""Assets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import (
    Check,
    Choice,
    Mapped,
    Model,
    StoredFile,
    Unique,
    _,
    choice,
    day,
    file,
    lines,
    link,
    money,
    note,
    number,
    quantity,
    rate,
    text,
)
from hanse.directory.models import Department
from hanse_assets.models.categories import AssetCategory, Method
from hanse_finance.models import Account, Voucher

if TYPE_CHECKING:
    from hanse_assets.models.depreciation import Depreciation, Production


class AssetStatus(Choice):
    """What an asset is doing.  Idle assets are depreciated as well (企业会计准则第4号, article 14)."""

    USED = "used", _("In use")
    IDLE = "idle", _("Idle")
    DISPOSED = "disposed", _("Disposed of")


class DisposalKind(Choice):
    """How an asset leaves: a sale makes a gain or loss on disposal, what is scrapped one outside of operations."""

    SOLD = "sold", _("Sold")
    SCRAPPED = "scrapped", _("Scrapped or lost")


class Asset(Model):
    """Something that is used for longer than a year and loses its value over its life.

    ``basis_from`` says from which month on depreciation is reckoned from the value at its beginning: the month after it
    came into use, or the first that was not charged yet when its terms were changed.
    """

    __tablename__ = "assets_asset"
    __display__ = ("code", "name")
    code: Mapped[str] = number(_("Code"), rule="FA{number:5}", max_length=40, search=True)
    name: Mapped[str] = text(_("Name"), search=True)
    specification: Mapped[str | None] = text(_("Specification"), search=True)
    category: Mapped[AssetCategory] = link(_("Category"))
    status: Mapped[AssetStatus] = choice(_("Status"), default=AssetStatus.USED)
    department: Mapped[Department | None] = link(_("Department"))
    location: Mapped[str | None] = text(_("Location"), search=True)
    keeper: Mapped[str | None] = text(_("Keeper"), search=True)
    acquired_on: Mapped[date] = day(_("Acquired on"))
    in_use_since: Mapped[date] = day(_("In use since"), help=_("Depreciation begins the month after."))
    cost: Mapped[Decimal] = money(_("Cost"), help=_("Without input tax that is deducted."))
    input_tax: Mapped[Decimal] = money(_("Input VAT"), default=Decimal(0))
    method: Mapped[Method | None] = choice(_("Depreciation method"), help=_("Empty: that of the category."))
    life: Mapped[int | None] = number(_("Useful life"), unit=_("months"), help=_("Empty: that of the category."))
    residual_rate: Mapped[Decimal | None] = rate(
        _("Residual rate"), unit=_("%"), help=_("Of the cost. Empty: that of the category.")
    )
    residual: Mapped[Decimal | None] = money(_("Residual value"), help=_("Goes before the rate."))
    output: Mapped[Decimal | None] = quantity(
        _("Output in all"), help=_("What it can produce over its life, for the method of units of production.")
    )
    expense_account: Mapped[Account | None] = link(
        _("Depreciation expense"), index=False, help=_("Empty: that of the category for the department.")
    )
    opening_depreciation: Mapped[Decimal] = money(
        _("Opening depreciation"), default=Decimal(0), help=_("What was depreciated before these books.")
    )
    opening_months: Mapped[int] = number(_("Months depreciated before"), default=0)
    opening_output: Mapped[Decimal] = quantity(_("Output before"), default=Decimal(0))
    impairment: Mapped[Decimal] = money(_("Impairment"), default=Decimal(0), readonly=True)
    basis_from: Mapped[date] = day(_("Depreciated from"), readonly=True)
    acquisition: Mapped[Voucher | None] = link(
        _("Voucher of acquisition"), ondelete="SET NULL", flow=True, help=_("The voucher that bought it.")
    )
    disposed_on: Mapped[date | None] = day(_("Disposed of on"), readonly=True)
    disposal_kind: Mapped[DisposalKind | None] = choice(_("Disposal"), readonly=True)
    disposal: Mapped[Voucher | None] = link(_("Voucher of disposal"), ondelete="SET NULL", readonly=True, flow=True)
    picture: Mapped[StoredFile | None] = file(_("Picture"), pictures=True)
    note: Mapped[str | None] = note(_("Note"))
    depreciations: Mapped[list[Depreciation]] = lines(_("Depreciation"), order_by="period_id")
    productions: Mapped[list[Production]] = lines(_("Output"), owned=True, order_by="day")

    __rules__ = [
        Unique("code", error=_("There is an asset with this code already.")),
        Check("cost", "cost > 0", error=_("A cost is above zero.")),
        Check("input_tax", "input_tax >= 0", error=_("Input VAT is not below zero.")),
        Check("life", "life BETWEEN 1 AND 1200", error=_("A life is 1 to 1,200 months.")),
        Check("residual_rate", "residual_rate BETWEEN 0 AND 100", error=_("A residual rate is 0 to 100 %.")),
        Check("residual", "residual BETWEEN 0 AND cost", error=_("A residual value is at most the cost.")),
        Check("days", "in_use_since >= acquired_on", error=_("An asset is used only after it was acquired.")),
        Check(
            "opening",
            "opening_depreciation BETWEEN 0 AND cost AND opening_months BETWEEN 0 AND 1200 AND opening_output >= 0",
            error=_("Opening depreciation is between zero and the cost."),
        ),
        Check(
            "disposed",
            "(status = 'disposed') = (disposed_on IS NOT NULL)",
            error=_("Use the action “Dispose of”: it writes the vouchers."),
        ),
    ]

    if TYPE_CHECKING:
        category_id: Mapped[int]
        department_id: Mapped[int | None]
        expense_account_id: Mapped[int | None]
        acquisition_id: Mapped[int | None]
        disposal_id: Mapped[int | None]


__all__ = ["Asset", "AssetStatus", "DisposalKind"]
