"""What whoever declares or extends a screen may rely on: a fixed order, and errors that name both addons."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType, SimpleNamespace
from typing import Any

import pytest
from sample_library.models import Book, Copy, Loan, Reader, Shelf
from sample_reviews.models import ReviewedBook

from hanse.screens import After, AmongLines, Lines, MoreColumns, Offers, Row, Screen, ScreenError, Tab, Through, screen
from hanse.screens.screen import Placed


@pytest.fixture(autouse=True)
def own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let screens of a test be known to that test only."""
    monkeypatch.setattr(screen, "_screens", {})
    monkeypatch.setattr(screen, "_by_name", {})


def as_addon(name: str, work: Callable[[], Any]) -> Any:
    """Do something as if the code stood in the addon ``name``."""
    assert isinstance(work, FunctionType)
    return FunctionType(work.__code__, {**work.__globals__, "__name__": f"{name}.screens"}, closure=work.__closure__)()


def books() -> Screen:
    form = [Row(Book.title, Book.code), Row(Book.genre)]
    return as_addon("sample_library", lambda: Screen(Book, title="Books", list=[Book.title, Book.genre], form=form))


def names(items: list[Placed]) -> list[str]:
    return [one.name for one in items]


def test_an_extension_stands_behind_its_anchor() -> None:
    found = books()
    as_addon(
        "sample_reviews",
        lambda: found.extend(form=After(Book.title, ReviewedBook.stars), list=After(Book.title, ReviewedBook.stars)),
    )

    assert names(found.rows[0].items) == ["title", "stars", "code"]
    assert [column.name for column in found.columns] == ["title", "stars", "genre"]


def test_extensions_of_one_place_stand_in_the_order_of_their_addons() -> None:
    found = books()
    as_addon("sample_reviews", lambda: found.extend(form=After(Book.title, ReviewedBook.stars)))
    as_addon("sample_fines", lambda: found.extend(Book.pages, after=Book.title))

    assert names(found.rows[0].items) == ["title", "stars", "pages", "code"]


def test_an_anchor_that_is_not_there_is_an_error_that_names_both_addons() -> None:
    found = books()

    with pytest.raises(
        ScreenError,
        match=r"sample_reviews puts stars after pages in the form of library.book, but sample_library shows no pages",
    ):
        as_addon("sample_reviews", lambda: found.extend(form=After(Book.pages, ReviewedBook.stars)))


def test_a_field_shown_twice_is_an_error_that_names_both_addons() -> None:
    found = books()
    as_addon("sample_reviews", lambda: found.extend(form=After(Book.title, ReviewedBook.stars)))

    with pytest.raises(
        ScreenError,
        match=r"stars stands twice in the form of library.book: put there by sample_reviews and by sample_fines",
    ):
        as_addon("sample_fines", lambda: found.extend(form=After(Book.genre, ReviewedBook.stars)))


def test_a_model_has_one_screen() -> None:
    books()

    with pytest.raises(
        ScreenError, match="Book has two screens: of sample_library and of sample_fines; extend the first"
    ):
        as_addon("sample_fines", lambda: Screen(Book, title="Books again", list=[Book.title]))


def test_a_screen_takes_only_fields_of_its_model() -> None:
    with pytest.raises(ScreenError, match=r"library.book: .* is no field of Book"):
        Screen(Book, title="Books", list=[Shelf.name])


def test_lines_cannot_be_a_column_and_a_link_must_lead_to_its_field() -> None:
    with pytest.raises(ScreenError, match="cannot be a column"):
        Screen(Book, title="Books", list=[Book.copies])
    with pytest.raises(ScreenError, match="does not lead to"):
        Screen(Loan, title="Loans", list=[Through(Loan.reader, Book.title)])


def test_tabs_of_other_addons_follow() -> None:
    found = as_addon(
        "sample_library",
        lambda: Screen(
            Reader, title="Readers", list=[Reader.name], form=[Reader.name], tabs=[Tab("Loans", Reader.loans)]
        ),
    )
    as_addon("sample_fines", lambda: found.extend(tabs=[Tab("Fines", Reader.limit)]))

    assert [(tab.label, tab.addon) for tab in found.tabs] == [("Loans", "sample_library"), ("Fines", "sample_fines")]


def with_copies() -> Screen:
    lines = Lines(Book.copies, columns=[Copy.barcode], small=["barcode"], asks_with={"barcode": ["cost"]})
    form = [Row(Book.title), lines]
    return as_addon("sample_library", lambda: Screen(Book, title="Books", list=[Book.title], form=form))


def test_columns_of_other_addons_stand_where_they_say_among_lines() -> None:
    found = with_copies()
    first = MoreColumns(Book.copies, [Copy.scan], widths={"scan": "l"}, small=True, asks_with={"scan": ["title"]})
    as_addon("sample_reviews", lambda: found.extend(lines=[MoreColumns(Book.copies, [Copy.cost], after=Copy.barcode)]))
    as_addon("sample_fines", lambda: found.extend(lines=[first]))

    lines = found.rows[1].items[0].item
    assert isinstance(lines, Lines)
    assert lines.columns == [Copy.scan, Copy.barcode, Copy.cost]
    assert (lines.small, lines.widths) == (["scan", "barcode"], {"scan": "l"})
    assert lines.asks_with == {"barcode": ["cost"], "scan": ["title"]}


def test_columns_need_lines_and_the_column_they_stand_behind() -> None:
    found, without = with_copies(), as_addon("sample_library", lambda: Screen(Shelf, title="S", list=[], form=[]))
    with pytest.raises(ScreenError, match="copies have no column cost"):
        found.extend(lines=[MoreColumns(Book.copies, [Copy.scan], after=Copy.cost)])
    with pytest.raises(ScreenError, match="sample_reviews adds columns to copies of library.shelf, but sample_library"):
        as_addon("sample_reviews", lambda: without.extend(lines=[MoreColumns(Book.copies, [Copy.scan])]))


def test_a_filter_among_lines_follows_links_one_behind_the_other() -> None:
    found = as_addon("sample_library", lambda: Screen(Shelf, title="Shelves", list=[Shelf.name], form=[]))
    found.extend(filters=[AmongLines(Shelf.books, Book.shelf), AmongLines(Shelf.books, Book.shelf, Shelf.keeper)])

    assert [one.name for one in found.filters] == ["books.shelf", "books.shelf.keeper"]
    for wrong in (AmongLines(Shelf.books, Loan.reader), AmongLines(Shelf.books, Book.title)):
        with pytest.raises(ScreenError, match="follows links from there, not"):
            found.extend(filters=[wrong])


def test_what_addons_say_of_choices_is_joined_where_they_are_seen() -> None:
    found = books()
    found.complete = lambda _ctx, _words, _values: Book.pages > 1
    found.offers = Offers(describe=lambda _ctx, ids, _values: {one: {"hint": "own", "set": {"a": 1}} for one in ids})
    more = Offers(describe=lambda _ctx, ids, _values: {one: {"set": {"b": 2}} for one in ids})
    as_addon("sample_reviews", lambda: found.extend(complete=lambda _ctx, _w, _v: Book.pages < 9, offers=more))

    seeing, blind = (SimpleNamespace(seen=seen) for seen in ({"sample_reviews"}, set[str]()))
    assert found.described(seeing, [7], {}) == {7: {"hint": "own", "set": {"a": 1, "b": 2}}}
    assert found.described(blind, [7], {}) == {7: {"hint": "own", "set": {"a": 1}}}
    assert [len(found.narrowed(ctx, "", {})) for ctx in (seeing, blind)] == [2, 1]
