"""What a business may rely on while processes are killed at random: what was committed is done, and done once."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
from job_samples import EFFECT_TABLE, effect, take_a_while
from sqlalchemy.exc import DBAPIError

from hanse import enqueue
from hanse.actions import Context, open_context
from hanse.actions.context import identify
from hanse.database.cluster import OWNER, Cluster, temporary_cluster
from hanse.database.migrations import upgrade
from hanse.database.session import Database
from hanse.directory.founding import SYSTEM, found_company, found_database

pytestmark = pytest.mark.slow

HERE = Path(__file__).parent
SECONDS_OF_CHAOS = 12.0
SECONDS_TO_RECOVER = 25.0
PROGRAM = "import sys, job_samples; from hanse.jobs.__main__ import main; sys.argv[1:] = sys.argv[2:]; sys.exit(main())"


@pytest.fixture(scope="module")
def cluster(databases: object) -> Iterator[Cluster]:
    """A cluster of its own, as a killed backend takes all others of its cluster with it; it keeps what it confirms."""
    with temporary_cluster() as one:
        upgrade(one.url(role=OWNER), one.url())
        with psycopg.connect(plain(one, OWNER), autocommit=True) as owner:
            owner.execute("ALTER DATABASE hanse SET synchronous_commit = on")
            owner.execute(EFFECT_TABLE)
            owner.execute("CREATE TABLE business (n bigint); GRANT ALL ON business TO PUBLIC")
        database = Database(one.url())
        with database.session() as session, session.begin():
            found_database(session)
            system = identify(session, SYSTEM)
            assert system is not None
            found_company(session, system, {"name": "Chaos"}, addons=[])
        database.close()
        yield one


def plain(cluster: Cluster, role: str = "hanse_app") -> str:
    return cluster.url(role=role).replace("+psycopg", "")


def context(session: object) -> Context:
    admin = identify(session, "admin")
    assert admin is not None
    return open_context(session, admin, 1, via="test")


class JobsProcess:
    """``python -m hanse.jobs`` with the tasks of the tests, started again when it was killed."""

    def __init__(self, cluster: Cluster, home: Path, *arguments: str) -> None:
        self.log = home / "jobs.log"
        self.command = [sys.executable, "-c", PROGRAM, "jobs", *arguments]
        self.environment = os.environ | {
            "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path]),
            "HANSE_ADDONS": "",
            "HANSE_HOME": str(home),
            "HANSE_DATABASE_URL": plain(cluster),
        }
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, env=self.environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def ask_to_stop(self) -> None:
        self.process.terminate()

    def exit_code(self) -> int:
        return self.process.wait(timeout=20)


class Producer(threading.Thread):
    """Business that asks for a job with every row it writes; one in ten transactions rolls back."""

    def __init__(self, cluster: Cluster, numbers: range) -> None:
        super().__init__(daemon=True)
        self.database = Database(cluster.url(), pool_size=1)
        self.numbers = numbers
        self.stop = threading.Event()
        self.committed: set[int] = set()
        self.rolled_back: set[int] = set()

    def run(self) -> None:
        luck = random.Random(self.numbers.start)
        for n in self.numbers:
            if self.stop.wait(0.005):
                break
            try:
                self.write(n, fails=luck.random() < 0.1)
                self.committed.add(n)
            except ZeroDivisionError:
                self.rolled_back.add(n)
            except DBAPIError:
                self.stop.wait(0.2)  # whether this one was committed, only the database knows
        self.database.close()

    def write(self, n: int, *, fails: bool) -> None:
        with self.database.session() as session, session.begin():
            ctx = context(session)
            session.connection().exec_driver_sql("INSERT INTO business VALUES (%s)", (n,))
            enqueue(ctx, effect, n=n)
            if fails:
                raise ZeroDivisionError


def ask(cluster: Cluster, sql: str) -> list[tuple[object, ...]]:
    with psycopg.connect(plain(cluster)) as connection:
        return connection.execute(sql.encode()).fetchall()


def numbers_in(cluster: Cluster, table: str) -> list[object]:
    return [n for (n,) in ask(cluster, f"SELECT n FROM {table} ORDER BY n")]


def wait_until_done(cluster: Cluster, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if ask(cluster, "SELECT 1 FROM core_job WHERE state <> 'done' LIMIT 1") == []:
                return
        except psycopg.OperationalError:  # it recovers from the last kill
            pass
        time.sleep(0.2)


def wait_for(cluster: Cluster, sql: str) -> None:
    deadline = time.monotonic() + SECONDS_TO_RECOVER
    while not ask(cluster, sql):
        assert time.monotonic() < deadline, sql
        time.sleep(0.05)


def kill_a_backend(cluster: Cluster, luck: random.Random) -> None:
    """Kill -9 one of PostgreSQL's client processes: it ends all others, recovers, and goes on."""
    postmaster = psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))
    backends = [one for one in postmaster.children() if "hanse_app" in " ".join(one.cmdline())]
    if backends:
        luck.choice(backends).kill()


def test_what_was_committed_is_done_once_whatever_is_killed(cluster: Cluster) -> None:
    luck = random.Random(20261123)
    with tempfile.TemporaryDirectory() as home:
        workers = [JobsProcess(cluster, Path(home)) for _number in range(2)]
        producers = [Producer(cluster, range(start, start + 100_000)) for start in (0, 100_000)]
        kills = 0
        try:
            for producer in producers:
                producer.start()
            end = time.monotonic() + SECONDS_OF_CHAOS
            while time.monotonic() < end:
                time.sleep(2)
                kills += 1
                if kills % 4 == 0:
                    kill_a_backend(cluster, luck)
                else:
                    worker = luck.choice(workers)
                    worker.kill()
                    worker.start()
            for producer in producers:
                producer.stop.set()
            for producer in producers:
                producer.join()
            wait_until_done(cluster, SECONDS_TO_RECOVER)
            for worker in workers:
                worker.ask_to_stop()
            codes = [worker.exit_code() for worker in workers]
        finally:
            for worker in workers:
                worker.kill()
    business, effects = numbers_in(cluster, "business"), numbers_in(cluster, "effect")
    states = dict(ask(cluster, "SELECT state, count(*) FROM core_job WHERE via <> 'schedule' GROUP BY state"))
    assert states == {"done": len(business)}
    assert effects == business
    for producer in producers:
        assert producer.committed <= set(business)
        assert not producer.rolled_back & set(effects)
    assert len(business) > 100
    assert kills >= 5
    assert set(codes) <= {0, -signal.SIGTERM}  # the latter of one that was still importing


def test_a_stopped_process_ends_what_it_has_begun_and_leaves_the_rest(cluster: Cluster) -> None:
    database = Database(cluster.url(), pool_size=1)
    with tempfile.TemporaryDirectory() as home:
        worker = JobsProcess(cluster, Path(home))
        try:
            with database.session() as session, session.begin():
                begun = enqueue(context(session), take_a_while, seconds=2)
            wait_for(cluster, f"SELECT 1 FROM core_job WHERE id = {begun} AND starts = 1")
            worker.ask_to_stop()
            assert worker.exit_code() == 0
        finally:
            worker.kill()
    database.close()
    assert ask(cluster, f"SELECT state FROM core_job WHERE id = {begun}") == [("done",)]


def test_relay_and_worker_in_two_processes_need_a_broker_between_them(cluster: Cluster) -> None:
    with tempfile.TemporaryDirectory() as home:
        worker = JobsProcess(cluster, Path(home), "worker")
        assert worker.exit_code() == 78
        assert "HANSE_BROKER_URL" in worker.log.read_text()
