"""Searching by content and sorting by name."""

from __future__ import annotations

import pytest
from sample_library.models import Book, Reader
from sqlalchemy import text

from hanse.actions import open_context
from hanse.database.search import matches, sort_key
from hanse.directory.founding import found_company


@pytest.fixture
def books(library):
    names = ["The Tin Drum", "Buddenbrooks", "红楼梦", "西游记", "50% off_sale"]
    library.create("book", *({"title": name} for name in names))
    return library.ctx


def found(ctx, words):
    return ctx.visible(Book, matches(Book, words, ctx.companies), order_by=[Book.id])[Book.title]


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        ("drum", ["The Tin Drum"]),
        ("DRUM tin", ["The Tin Drum"]),
        ("drum red", []),
        ("楼梦", ["红楼梦"]),
        ("bk-0004", ["西游记"]),
        ("50%", ["50% off_sale"]),
        ("off_", ["50% off_sale"]),
        ("%", ["50% off_sale"]),
        ("'; DROP TABLE library_book; --", []),
        ("\\", []),
    ],
)
def test_every_word_stands_somewhere(books, words, titles):
    assert found(books, words) == titles


def test_blanks_find_everything(books):
    assert len(found(books, "  ")) == 5


def test_fields_that_an_extension_adds_are_searched_too(books, library, verb):
    (book,) = books.visible(Book, Book.title == "Buddenbrooks").ids
    books.run(verb("library.book.update"), [book], values={"verdict": "Splendid decay"})
    assert found(books, "splendid") == ["Buddenbrooks"]


def test_other_companies_are_not_searched(books, verb):
    there = found_company(books.session, books.user, {"name": "There"}, addons=["sample_library"])
    there.run(verb("library.book.create"), values=[{"title": "Drum and bass"}])
    here = open_context(books.session, books.user, books.company.id, via="test")
    condition = matches(Book, "drum", (here.company.id,))
    assert here.visible(Book, condition)[Book.title] == ["The Tin Drum"]


def test_shared_records_are_searched_without_a_company(library):
    library.create("reader", {"name": "Ann Smith"}, {"name": "王小明"})
    ctx = library.ctx
    assert ctx.visible(Reader, matches(Reader, "小明", ctx.companies))[Reader.name] == ["王小明"]
    assert ctx.visible(Reader, matches(Reader, "smith ANN", ctx.companies))[Reader.name] == ["Ann Smith"]


def test_chinese_names_are_sorted_by_their_pinyin(library):
    """安 an, 王 wang, 张 zhang, 赵 zhao; Latin letters come before hanzi."""
    library.create("reader", *({"name": name} for name in ("赵", "Bob", "王", "张", "安", "alice")))
    readers = library.ctx.visible(Reader, order_by=[sort_key(Reader.name)])
    assert readers[Reader.name] == ["alice", "Bob", "安", "王", "张", "赵"]


def test_the_search_function_is_the_apps_only(database, books):
    rows = books.session.connection().execute(
        text("SELECT has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc WHERE proname LIKE 'find\\_%'")
    )
    assert {allowed for (allowed,) in rows} == {False}
