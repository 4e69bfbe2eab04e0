"""What reviews add to the pages of books."""

from __future__ import annotations

from sample_library.screens import BOOKS

from hanse import After, Tab, _
from sample_reviews.models import Review, ReviewedBook

BOOKS.extend(
    form=After(ReviewedBook.genre, ReviewedBook.stars),
    list=After(ReviewedBook.title, ReviewedBook.stars),
    tabs=[Tab(_("Reviews"), ReviewedBook.reviews, columns=[Review.words])],
    filters=[ReviewedBook.stars],
)
