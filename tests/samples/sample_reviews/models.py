"""What readers think."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sample_library.models import Book, Reader

from hanse import Check, Mapped, Model, Unique, _, lines, link, number, text

if TYPE_CHECKING:
    from typing_extensions import override
else:

    def override(method):
        return method


class ReviewedBook(Book, extends=True):
    """A book with stars."""

    stars: Mapped[int | None] = number(_("Stars"))
    verdict: Mapped[str] = text(_("Verdict"), default="none yet", search=True)
    champion: Mapped[Reader | None] = link(_("Champion"))
    reviews: Mapped[list[Review]] = lines(_("Reviews"))

    __rules__ = [Check("stars_to_five", "stars BETWEEN 1 AND 5", error=_("One to five stars."))]

    @override
    def display_name(self) -> str:
        return super().display_name() + " " + "*" * (self.stars or 0)

    @property
    @override
    def label(self) -> str:
        return f"{super().label}!"

    @override
    def late_fee(self, days: int) -> Decimal:
        return super().late_fee(days) * 2

    @override
    def may_be_deleted(self) -> bool:
        return super().may_be_deleted() and self.stars != 5

    def is_praised(self) -> bool:
        """Tell whether somebody liked it."""
        return (self.stars or 0) > 3


class Review(Model):
    """What one reader wrote."""

    __tablename__ = "reviews_review"
    __display__ = ("words",)
    book: Mapped[Book] = link(_("Book"), ondelete="CASCADE")
    words: Mapped[str] = text(_("Words"))

    __rules__ = [Unique("book", "words", error=_("This was said already."))]
