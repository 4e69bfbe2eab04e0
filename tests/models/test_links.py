"""What queries over links and lines may rely on."""

from __future__ import annotations

import pytest
from sample_library.models import Book, Copy, Loan, Reader, Shelf
from sqlalchemy import select

from hanse.models import link_id


@pytest.fixture
def shelves(library):
    """Two shelves with a book each, and a book on none."""
    high = library.create("shelf", name="High")
    low = library.create("shelf", name="Low")
    library.create("book", {"title": "A", "shelf": high}, {"title": "B", "shelf": low}, {"title": "C"})
    return high, low


def titles(library, condition):
    return [book.title for book in library.ctx.visible(Book, condition)]


def test_a_link_is_compared_with_records_or_ids(library, shelves):
    high, low = shelves
    assert titles(library, Book.shelf == high) == titles(library, Book.shelf == high.id) == ["A"]
    assert titles(library, Book.shelf.is_(low)) == titles(library, Book.shelf.is_(low.id)) == ["B"]
    assert titles(library, Book.shelf.in_([high, low.id])) == ["A", "B"]
    assert titles(library, Book.shelf.in_([])) == []


def test_a_link_is_compared_with_none(library, shelves):
    assert titles(library, Book.shelf.is_(None)) == titles(library, Book.shelf == None) == ["C"]  # noqa: E711
    assert titles(library, Book.shelf != None) == ["A", "B"]  # noqa: E711


def test_records_with_no_link_differ_from_every_record(library, shelves):
    assert titles(library, Book.shelf != shelves[0]) == ["B", "C"]


def test_a_link_is_compared_with_a_query_of_ids(library, shelves):
    assert titles(library, Book.shelf.in_(select(Shelf.id).where(Shelf.name == "Low"))) == ["B"]


def test_link_id_is_the_column_behind_the_link(library, shelves):
    high, low = shelves
    found = library.ctx.session.scalars(select(link_id(Book.shelf)).order_by(Book.id)).all()
    assert found == [high.id, low.id, None]


def test_a_link_can_be_joined(library, shelves):
    query = select(Book.title, Shelf.name).join(Book.shelf).order_by(Book.title)
    assert [tuple(row) for row in library.ctx.session.execute(query)] == [("A", "High"), ("B", "Low")]


def test_lines_pair_with_the_link_that_points_back(library):
    book = library.book(copies=[{"barcode": "1"}, {"barcode": "2"}])
    assert [copy.barcode for copy in book.copies] == ["1", "2"]
    assert book.copies[0].book is book
    assert Copy.__fields__["book"].target is Book


def test_lines_with_by_follow_only_that_link(library):
    ann, bob = library.reader("Ann"), library.reader("Bob")
    loan = library.loan(reader=ann, guarantor=bob)
    assert ann.loans == [loan]
    assert bob.loans == []
    assert Reader.__fields__["loans"].back == "reader"


def test_records_give_one_column_without_loading_objects(library, shelves):
    books = library.ctx.visible(Book)
    assert books[Book.title] == ["A", "B", "C"]
    assert books[Book.shelf] == [shelves[0].id, shelves[1].id, None]
    assert len(books) == 3


def test_records_keep_their_order_and_limit(library, shelves):
    books = library.ctx.visible(Book, order_by=[Book.title.desc()], limit=2)
    assert [book.title for book in books] == books[Book.title] == ["C", "B"]
    assert library.ctx.visible(Book, order_by=[Book.title.desc()], limit=2)[Book.title] == ["C", "B"]


def test_one_and_first_refuse_what_is_not_there(library, shelves):
    with pytest.raises(ValueError, match="not enough values"):
        library.ctx.visible(Book, Book.title == "Z").one()
    with pytest.raises(ValueError, match="too many values"):
        library.ctx.visible(Book).one()
    with pytest.raises(IndexError):
        library.ctx.visible(Loan).first()
