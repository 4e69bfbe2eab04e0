"""audit: what the audit log adds to a batch of 1,000 contacts: with it and without, in turns."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any
from unittest import mock

from benchmarks import parties
from benchmarks.bench import bench, timed

TURNS = 12


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """In n (12) turns; the share is of the time without."""
    with bench() as house:
        parties.create(house, parties.contacts(0, parties.CHUNK))
        house.analyze()
        seconds: dict[bool, list[float]] = {True: [], False: []}
        for turn in range(2 * (n or TURNS)):
            batch = partial(parties.create, house, parties.contacts((turn + 1) * parties.CHUNK, parties.CHUNK))
            audited = turn % 2 == 0
            if audited:
                seconds[audited].append(timed(batch))
            else:
                with mock.patch("hanse.actions.run._write_audit"):
                    seconds[audited].append(timed(batch))
        with_it, without = median(seconds[True]), median(seconds[False])
        yield {
            "n": parties.CHUNK,
            "runs": len(seconds[True]),
            "median_s": round(with_it, 5),
            "without_s": round(without, 5),
            "share": round(with_it / without - 1, 3),
        }
