"""W2: from spawning the web server to the first login, and to the page of one contact; then its memory, idle."""

from __future__ import annotations

import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from benchmarks import pages, parties
from benchmarks.bench import bench


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Median of n (5) starts on a database that is there."""
    with bench() as house:
        parties.create(house, parties.contacts(0, 1))
        logins: list[float] = []
        answers: list[float] = []
        memory: list[int] = []
        for _run in range(n or 5):
            with pages.served(house) as server:
                browser = server.login("maker")
                logins.append(time.perf_counter() - server.begun)
                browser.get("/contacts/partner/1")
                answers.append(time.perf_counter() - server.begun)
                time.sleep(1)
                memory.append(server.rss_mb())
    yield {
        "n": len(answers),
        "runs": len(answers),
        "login_s": round(median(logins), 3),
        "median_s": round(median(answers), 3),
        "rss_mb": max(memory),
    }
