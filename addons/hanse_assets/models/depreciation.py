"""What was charged, and what machines produced."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Unique, _, link, money, quantity
from hanse.models import kinds
from hanse_assets.models.assets import Asset
from hanse_finance.models import Period, Voucher


class Depreciation(Model):
    """What an asset was depreciated by in a period.  Goes with its voucher when that draft is deleted."""

    __tablename__ = "assets_depreciation"
    __display__ = ()
    __general__ = False
    __trail__ = ("asset", "voucher")
    asset: Mapped[Asset] = link(_("Asset"), index=False, readonly=True)
    period: Mapped[Period] = link(_("Period"), readonly=True)
    amount: Mapped[Decimal] = money(_("Depreciation"), readonly=True)
    voucher: Mapped[Voucher] = link(_("Voucher"), ondelete="CASCADE", readonly=True)

    __rules__ = [Unique("asset", "period", error=_("This asset is depreciated in this period already."))]

    if TYPE_CHECKING:
        asset_id: Mapped[int]
        period_id: Mapped[int]
        voucher_id: Mapped[int]


class Production(Model):
    """How much a machine produced until a day of a month."""

    __tablename__ = "assets_production"
    __display__ = ()
    asset: Mapped[Asset] = link(_("Asset"), ondelete="CASCADE", index=False)
    day: Mapped[date] = kinds.day(_("Date"))
    amount: Mapped[Decimal] = quantity(_("Output"))

    __rules__ = [
        Unique("asset", "day", error=_("There is an output of this day already.")),
        Check("amount", "amount > 0", error=_("An output is above zero.")),
    ]

    if TYPE_CHECKING:
        asset_id: Mapped[int]


__all__ = ["Depreciation", "Production"]
