"""What is worked out once: kept until rows of its models change, a savepoint is taken back, or a transaction begins."""

from __future__ import annotations

import pytest
from sample_library.models import Book, Reader
from sqlalchemy import func, select

from hanse.i18n import speaking


@pytest.fixture
def titles(library):
    """Give what counts the books once, and how often it did."""
    library.book("Momo")
    library.reader("Ann")
    asked: list[int] = []

    def count() -> int:
        return library.ctx.once("books", lambda: asked.append(1) or _books(library), of=[Book])

    count()
    assert (count(), len(asked)) == (1, 1)
    return count, asked


def _books(library) -> int:
    return library.ctx.session.scalar(select(func.count(Book.id)))


def test_a_new_record_a_change_and_a_deletion_are_seen(library, verb, titles):
    count, asked = titles
    second = library.book("Matilda")
    assert count() == 2
    library.ctx.run(verb("library.book.update"), [second], values={"title": "Mathilda"})
    count()
    assert len(asked) == 3
    library.ctx.run(verb("library.book.delete"), [second])
    assert count() == 1


def test_other_models_do_not_matter(library, titles):
    count, asked = titles
    library.reader("Ben")
    assert library.ctx.session.scalar(select(func.count(Reader.id))) == 2
    assert (count(), len(asked)) == (1, 1)


def test_what_was_worked_out_in_a_savepoint_goes_with_it(library, titles):
    count, _asked = titles
    savepoint = library.ctx.session.begin_nested()
    library.book("Matilda")
    assert count() == 2
    savepoint.rollback()
    assert count() == 1


def test_it_is_worked_out_for_each_language(library, titles):
    count, asked = titles
    with speaking("zh_CN" if library.ctx.locale == "en" else "en"):
        count()
    assert len(asked) == 2
