"""A ledger of 72,000 lines, all accounts of a year, as one PDF file with a bookmark for each: time and memory.

The printing runs in a process of its own, so that its memory is its own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.bench import MAKER, YEAR, bench, company_id


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Print 7,200 and 72,000 lines, or n, posted over 40 accounts."""
    from benchmarks import books

    with bench() as house:
        books.execute(house, books.DIMENSIONS)
        for lines in (n,) if n else (7_200, 72_000):
            books.fill(house, lines)
            for report in ("account-ledger", "general-ledger"):
                command = [sys.executable, "-m", "benchmarks.ledger_pdf", house.app_url, report]
                answer = subprocess.run(command, check=True, capture_output=True, text=True, env=os.environ)
                yield {"n": lines, **json.loads(answer.stdout)}


def peak_mb() -> int:
    """Give the peak memory of this process alone: what getrusage says includes whoever started it."""
    (line,) = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main(url: str, name: str) -> None:
    """Print one report of the benchmark company, and tell what it took."""
    from hanse.actions import open_context
    from hanse.actions.context import identify
    from hanse.app import boot
    from hanse.config import Settings
    from hanse.database.session import Database
    from hanse.exchange.report_files import every_row, write_pdf
    from hanse.screens import Given
    from hanse.screens.reports import find_report

    boot(Settings.load())
    before, begun, out = peak_mb(), time.perf_counter(), Path(tempfile.mkstemp(suffix=".pdf")[1])
    with Database(url).session() as session, session.begin(), out.open("wb") as target:
        user = identify(session, MAKER)
        assert user is not None
        ctx = open_context(session, user, company_id(session), via="bench")
        report = find_report("finance", name)
        assert report is not None
        given = {one.name: one.default(ctx) if one.default else "" for one in report.parameters}
        chosen = Given(given | {"period": str(YEAR), "to_level": "9"}, whole=True)
        reading = report.read(ctx, chosen)
        written = write_pdf(ctx, report, chosen, reading.columns, every_row(reading), target)
    seconds, size = time.perf_counter() - begun, out.stat().st_size
    out.unlink()
    facts = {"pages": written.pages, "median_s": round(seconds, 2), "kb": size // 1024}
    print(json.dumps({"report": name, **facts, "rss_mb": peak_mb(), "rss_before_mb": before}))


if __name__ == "__main__":
    main(*sys.argv[1:])
