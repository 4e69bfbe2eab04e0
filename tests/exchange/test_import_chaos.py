"""What whoever imports may rely on while the jobs process is killed: every row comes in, and none comes in twice."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hanse.actions import Context, open_context
from hanse.actions.context import identify
from hanse.database.cluster import OWNER, Cluster, temporary_cluster
from hanse.database.migrations import upgrade
from hanse.database.session import Database
from hanse.directory.founding import SYSTEM, found_company, found_database
from hanse.exchange import importing, jobs, staging
from hanse.exchange.mapping import by_headings
from hanse.files import FolderStore

pytestmark = pytest.mark.slow

ROWS = 6_000
BAD = ROWS // 1_000
FILE = "Name,E-mail\n" + "".join(
    f"Contact {n},{'nobody' if n % 1_000 == 500 else f'contact{n}@example.com'}\n" for n in range(ROWS)
)
SECONDS_TO_RECOVER = 90.0


@pytest.fixture(scope="module")
def cluster(databases: object) -> Iterator[Cluster]:
    """A cluster that keeps what it confirms, with a company that has contacts."""
    with temporary_cluster() as one:
        upgrade(one.url(role=OWNER), one.url())
        with psycopg.connect(plain(one, OWNER), autocommit=True) as owner:
            owner.execute("ALTER DATABASE hanse SET synchronous_commit = on")
        database = Database(one.url())
        with database.session() as session, session.begin():
            found_database(session)
            system = identify(session, SYSTEM)
            assert system is not None
            found_company(session, system, {"name": "Chaos"}, addons=["hanse_contacts"])
        database.close()
        yield one


def plain(cluster: Cluster, role: str = "hanse_app") -> str:
    return cluster.url(role=role).replace("+psycopg", "")


def context(session: object) -> Context:
    admin = identify(session, "admin")  # type: ignore[arg-type]
    assert admin is not None
    return open_context(session, admin, 1, via="test")  # type: ignore[arg-type]


class JobsProcess:
    """``python -m hanse.jobs``, started again when it was killed."""

    def __init__(self, cluster: Cluster, home: Path) -> None:
        self.log = home / "jobs.log"
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join(sys.path),
            "HANSE_ADDONS": "hanse_contacts",
            "HANSE_HOME": str(home),
            "HANSE_DATABASE_URL": plain(cluster),
        }
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "hanse.jobs"]
            self.process = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def ask(cluster: Cluster, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain(cluster, OWNER)) as connection:
        return connection.execute(sql.encode()).fetchall()


def begin(cluster: Cluster, home: Path, mode: str, name: str) -> int:
    database = Database(cluster.url(), pool_size=1)
    with database.session() as session, session.begin():
        ctx = context(session)
        file = io.BytesIO(FILE.replace("Contact", name).encode())
        batch = staging.add_import(ctx, "contacts.partner", file, "contacts.csv", FolderStore(home / "files"))
        stored = {"columns": {"Name": "name", "E-mail": "email"}, "mode": mode}
        importing.set_mapping(ctx, batch, by_headings(stored, ["Name", "E-mail"]))
        jobs.start(ctx, batch)
    database.close()
    return batch


def kill_while_it_runs(cluster: Cluster, worker: JobsProcess, batch: int, progress: str) -> int:
    """Kill the process whenever it has got further, up to four times; wait until the import has ended."""
    kills, seen = 0, 0
    deadline = time.monotonic() + SECONDS_TO_RECOVER
    while time.monotonic() < deadline:
        ((state,),) = ask(cluster, f"SELECT state FROM core_import WHERE id = {batch}")
        if state != "running":
            return kills
        ((done,),) = ask(cluster, progress)
        if isinstance(done, int) and done > seen and kills < 4:
            seen, kills = done, kills + 1
            worker.kill()
            worker.start()
        time.sleep(0.05)
    raise AssertionError(f"it is still running: {worker.log.read_text()[-2000:]}")


def test_killed_between_and_within_chunks_every_good_row_comes_in_once(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory() as home:
        batch = begin(cluster, Path(home), "skip", "Chunk")
        worker = JobsProcess(cluster, Path(home))
        results = f"SELECT count(*) FROM core_import_row WHERE batch_id = {batch} AND result IS NOT NULL"
        try:
            kills = kill_while_it_runs(cluster, worker, batch, results)
        finally:
            worker.kill()
    found = ask(cluster, "SELECT count(*), count(DISTINCT name) FROM contacts_partner WHERE name LIKE 'Chunk %'")
    results = f"SELECT result, count(*), count(record) FROM core_import_row WHERE batch_id = {batch} GROUP BY result"
    assert kills >= 2
    assert found == [(ROWS - BAD, ROWS - BAD)]
    assert sorted(ask(cluster, results)) == [("created", ROWS - BAD, ROWS - BAD), ("refused", BAD, 0)]


def test_killed_in_the_middle_of_all_or_nothing_it_begins_anew_and_leaves_nothing_half(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory() as home:
        batch = begin(cluster, Path(home), "all", "Whole")
        worker = JobsProcess(cluster, Path(home))
        progress = (
            "SELECT coalesce(max(done), 0)::int FROM core_job_progress p JOIN core_import i ON i.job_id = p.job_id "
        )
        try:
            kills = kill_while_it_runs(cluster, worker, batch, f"{progress} WHERE i.id = {batch}")
        finally:
            worker.kill()
    assert kills >= 1
    assert ask(cluster, "SELECT count(*) FROM contacts_partner WHERE name LIKE 'Whole %'") == [(0,)]
    assert ask(cluster, f"SELECT state FROM core_import WHERE id = {batch}") == [("failed",)]
