"""Two people at once, each on a connection of their own: nothing dangles, nothing is lost, nothing is merged twice."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sample_library.models import Book, Loan, Reader

from hanse.actions import find_action
from hanse.database.session import Database
from hanse.errors import BusinessError
from hanse.life.merged import survivors
from hanse.life.models import Merge
from hanse.life.settling import settle
from hanse.testing.people import open_for_admin, switch_on

LIBRARY = ("sample_library",)


class Two:
    """A database with two readers and a book, and a way to act in a transaction of its own."""

    def __init__(self, database: Any) -> None:
        self.database = database
        with self.act() as ctx:
            switch_on(ctx, LIBRARY)
        with self.act() as ctx:
            self.ann, self.anne = ctx.run(
                find_action("library.reader.create"), values=[{"name": "Ann"}, {"name": "Anne"}]
            ).done
            self.book = ctx.run(find_action("library.book.create"), values=[{"title": "Momo"}]).id

    def act(self) -> Any:
        from contextlib import contextmanager

        @contextmanager
        def opened() -> Iterator[Any]:
            with self.database.session() as session, session.begin():
                yield open_for_admin(session)

        return opened()

    def merge(self, ctx: Any, survivor: int) -> None:
        ctx.run(find_action("library.reader.merge"), [self.ann, self.anne], survivor=survivor)

    def lend(self, ctx: Any, reader: int) -> int:
        action = find_action("library.loan.create")
        assert action is not None
        return ctx.run(action, values=[{"book": self.book, "reader": reader}]).id


@pytest.fixture
def two(own_database: Database) -> Two:
    return Two(own_database)


def meanwhile(work: Callable[[], Any]) -> tuple[threading.Thread, list[Any]]:
    result: list[Any] = []

    def run() -> None:
        try:
            result.append(work())
        except BusinessError as error:
            result.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, result


def test_of_two_merges_at_once_the_second_is_told(two: Two) -> None:
    with two.act() as first:
        two.merge(first, two.ann)

        def other() -> None:
            with two.act() as ctx:
                two.merge(ctx, two.anne)

        thread, result = meanwhile(other)
        thread.join(0.3)
        assert thread.is_alive()  # it waits for the first
    thread.join(20)
    assert "was merged into" in str(result[0])
    with two.act() as ctx:
        assert survivors(ctx, Reader, [two.ann, two.anne]) == {two.anne: two.ann}


def test_a_new_link_to_what_is_being_merged_is_told_where_to_go(two: Two) -> None:
    with two.act() as first:
        two.merge(first, two.ann)

        def other() -> int:
            with two.act() as ctx:
                return two.lend(ctx, two.anne)

        thread, result = meanwhile(other)
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(20)
    assert str(result[0]) == "Reader: “Anne” was merged into “Ann”. Choose that one."


def test_a_merge_waits_for_a_link_that_is_being_made_and_moves_it(two: Two) -> None:
    with two.act() as first:
        loan = two.lend(first, two.anne)

        def other() -> None:
            with two.act() as ctx:
                two.merge(ctx, two.ann)

        thread, result = meanwhile(other)
        thread.join(0.3)
        assert thread.is_alive()
    thread.join(20)
    assert result == [None]
    with two.act() as ctx:
        assert ctx.all(Loan, Loan.id == loan).one().reader_id == two.ann


def test_what_a_rule_has_linked_meanwhile_is_moved_when_it_is_there(two: Two) -> None:
    """A rule of the business writes a link unasked, having read the record before it was merged."""
    with two.act() as rule:
        reader = rule.all(Reader, Reader.id == two.anne).one().id
        with two.act() as ctx:
            two.merge(ctx, two.ann)
            merge = ctx.all(Merge).one().id
        with two.act() as ctx:
            settle(ctx, merge=merge)  # waits: somebody who began before is still at work
            assert ctx.all(Merge).one().moved == 0
        loan = rule.run(_unasked(), [two.book], reader=reader).result
    with two.act() as ctx:
        assert ctx.all(Loan, Loan.id == loan).one().reader_id == two.anne
        settle(ctx, merge=merge)
        ctx.session.expire_all()
        assert ctx.all(Loan, Loan.id == loan).one().reader_id == two.ann
        assert ctx.all(Merge).one().moved == 1
        ctx.run(find_action("core.merge.undo"), [merge])
        ctx.session.expire_all()
        assert ctx.all(Loan, Loan.id == loan).one().reader_id == two.anne


def _unasked() -> Any:
    from hanse.actions.registry import action

    name = "library.book.lend_unasked"
    found = find_action(name)
    if found is None:
        found = action(Book, name="lend_unasked", label="x", permission="library.book.read", hidden=True)(_lend)
        object.__setattr__(found, "addon", "sample_library")
    return found


def _lend(ctx: Any, books: Any, *, reader: int) -> int:
    return ctx.insert(Loan, [{"book": books.ids[0], "reader": reader}])[0]
