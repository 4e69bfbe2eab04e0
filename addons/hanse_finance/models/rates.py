"""Exchange rates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Mapped, Model, Unique, _, link, text
from hanse.directory.models import Currency
from hanse.models import kinds


class ExchangeRate(Model):
    """What one unit of ``currency`` was worth in ``quote`` on a day."""

    __tablename__ = "finance_exchange_rate"
    __display__ = ()
    currency: Mapped[Currency] = link(_("Currency"))
    quote: Mapped[Currency] = link(_("In"), index=False)
    day: Mapped[date] = kinds.day(_("Day"))
    rate: Mapped[Decimal] = kinds.rate(_("Rate"))
    source: Mapped[str | None] = text(_("Source"), max_length=80)

    __rules__ = [
        Unique("currency", "quote", "day", error=_("There is a rate for this day already.")),
        Check("positive", "rate > 0", error=_("A rate is above zero.")),
    ]

    if TYPE_CHECKING:
        currency_id: Mapped[int]
        quote_id: Mapped[int]
