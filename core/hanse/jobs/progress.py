"""Progress: what a running job tells the people who wait for it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import BinaryIO

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from hanse.database.session import Database
from hanse.files import FileStore
from hanse.i18n import Label
from hanse.mail.transport import Nowhere, Transport

_SECONDS_BETWEEN = 0.1
_TELL = text(
    "INSERT INTO core_job_progress (job_id, done, total, message) VALUES (:job, :done, :total, :message) "
    "ON CONFLICT (job_id) DO UPDATE SET done = excluded.done, total = excluded.total, message = excluded.message"
)
_GIVE = text(
    "INSERT INTO core_job_progress (job_id, result) VALUES (:job, CAST(:result AS jsonb)) "
    "ON CONFLICT (job_id) DO UPDATE SET result = excluded.result"
)
_SAY = text(
    "INSERT INTO core_job_progress (job_id, message) VALUES (:job, :message) "
    "ON CONFLICT (job_id) DO UPDATE SET message = excluded.message"
)
_PARTS = text(
    "SELECT p.result FROM core_job j JOIN core_job_progress p ON p.job_id = j.id "
    "WHERE j.parent_id = :job AND p.result IS NOT NULL ORDER BY j.id"
)


@dataclass(frozen=True, slots=True)
class Result:
    """What a job leaves to its person: a file of the store, or a page to look at."""

    key: str | None = None
    name: str = ""
    media_type: str = ""
    url: str | None = None


class Progress:
    """Call it to tell how far the work is: ``progress(30, 100, _("Printing"))``.

    It writes on a connection of its own, so that what it says is seen before the job ends and stays when it fails; it
    writes ten times a second at most, whoever calls it for every record.

    :ivar job: id of the job, the idempotency key for what the job does outside the database
    :ivar files: the file store
    :ivar post: what brings mail on its way
    """

    def __init__(
        self,
        job: int,
        database: Database,
        files: FileStore,
        clock: Callable[[], float] = time.monotonic,
        post: Transport | None = None,
    ) -> None:
        self.job = job
        self.post: Transport = post or Nowhere()
        self.files = files
        self.result: Result | None = None
        self._database = database
        self._clock = clock
        self._connection: Connection | None = None
        self._told = float("-inf")

    def __call__(self, done: int, total: int | None = None, message: Label = "") -> None:
        """Say that ``done`` of ``total`` is done; without a total nobody knows how much there is."""
        now = self._clock()
        if done == total or now - self._told >= _SECONDS_BETWEEN:
            self._told = now
            self._own().execute(_TELL, {"job": self.job, "done": done, "total": total, "message": str(message)})

    def give_file(self, content: bytes | BinaryIO, name: str, media_type: str = "application/octet-stream") -> None:
        """Leave a file to the person, under a name; it is theirs when the job is done."""
        self.result = Result(key=self.files.store(content), name=name, media_type=media_type)

    def give_link(self, url: str, name: Label = "") -> None:
        """Leave a page of Hanse to the person."""
        self.result = Result(url=url, name=str(name))

    def parts(self, session: Session) -> list[Result]:
        """Give what the parts of a chunked job have left, in the order of the chunks."""
        return [Result(**stored) for (stored,) in session.execute(_PARTS, {"job": self.job})]

    def keep_result(self, session: Session) -> None:
        """Write the result in the job's own transaction: there is none unless the job is done."""
        self.close()
        if self.result is not None:
            session.execute(_GIVE, {"job": self.job, "result": json.dumps(asdict(self.result))})

    def close(self) -> None:
        """Give the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _own(self) -> Connection:
        if self._connection is None:
            self._connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        return self._connection


def say(session: Session, job: int, message: Label) -> None:
    """Leave a last word about a job."""
    session.execute(_SAY, {"job": job, "message": str(message)})
