"""Books that cost more when late."""

from __future__ import annotations

from decimal import Decimal

from sample_library.models import Book

from hanse import Mapped, _, money


class FinedBook(Book, extends=True):
    """A book with a fine."""

    fine: Mapped[Decimal | None] = money(_("Fine"))

    def display_name(self) -> str:
        return f"({super().display_name()})"

    def late_fee(self, days: int) -> Decimal:
        return super().late_fee(days) + (self.fine or 0)
