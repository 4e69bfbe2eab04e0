"""Everything here must pass both checkers, except the lines marked EXPECT, which both must refuse."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import assert_type

from sample_fines.models import FinedBook
from sample_library.actions import lend, take_back
from sample_library.models import Book, Copy, Genre, Loan, Shelf
from sample_reviews.models import Review, ReviewedBook
from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute

from hanse import Context, Outcome, Records, action, link_id


def fields(book: Book) -> None:
    assert_type(book.title, str)
    assert_type(book.price, Decimal | None)
    assert_type(book.genre, Genre)
    assert_type(book.shelf, Shelf | None)
    assert_type(book.copies, list[Copy])
    assert_type(book.id, int)
    assert_type(book.label, str)
    assert_type(Book.title, InstrumentedAttribute[str])
    assert_type(link_id(Book.shelf), ColumnElement[int])


def extension(book: Book) -> None:
    reviewed = ReviewedBook.of(book)
    assert_type(reviewed, ReviewedBook)
    assert_type(reviewed.stars, int | None)
    assert_type(reviewed.reviews, list[Review])
    assert_type(reviewed.title, str)
    assert_type(reviewed.is_praised(), bool)
    assert_type(reviewed.late_fee(3), Decimal)
    if isinstance(book, FinedBook):
        assert_type(book.fine, Decimal | None)


def records(ctx: Context, books: Records[Book]) -> None:
    assert_type(books[Book.title], list[str])
    assert_type(books[Book.price], list[Decimal | None])
    assert_type(books[Book.shelf], list[int | None])
    assert_type(books[ReviewedBook.stars], list[int | None])
    assert_type(books.first(), Book)
    assert_type(ctx.visible(Loan, Loan.due < date(2026, 1, 1)), Records[Loan])
    assert_type(ctx.visible(Loan)[Loan.book], list[int])
    for loan in ctx.all(Loan, Loan.book.in_([1, 2]), Loan.reader == 3):
        assert_type(loan.book.copies, list[Copy])
    found = ctx.session.scalars(select(ReviewedBook).where(ReviewedBook.stars > 3)).first()
    assert_type(found, ReviewedBook | None)


def running(ctx: Context, loans: Records[Loan], ids: Sequence[int]) -> None:
    assert_type(ctx.run(lend, loans, due=date(2026, 1, 1)), Outcome)
    ctx.run(take_back, ids)
    ctx.run(take_back, [loan for loan in loans])
    ctx.update(loans, {"due": None})
    assert_type(ctx.insert(Book, [{"title": "Momo"}]), list[int])


@action(Loan, label="Renew", permission="library.loan.lend")
def renew(ctx: Context, loans: Records[Loan], *, until: date) -> None:
    ctx.update(loans, {"due": until})


def wrong(ctx: Context, book: Book, reviewed: ReviewedBook, loans: Records[Loan], books: Records[Book]) -> None:
    book.stars  # EXPECT: unknown on the owner's view
    reviewed.fine  # EXPECT: belongs to another addon
    reviewed.stars = "five"  # EXPECT: wrong type
    reviewed.display_name(3)  # EXPECT: too many arguments
    book.shelf = 7  # EXPECT: a link takes a record
    book.genre = "novel"  # EXPECT: a choice takes a member
    books[Book.titel]  # EXPECT: typo
    ctx.run(lend, books)  # EXPECT: records of another model
    ctx.visible(Genre)  # EXPECT: not a model
    ctx.company = None  # EXPECT: wrong type


class BadBook(Book, extends=True):
    def display_name(self, length: int) -> str:  # EXPECT: incompatible override
        return super().display_nam()  # EXPECT: typo


class OddBook(Book, extend=True):  # EXPECT pyright: unknown class keyword; mypy trusts metaclasses, Python refuses it
    pass
