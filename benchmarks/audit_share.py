"""audit: what the audit log adds to a batch of 1,000 contacts: with it and without, in turns.

``share`` is of the time on the clock, the median of what each pair of turns gives; ``work_share`` of the time that this
process and its connection's keep a processor busy, which others on the same machine disturb less.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any
from unittest import mock

import psutil
from sqlalchemy import text

from benchmarks import parties
from benchmarks.bench import Bench, bench, timed

TURNS = 30


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """In n (30) pairs of turns; the shares are of the time without."""
    with bench() as house:
        parties.create(house, parties.contacts(0, parties.CHUNK))
        house.analyze()
        backend = _backend(house)
        seconds: list[tuple[float, float]] = []
        worked = [0.0, 0.0]
        for turn in range(2 * (n or TURNS)):
            values = parties.contacts((turn + 1) * parties.CHUNK, parties.CHUNK)
            begun = _worked(backend)
            if turn % 2 == 0:
                audited = timed(lambda: parties.create(house, values))  # noqa: B023
            else:
                with mock.patch("hanse.actions.run._write_audit"):
                    seconds.append((audited, timed(lambda: parties.create(house, values))))  # noqa: B023
            worked[turn % 2] += _worked(backend) - begun
        yield {
            "n": parties.CHUNK,
            "runs": len(seconds),
            "median_s": round(median(one for one, _other in seconds), 5),
            "without_s": round(median(other for _one, other in seconds), 5),
            "share": round(median(one / other for one, other in seconds) - 1, 3),
            "work_share": round(worked[0] / worked[1] - 1, 3),
        }


def _backend(house: Bench) -> psutil.Process:
    """Give the process of the database that serves the one connection in use."""
    with house.database.session() as session, session.begin():
        return psutil.Process(session.scalar(text("SELECT pg_backend_pid()")))


def _worked(backend: psutil.Process) -> float:
    spent = backend.cpu_times()
    return time.process_time() + spent.user + spent.system
