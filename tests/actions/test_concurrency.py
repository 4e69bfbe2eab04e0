"""What several connections at once may rely on."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sample_library.models import Book, Shelf
from sqlalchemy import select

from hanse import Stale
from hanse.actions import Context, find_action
from hanse.audit.models import AuditEntry
from hanse.database.session import in_transaction
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin, switch_on


class Undo(Exception):
    """Rolls a transaction back."""


@pytest.fixture
def branch(own_database: TrialDatabase) -> TrialDatabase:
    """A database with the library on."""
    with own_database.session() as session, session.begin():
        switch_on(open_for_admin(session), ["sample_library"])
    return own_database


def work(database: TrialDatabase, task: Callable[[Context], Any]) -> Any:
    """Do a task in a transaction of its own, again after a deadlock."""
    return in_transaction(database, lambda session: task(open_for_admin(session)))


def create(ctx: Context, *titles: str) -> list[int]:
    return list(ctx.run(find_action("library.book.create"), values=[{"title": title} for title in titles]).done)


def test_numbers_have_no_gap_when_transactions_are_rolled_back(branch):
    """Eight threads, half of whose transactions are undone after the number was taken."""

    def some(thread: int) -> None:
        chance = random.Random(thread)
        for n in range(6):
            undo = chance.random() < 0.5

            def task(ctx: Context, undo: bool = undo, n: int = n) -> None:
                create(ctx, f"{thread}-{n}-a", f"{thread}-{n}-b")
                if undo:
                    raise Undo

            try:
                work(branch, task)
            except Undo:
                continue

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(some, range(8)))
    codes = sorted(work(branch, lambda ctx: ctx.all(Book)[Book.code]))
    assert 10 < len(codes) < 96
    assert codes == [f"BK-{n:04}" for n in range(1, len(codes) + 1)]


def test_records_are_locked_in_one_order_so_that_opposite_lists_do_not_deadlock(branch, monkeypatch):
    """Two transactions change the same two books, named in opposite order, at the same moment."""
    first, second = work(branch, lambda ctx: create(ctx, "A", "B"))
    both = threading.Barrier(2)
    attempts: list[int] = []

    def change(ids: list[int]) -> None:
        def task(ctx: Context) -> None:
            attempts.append(1)
            if len(attempts) <= 2:
                both.wait(5)
            ctx.run(find_action("library.book.update"), ids, values={"remark": str(ids)})

        for _n in range(10):
            work(branch, task)

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(change, ([first, second], [second, first])))
    assert len(attempts) == 20, "no attempt was a second one"


def test_who_comes_second_waits_and_then_is_stale(branch):
    (book,) = work(branch, lambda ctx: create(ctx, "A"))
    rev = work(branch, lambda ctx: ctx.session.scalar(select(Book.rev).where(Book.id == book)))
    locked, done = threading.Event(), threading.Event()
    update = find_action("library.book.update")

    def early(ctx: Context) -> None:
        ctx.run(update, [book], values={"pages": 1}, revs=[rev])
        locked.set()
        assert not done.wait(0.15), "the second must wait for the first"

    def late(ctx: Context) -> None:
        locked.wait(5)
        try:
            ctx.run(update, [book], values={"pages": 2}, revs=[rev])
        finally:
            done.set()

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.submit(work, branch, early), pool.submit(work, branch, late)
        first.result(10)
        with pytest.raises(Stale) as caught:
            second.result(10)
    assert caught.value.theirs["pages"] == 1


def test_the_audit_of_a_record_that_others_change_too_names_what_was_replaced(branch, monkeypatch):
    """Two actions on different books both rename the shelf: the second must wait to see what it renames."""
    one, two = work(branch, lambda ctx: create(ctx, "A", "B"))
    make = find_action("library.shelf.create")
    shelf = work(branch, lambda ctx: ctx.run(make, values=[{"name": "first"}]).id)
    changed, action = threading.Event(), find_action("library.book.reclassify")

    def rename(ctx: Context, books: Any, *, genre: Any, factor: int = 1, note: str = "", now: bool = False) -> None:
        ctx.update([shelf], Shelf, {"name": note})
        changed.set()
        threading.Event().wait(0.1)

    monkeypatch.setitem(action.__dict__, "function", rename)

    def late() -> None:
        changed.wait(5)
        work(branch, lambda ctx: ctx.run(action, [two], genre="novel", note="third"))

    with ThreadPoolExecutor(2) as pool:
        waiting = pool.submit(late)
        work(branch, lambda ctx: ctx.run(action, [one], genre="novel", note="second"))
        waiting.result(10)
    query = select(AuditEntry.changes).where(AuditEntry.model == "library.shelf").order_by(AuditEntry.id)
    _created, *renamed = work(branch, lambda ctx: ctx.session.scalars(query).all())
    assert renamed == [{"name": ["first", "second"]}, {"name": ["second", "third"]}]


def test_a_deadlock_is_tried_again_from_the_start(branch):
    """Locks taken by hand in opposite order: PostgreSQL ends one of them, and in_transaction() does it again."""
    a, b = work(branch, lambda ctx: create(ctx, "A", "B"))
    both = threading.Barrier(2, timeout=5)
    tries: list[int] = []

    def lock(order: tuple[int, int]) -> None:
        def task(ctx: Context) -> None:
            tries.append(1)
            ctx.run(find_action("library.book.update"), [order[0]], values={"pages": len(tries)})
            if len(tries) <= 2:
                both.wait()
            ctx.run(find_action("library.book.update"), [order[1]], values={"pages": 100 + len(tries)})

        work(branch, task)

    with branch.engine.connect() as connection:
        connection.exec_driver_sql("SELECT 1")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lock, ((a, b), (b, a))))
    assert len(tries) == 3
