"""Searching by content and sorting by name."""

from __future__ import annotations

import pytest
from sample_library.models import Book, Reader
from sqlalchemy import create_engine, text

from hanse.actions import find_action, open_context
from hanse.database import search
from hanse.database.search import matches, sort_key
from hanse.directory.founding import found_company
from hanse.testing.people import open_for_admin, switch_on

NAMES = ["The Tin Drum", "Buddenbrooks", "红楼梦", "西游记", "50% off_sale"]
STANDS = [
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
]
INNS = ["北京饭店", "重庆银行", "上海(浦东)有限公司", "阿里山茶行", "Beijing Road", "北 京"]
SOUNDS = [
    ("bjfd", ["北京饭店"]),
    ("BJFD", ["北京饭店"]),
    ("bj", ["北京饭店"]),
    ("fd", []),
    ("jfd", ["北京饭店"]),
    ("beijing", ["北京饭店", "Beijing Road"]),
    ("beij", ["北京饭店", "Beijing Road"]),
    ("fandian", ["北京饭店"]),
    ("bei'jing", ["北京饭店"]),
    ("eijing", ["Beijing Road"]),
    ("chongqing", ["重庆银行"]),
    ("zhongqing", ["重庆银行"]),
    ("yinhang", ["重庆银行"]),
    ("cqyh", ["重庆银行"]),
    ("zqyx", ["重庆银行"]),
    ("shpdyxgs", ["上海(浦东)有限公司"]),
    ("alsch", ["阿里山茶行"]),
    ("beijing fandian", ["北京饭店"]),
    ("京", ["北京饭店", "北 京"]),
    ("北京", ["北京饭店"]),
    ("背景", []),
    ("bk-0002", ["重庆银行"]),
    ("xyz", []),
]


@pytest.fixture
def books(library):
    library.create("book", *({"title": name} for name in NAMES))
    return library.ctx


def found(ctx, words):
    return ctx.visible(Book, matches(ctx.session, Book, words, ctx.companies), order_by=[Book.id])[Book.title]


@pytest.mark.parametrize(("words", "titles"), STANDS)
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
    condition = matches(here.session, Book, "drum", (here.company.id,))
    assert here.visible(Book, condition)[Book.title] == ["The Tin Drum"]


def test_shared_records_are_searched_without_a_company(library):
    library.create("reader", {"name": "Ann Smith"}, {"name": "王小明"})
    ctx = library.ctx
    assert ctx.visible(Reader, matches(ctx.session, Reader, "小明", ctx.companies))[Reader.name] == ["王小明"]
    assert ctx.visible(Reader, matches(ctx.session, Reader, "smith ANN", ctx.companies))[Reader.name] == ["Ann Smith"]


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


@pytest.fixture
def inns(library):
    library.create("book", *({"title": name} for name in INNS))
    return library.ctx


@pytest.mark.parametrize(("words", "titles"), SOUNDS)
def test_names_are_found_by_initials_and_by_pinyin(inns, words, titles):
    assert found(inns, words) == titles


def test_the_key_follows_every_way_of_writing(inns, verb):
    """Also what the ORM knows nothing of: plain SQL."""
    (book,) = inns.visible(Book, Book.title == "北京饭店").ids
    inns.run(verb("library.book.update"), [book], values={"title": "天津饭店"})
    assert found(inns, "bjfd") == []
    assert found(inns, "tjfd") == ["天津饭店"]
    inns.session.execute(text("UPDATE library_book SET title = '武汉' WHERE id = :id"), {"id": book})
    assert found(inns, "wuhan") == ["武汉"]


def test_more_than_a_few_are_found_in_the_same_way(inns, monkeypatch):
    for words in ("bjfd", "beijing", "京", "bk-0002", "xyz", "bk", "zhongqing"):
        few = found(inns, words)
        monkeypatch.setattr("hanse.database.search.FEW", 0)
        monkeypatch.setattr("hanse.database.search.SCARCE", 0)
        assert found(inns, words) == few
        monkeypatch.undo()


#: Table sizes as the searching function sees them: one that is read, one whose index is asked, one that is large, and
#: one where any match at all among the first rows makes words common.
SIZES = {
    "small": {},
    "larger": {"SMALL": -1},
    "large": {"SMALL": -1, "LARGE": -2},
    "common": {"SMALL": -1, "LARGE": -2, "COMMON": 1},
}


@pytest.mark.parametrize("size", SIZES)
def test_tables_of_every_size_are_searched_in_the_same_way(own_database, monkeypatch, size):
    for name, value in SIZES[size].items():
        monkeypatch.setattr(search, name, value)
    engine = create_engine(own_database.owner_url)
    with engine.begin() as connection:
        statement = next(search.search_statements(Book.__table__, None))
        connection.exec_driver_sql(statement.replace("%", "%%"))
    engine.dispose()
    with own_database.session() as session, session.begin():
        switch_on(open_for_admin(session), ("sample_library", "sample_reviews", "sample_fines"))
        ctx = open_for_admin(session)
        create = find_action("library.book.create")
        for names, asked in ((NAMES, STANDS), (INNS, SOUNDS)):
            made = ctx.run(create, values=[{"title": name} for name in names]).done
            titles = dict(zip(made, names, strict=True))
            for words, expected in asked:
                if words.startswith("bk-"):  # these are counted on
                    continue
                assert [title for title in found(ctx, words) if title in names] == expected, words
                best = search.best_ids(session, [(Book, ctx.companies)], words, 50)[Book]
                assert [titles[one] for one in sorted(best) if one in titles] == expected, words
        rows = [{"title": title} for title in ("Foggy quayside", "The quay there", "Quay")]
        _part, whole, named = ctx.run(create, values=rows).done
        first = search.best_ids(session, [(Book, ctx.companies)], "quay", 2)[Book]
        assert {whole, named} <= set(first), "a whole word, and what is called so, though another comes first"
        assert search.best_ids(session, [(Book, ctx.companies)], "quay there", 9)[Book] == [whole]
