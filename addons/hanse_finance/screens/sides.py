"""A balance as books write it: debit, credit, or level."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hanse import _
from hanse.i18n import Label

DEBIT, CREDIT, LEVEL = _("Dr"), _("Cr"), _("Nil")


def side_and_amount(balance: Decimal) -> Sequence[Label | Decimal | None]:
    """Give the side (借, 贷, 平) and the amount without sign; a level account has no amount."""
    if not balance:
        return [LEVEL, None]
    return [DEBIT if balance > 0 else CREDIT, abs(balance)]


def side_columns(balance: Decimal) -> Sequence[Decimal | None]:
    """Give the balance in the column of its side."""
    return [balance if balance > 0 else None, -balance if balance < 0 else None]
