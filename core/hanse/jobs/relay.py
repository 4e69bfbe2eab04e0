"""The relay: hands committed jobs to the broker.  Any number may run at once.

Claim, commit, publish, in this order: a message that overtakes its commit would find the row locked and be lost until
the lease ends.  Only so many jobs per queue are on the wire at a time, so that a lease that ends means a lost message
and not a long queue; each further lease of the same job is twice as long, for jobs that wait behind long ones.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import psycopg
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hanse.database.session import Database, in_transaction
from hanse.errors import HanseError
from hanse.jobs.outbox import CHANNEL
from hanse.jobs.tasks import is_slow, queues

log = logging.getLogger("hanse.jobs")

#: Hands the id of a job to the broker, for a queue.
Publish = Callable[[int, str], None]

LEASE = timedelta(seconds=10)
IN_FLIGHT = 60
_MOST_DOUBLINGS = 6
_SECONDS_IDLE = 1.0
_SECONDS_FULL = 0.02
_SLOWEST_RECONNECT = 5.0

_ROOM = text("SELECT :most - count(*) FROM core_job WHERE state = 'sent' AND queue = :queue")
_CLAIM = text("""
    UPDATE core_job SET state = 'sent', sent_at = clock_timestamp(), sends = sends + 1
    WHERE id IN (
        SELECT id FROM core_job WHERE state = 'pending' AND queue = :queue AND run_at <= clock_timestamp()
        ORDER BY run_at, id LIMIT :room FOR NO KEY UPDATE SKIP LOCKED
    )
    RETURNING id
""")
_EXPIRE = text("""
    UPDATE core_job SET state = 'pending', sent_at = NULL
    WHERE id IN (
        SELECT id FROM core_job
        WHERE state = 'sent' AND sent_at <= clock_timestamp() - :lease * power(2, least(sends - 1, :doublings))
        FOR NO KEY UPDATE SKIP LOCKED
    )
""")


@dataclass(frozen=True, slots=True)
class Handed:
    """How many jobs were handed out, and whether a queue has no room for more."""

    jobs: int
    full: bool


class BrokerGone(HanseError):
    """The broker takes no message."""


class Relay:
    """Moves jobs from the outbox to the broker.

    :param in_flight: how many jobs of a queue may be on the wire at once
    :param most_slow: the same of a queue whose jobs wait for programs elsewhere, so that threads are left for others
    :param lease: after this time without an end a job is handed out again, unless a worker holds its row
    :param broker_forgets: the broker ends with this process, so that what was on the wire before it began, or before
        it lost the database, is handed out again at once
    """

    def __init__(
        self,
        database: Database,
        publish: Publish,
        *,
        in_flight: int = IN_FLIGHT,
        most_slow: int = 2,
        lease: timedelta = LEASE,
        broker_forgets: bool = False,
    ) -> None:
        self.database = database
        self.publish = publish
        self.in_flight = in_flight
        self.most_slow = most_slow
        self.lease = lease
        self.broker_forgets = broker_forgets

    def hand_out(self) -> Handed:
        """Claim what is due in each queue, commit, then publish it."""
        full, claimed = False, 0
        for queue in queues():
            room, jobs = self._claim(queue)
            for job in jobs:
                self.publish(job, queue)
            claimed += len(jobs)
            full = full or len(jobs) >= room
        return Handed(claimed, full)

    def _claim(self, queue: str) -> tuple[int, list[int]]:
        def claim(session: Session) -> tuple[int, list[int]]:
            most = min(self.in_flight, self.most_slow) if is_slow(queue) else self.in_flight
            room = max(0, session.scalars(_ROOM, {"most": most, "queue": queue}).one())
            jobs: list[int] = sorted(session.scalars(_CLAIM, {"queue": queue, "room": room})) if room else []
            return room, jobs

        return in_transaction(self.database, claim)

    def take_back(self, lease: timedelta | None = None) -> None:
        """Make those jobs due again whose lease has ended; those that a worker holds locked are safe.

        :param lease: another than the relay's own; zero takes back everything
        """
        values = {"lease": self.lease if lease is None else lease, "doublings": _MOST_DOUBLINGS}
        in_transaction(self.database, lambda session: session.execute(_EXPIRE, values))

    def run(self, stop: threading.Event) -> None:
        """Work until ``stop``; survive the loss of the database and of the broker."""
        pause = 0.1
        while not stop.is_set():
            try:
                with psycopg.connect(_plain_url(self.database.url), autocommit=True) as ear:
                    ear.execute(f"LISTEN {CHANNEL}")
                    self.take_back(timedelta(0) if self.broker_forgets else None)
                    pause = 0.1
                    self._work(ear, stop)
            except (psycopg.OperationalError, DBAPIError) as error:
                log.warning("The relay cannot use the database and tries again: %s", str(error).partition("\n")[0])
            except BrokerGone as error:
                log.warning("The broker cannot be reached; the relay tries again: %s", error)
            except Exception:  # it must not die silently in its thread; what it could not hand out, the lease returns
                log.exception("The relay stumbled and goes on.")
            stop.wait(pause)
            pause = min(pause * 2, _SLOWEST_RECONNECT)

    def _work(self, ear: psycopg.Connection[tuple[object, ...]], stop: threading.Event) -> None:
        looked, wait = float("-inf"), _SECONDS_IDLE
        while not stop.is_set():
            if time.monotonic() - looked >= _SECONDS_IDLE:
                self.take_back()
                looked = time.monotonic()
            handed = self.hand_out()
            wait = _SECONDS_FULL if handed.jobs else min(wait * 2, _SECONDS_IDLE)
            if not handed.full:  # else nobody tells when there is room on the wire again
                wait = _SECONDS_IDLE
            for _notice in ear.notifies(timeout=wait, stop_after=1):
                break


def _plain_url(url: str) -> str:
    """Give an SQLAlchemy URL as libpq reads it."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
