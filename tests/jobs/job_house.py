"""A company whose jobs are done when the test says so: what jobs have done to it, and a stand-in for the broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from hanse.actions import Context
from hanse.files import FileStore
from hanse.jobs.execute import execute
from hanse.jobs.relay import Relay
from hanse.testing.databases import TrialDatabase
from hanse.testing.people import open_for_admin


@dataclass
class House:
    """A company whose jobs are done when the test says so."""

    database: TrialDatabase
    files: FileStore
    published: list[int] = field(default_factory=list)

    @contextmanager
    def transaction(self) -> Iterator[Context]:
        """Give a Context of the administrator, and commit."""
        with self.database.session() as session, session.begin():
            yield open_for_admin(session)

    def relay(self, **options: Any) -> Relay:
        return Relay(self.database, lambda job, _queue: self.published.append(job), **options)

    def do(self, *jobs: int) -> None:
        for job in jobs:
            execute(self.database, self.files, job)

    def do_all(self) -> None:
        """Do what is due, and what follows from it, until nothing is left."""
        relay = self.relay()
        while relay.hand_out().jobs:
            waiting, self.published = self.published, []
            self.do(*waiting)

    def ask(self, sql: str, **values: Any) -> list[tuple[Any, ...]]:
        with self.database.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]

    def change(self, sql: str, **values: Any) -> None:
        with self.database.engine.begin() as connection:
            connection.execute(text(sql), values)

    def job(self, job: int) -> Any:
        with self.database.engine.connect() as connection:
            return connection.execute(text("SELECT * FROM core_job WHERE id = :id"), {"id": job}).one()

    def states(self) -> dict[str, int]:
        return dict(self.ask("SELECT state, count(*) FROM core_job GROUP BY state"))

    def effects(self) -> list[int]:
        return [number for (number,) in self.ask("SELECT n FROM effect ORDER BY n")]

    def pass_time(self, seconds: float) -> None:
        """Let what was handed out, and what waits, have happened so much earlier."""
        self.change(
            "UPDATE core_job SET sent_at = sent_at - make_interval(secs => :s),"
            " run_at = run_at - make_interval(secs => :s)",
            s=seconds,
        )
