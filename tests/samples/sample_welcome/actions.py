"""Comment on books."""

from __future__ import annotations

from sample_library.models import Book

from hanse import Context, Records, _, action


@action(Book, name="welcome", label=_("Welcome"), permission="library.book.update", hidden=True)
def welcome(ctx: Context, books: Records[Book]) -> None:
    """Say welcome to books."""
    for book in books:
        ctx.comment(book, f"Welcome, {book.title}")
