"""What a company sets about its stock."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from hanse import Choice, Mapped, Section, Settings, _, choice, day, flag, money, rate


class Removal(Choice):
    """What is taken first."""

    FEFO = "fefo", _("What expires first")
    FIFO = "fifo", _("What came first")
    NEAREST = "nearest", _("What is nearest")


class InventorySettings(
    Settings,
    section=Section(_("Inventory"), help=_("How stock is kept and taken."), icon="building-warehouse", order=24),
):
    """Settings of the stock."""

    removal: Mapped[Removal] = choice(
        _("Taken first"),
        default=Removal.FEFO,
        help=_("Which lots and places are proposed where a document names none; equals go by when they came."),
    )
    inspect: Mapped[bool] = flag(
        _("Receipts are inspected"), help=_("A receipt is posted only after somebody has inspected it.")
    )
    recount_value: Mapped[Decimal | None] = money(
        _("Count again above"), help=_("A difference that is worth more is counted again, by somebody else.")
    )
    recount_percent: Mapped[Decimal | None] = rate(
        _("Count again beyond"), unit=_("%"), help=_("A difference of so much of the book is counted again.")
    )
    closed_until: Mapped[date | None] = day(
        _("Closed until"), help=_("On this day and before it nothing is posted any more.")
    )


__all__ = ["InventorySettings", "Removal"]
