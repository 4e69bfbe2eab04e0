"""What whoever imports much may rely on: chunks that each are one transaction, one total, and an end."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from sample_library.models import Book
from sqlalchemy import text

from hanse.exchange import importing, jobs, staging
from hanse.exchange.mapping import by_headings
from hanse.exchange.models import Import
from hanse.exchange.undoing import undo
from hanse.files import FileStore, FolderStore
from hanse.jobs import progress_of
from hanse.jobs.execute import execute
from hanse.jobs.relay import Relay
from hanse.testing.databases import Databases, TrialDatabase
from hanse.testing.people import open_for_admin, switch_on

ROWS = 2_500
FILE = "Title,Pages\n" + "".join(f"Book {n},{'x' if n % 1000 == 7 else n + 1}\n" for n in range(ROWS))
BAD = 3


class Works:
    """A company whose jobs are done when the test says so."""

    def __init__(self, database: TrialDatabase, files: FileStore) -> None:
        self.database = database
        self.files = files

    def begin(self, mode: str) -> int:
        with self.database.session() as session, session.begin():
            ctx = open_for_admin(session)
            batch = staging.add_import(ctx, "library.book", io.BytesIO(FILE.encode()), "books.csv", self.files)
            stored = {"columns": {"Title": "title", "Pages": "pages"}, "mode": mode}
            importing.set_mapping(ctx, batch, by_headings(stored, ["Title", "Pages"]))
            jobs.start(ctx, batch)
        return batch

    def waiting(self) -> list[int]:
        found: list[int] = []
        relay = Relay(self.database, lambda job, _queue: found.append(job))
        while relay.hand_out().jobs:
            pass
        return found

    def do_all(self) -> None:
        while todo := self.waiting():
            for job in todo:
                execute(self.database, self.files, job)


@pytest.fixture
def works(databases: Databases, tmp_path: Path) -> Iterator[Works]:
    with databases.copy() as database:
        with database.session() as session, session.begin():
            switch_on(open_for_admin(session), ("sample_library",))
        yield Works(database, FolderStore(tmp_path / "files"))


def books(works: Works) -> int:
    with works.database.session() as session:
        return len(open_for_admin(session).all(Book))


def state(works: Works, batch: int) -> tuple[str, dict[str, object]]:
    with works.database.session() as session:
        open_for_admin(session)
        found = session.get_one(Import, batch)
        return str(found.state), {name: count for name, count in found.counts.items() if name != "headings"}


def test_chunks_import_the_good_rows_and_the_last_sums_up(works: Works) -> None:
    batch = works.begin("skip")
    assert state(works, batch)[0] == "running"
    works.do_all()

    assert books(works) == ROWS - BAD
    assert state(works, batch) == ("done", {"created": ROWS - BAD, "refused": BAD})


def test_the_bar_counts_rows_and_leads_to_the_import(works: Works) -> None:
    batch = works.begin("skip")
    first, second, third = works.waiting()
    for job in (first, second):
        execute(works.database, works.files, job)
    with works.database.session() as session:
        ctx = open_for_admin(session)
        whole = session.get_one(Import, batch).job_id
        assert whole is not None
        half = progress_of(ctx, whole)
    execute(works.database, works.files, third)
    works.do_all()
    with works.database.session() as session:
        end = progress_of(open_for_admin(session), whole)

    assert (half.done, half.total) == (2_000, ROWS)
    assert end.result is not None
    assert end.result.url == f"/library/book/-/import/{batch}"


def test_a_chunk_that_is_done_again_makes_no_duplicates(works: Works) -> None:
    works.begin("skip")
    todo = works.waiting()
    for job in (*todo, *todo):  # a broker may deliver twice
        execute(works.database, works.files, job)
    works.do_all()

    assert books(works) == ROWS - BAD


def test_all_or_nothing_keeps_nothing_where_one_row_is_bad(works: Works) -> None:
    batch = works.begin("all")
    works.do_all()

    assert books(works) == 0
    assert state(works, batch) == ("failed", {"created": ROWS - BAD, "refused": BAD})


def test_a_large_import_is_undone_as_one(works: Works) -> None:
    batch = works.begin("skip")
    works.do_all()
    with works.database.session() as session, session.begin():
        jobs.start_undo(open_for_admin(session), batch)
    assert state(works, batch)[0] == "undoing"
    works.do_all()

    assert books(works) == 0
    assert state(works, batch) == ("undone", {"refused": BAD, "undone": ROWS - BAD})


def test_an_undo_that_fails_on_the_way_changes_nothing(works: Works) -> None:
    batch = works.begin("skip")
    works.do_all()

    def fail(done: int, _total: int) -> None:
        if done >= 1_000:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), works.database.session() as session, session.begin():
        undo(open_for_admin(session), batch, fail)
    assert books(works) == ROWS - BAD


def test_an_import_whose_job_has_failed_is_closed_and_what_it_did_can_be_undone(works: Works) -> None:
    batch = works.begin("skip")
    execute(works.database, works.files, works.waiting()[0])
    with works.database.engine.begin() as connection:
        connection.execute(text("UPDATE core_job SET state = 'dead' WHERE state <> 'done'"))
    with works.database.session() as session, session.begin():
        importing.close(open_for_admin(session), batch)
    assert state(works, batch) == ("done", {"created": 999, "refused": 1})

    with works.database.session() as session, session.begin():
        undo(open_for_admin(session), batch)
    assert books(works) == 0
