"""Import contacts with e-mail and address from a CSV file, as the jobs process does it: uploaded, checked, imported."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psutil
from sqlalchemy import text
from sqlalchemy.orm import Session

from benchmarks.bench import Bench, bench, rss_mb, timed
from hanse.exchange import importing, jobs, staging
from hanse.exchange.mapping import by_headings
from hanse.files import FileStore

COLUMNS = {
    "Name": "name",
    "E-mail": "email",
    "Phone": "phone",
    "Street": "addresses.street",
    "Postal code": "addresses.postal_code",
    "City": "addresses.city",
    "Country": "addresses.country",
}


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """n (100,000) contacts: upload, check, import in chunks, and as many others all or nothing."""
    count = n or 100_000
    with bench() as house:
        files = FileStore(house.cluster.home / "files")
        for mode in ("skip", "all"):
            file = contacts(count, mode)
            batches: list[int] = []
            seconds = timed(partial(_upload, house, files, file, mode, batches))
            yield {"n": count, "step": "upload", "mb": round(len(file) / 2**20, 1), **_told(count, seconds)}
            if mode == "skip":
                seconds = timed(partial(_work, house, partial(_check, batches[0])))
                yield {"n": count, "step": "check", **_told(count, seconds), "rss_mb": rss_mb()}
            house.analyze()
            seconds, first, most = _import(house, batches[0])
            yield {
                "n": count,
                "step": f"import {mode}",
                **_told(count, seconds),
                "rss_mb": most,
                "rss_before_mb": first,
            }
            yield {"n": count, "step": f"import {mode}", "contacts": _count(house)}


def contacts(count: int, mark: str) -> bytes:
    """Write the file."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(COLUMNS)
    for n in range(count):
        mail, phone = f"{mark}{n}@example.com", f"030 {1000000 + n}"
        writer.writerow(
            [f"Contact {mark} {n} Ltd", mail, phone, f"{n} Long Street", f"{10000 + n % 80000}", "Berlin", "DE"]
        )
    return target.getvalue().encode()


def _told(count: int, seconds: float) -> dict[str, Any]:
    return {"s": round(seconds, 2), "per_s": round(count / seconds)}


def _work(house: Bench, work: Callable[[Session], None]) -> None:
    with house.database.session() as session, session.begin():
        work(session)


def _upload(house: Bench, files: FileStore, file: bytes, mode: str, batches: list[int]) -> None:
    with house.database.session() as session, session.begin():
        ctx = house.context(session)
        batch = staging.add_import(ctx, "contacts.partner", io.BytesIO(file), "contacts.csv", files)
        importing.set_mapping(ctx, batch, by_headings({"columns": COLUMNS, "mode": mode}, list(COLUMNS)))
    batches.append(batch)


def _check(batch: int, session: Session) -> None:
    from benchmarks.bench import MAKER, company_id
    from hanse.actions import open_context
    from hanse.actions.context import identify

    user = identify(session, MAKER)
    assert user is not None
    importing.check(open_context(session, user, company_id(session), via="bench"), batch)


def _import(house: Bench, batch: int) -> tuple[float, int, int]:
    """Have a jobs process do it; give seconds, and megabytes of the process before and at most."""
    with house.database.session() as session, session.begin():
        jobs.start(house.context(session), batch)
    url = house.app_url.replace("+psycopg", "")
    env = os.environ | {"HANSE_DATABASE_URL": url, "HANSE_HOME": str(house.cluster.home)}
    begun = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "hanse.jobs"], env=env)
    sizes: list[int] = []
    try:
        while _state(house, batch) == "running":
            if process.poll() is not None:
                raise RuntimeError("the jobs process has ended")
            sizes.append(psutil.Process(process.pid).memory_info().rss // 2**20)
            time.sleep(0.1)
        seconds = time.perf_counter() - begun
    finally:
        process.terminate()
        process.wait()
    settled = sizes[min(len(sizes) - 1, max(20, len(sizes) // 10))]  # after a tenth of the rows
    return seconds, settled, max(sizes)


def _state(house: Bench, batch: int) -> str:
    with house.database.session() as session:
        house.context(session)
        return str(session.execute(text("SELECT state FROM core_import WHERE id = :id"), {"id": batch}).scalar_one())


def _count(house: Bench) -> int:
    with house.database.session() as session:
        return int(session.execute(text("SELECT count(*) FROM contacts_partner")).scalar_one())
