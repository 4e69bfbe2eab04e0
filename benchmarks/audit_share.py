"""audit: what the audit log adds to a batch of 1,000 contacts: with it and without, in turns.

The share is the median of what each pair of turns gives: a machine that is at times faster is so for both of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any
from unittest import mock

from benchmarks import parties
from benchmarks.bench import bench, timed

TURNS = 30


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """In n (30) pairs of turns; the share is of the time without."""
    with bench() as house:
        parties.create(house, parties.contacts(0, parties.CHUNK))
        house.analyze()
        seconds: list[tuple[float, float]] = []
        for pair in range(n or TURNS):
            values = [parties.contacts((2 * pair + turn) * parties.CHUNK, parties.CHUNK) for turn in (1, 2)]
            audited = timed(partial(parties.create, house, values[0]))
            with mock.patch("hanse.actions.run._write_audit"):
                seconds.append((audited, timed(partial(parties.create, house, values[1]))))
        yield {
            "n": parties.CHUNK,
            "runs": len(seconds),
            "median_s": round(median(one for one, _other in seconds), 5),
            "without_s": round(median(other for _one, other in seconds), 5),
            "share": round(median(one / other for one, other in seconds) - 1, 3),
        }
