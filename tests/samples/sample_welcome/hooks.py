"""What follows when books have come."""

from __future__ import annotations

from sample_library.models import Book

from hanse import Context, Records, after
from hanse.actions import find_action
from sample_welcome.actions import welcome

_create = find_action("library.book.create")
assert _create is not None


@after(_create)
def greet(ctx: Context, books: Records[Book]) -> None:
    """Welcome the new ones."""
    ctx.run(welcome, books)
