"""What several connections at once may rely on for their numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sample_library.models import Book

from hanse.actions import Context, find_action
from hanse.database.session import Database, in_transaction
from hanse.sequences.taking import BLOCK
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


def work(database: Database, task: Callable[[Context], Any]) -> Any:
    return in_transaction(database, lambda session: task(open_for_admin(session)))


def take(ctx: Context, key: str, count: int, **more: Any) -> list[str]:
    found: list[str] = []
    ctx.run(find_action("library.book.take"), key=key, into=found, count=count, **more)
    return found


def crowd(database: Database, task: Callable[[Context, random.Random], list[str]]) -> list[str]:
    """Let eight connections take numbers six times each, a third of which they give up; give what they keep."""

    def some(thread: int) -> list[str]:
        chance, kept = random.Random(thread), list[str]()
        for _round in range(6):
            undo = chance.random() < 0.33

            def once(ctx: Context, undo: bool = undo) -> list[str]:
                found = task(ctx, chance)
                if undo:
                    raise Undo
                return found

            try:
                kept += work(database, once)
            except Undo:
                continue
        return kept

    with ThreadPoolExecutor(8) as pool:
        return [one for found in pool.map(some, range(8)) for one in found]


def test_numbers_without_gaps_are_1_to_n_whatever_is_rolled_back(branch: TrialDatabase) -> None:
    kept = crowd(branch, lambda ctx, chance: take(ctx, "library.slip", chance.randint(1, 4), shelf="A"))

    assert len(kept) > 30
    assert sorted(int(one.rpartition("-")[2]) for one in kept) == list(range(1, len(kept) + 1))


def test_fast_numbers_are_distinct_also_between_processes(branch: TrialDatabase) -> None:
    """Two pools stand for two processes: each has leased numbers of its own."""
    with_own = Database(branch.url)
    try:
        kept = crowd(branch, lambda ctx, chance: take(ctx, "library.ticket", chance.randint(1, 4)))
        kept += crowd(with_own, lambda ctx, chance: take(ctx, "library.ticket", chance.randint(1, 4)))
    finally:
        with_own.close()

    assert len(kept) > 60
    assert len(set(kept)) == len(kept)


def test_fast_numbers_wait_for_nobody(branch: TrialDatabase) -> None:
    """While one transaction holds its number, another takes and commits; with gaps that would wait for ever here."""
    with branch.session() as slow, slow.begin():
        first = take(open_for_admin(slow), "library.ticket", 1)
        second = work(branch, lambda ctx: take(ctx, "library.ticket", BLOCK + 1))

    assert not set(first) & set(second)
    assert len(second) == BLOCK + 1


def test_a_rule_that_is_changed_meanwhile_gives_no_number_twice(branch: TrialDatabase) -> None:
    """Records are numbered by six connections while a seventh changes when the sequence begins anew, and back."""
    change = find_action("core.sequence.change")
    rules = [("B{year}-{month}-{number:4}", "month"), ("B{year}-{number:4}", "year"), ("B{number:4}", "never")]

    def create(thread: int) -> None:
        for n in range(8):
            work(
                branch,
                lambda ctx, n=n: ctx.run(
                    find_action("library.book.create"), values=[{"title": f"{thread}-{n}-{m}"} for m in range(2)]
                ),
            )

    def alter(_thread: int) -> None:
        for n in range(9):
            pattern, reset = rules[n % 3]
            work(
                branch,
                lambda ctx, p=pattern, r=reset: ctx.run(change, sequence="library.book.code", pattern=p, reset=r),
            )

    with ThreadPoolExecutor(7) as pool:
        done = [pool.submit(create, thread) for thread in range(6)] + [pool.submit(alter, 6)]
        for one in done:
            one.result()
    codes = work(branch, lambda ctx: ctx.all(Book)[Book.code])

    assert len(codes) == 96
    assert len(set(codes)) == len(codes)
    numbers = sorted(int(code.rpartition("-")[2].lstrip("B")) for code in codes)
    assert numbers == list(range(1, 97)), "without gaps through all changes of this month"
