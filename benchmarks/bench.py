"""What the workloads share: a company in a database of its own, measuring, and statements counted."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import create_engine, event, text
from sqlalchemy.orm import Session

from hanse.actions import Context, Identity, find_action, open_context, system_context
from hanse.actions.context import identify
from hanse.app import boot
from hanse.config import Settings
from hanse.database import migrations
from hanse.database.cluster import Cluster
from hanse.database.session import Database, in_transaction
from hanse.directory.founding import add_role, add_service_user, found_company, found_database

COMPANY = "Benchmark Ltd"
YEAR = date.today().year
#: The two named service users of benchmarks: one makes, the other audits and posts.
MAKER, AUDITOR = "bench-maker", "bench-auditor"
#: The variable of the environment that says where databases are kept.
KEEP = "BENCH_KEEP"
TYPES = (
    ("1", "asset", "D"),
    ("2", "liability", "C"),
    ("3", "equity", "C"),
    ("5", "income", "C"),
    ("6", "expense", "D"),
)


class Bench:
    """A booted process with a database of its own on a cluster that flushes to disk as in production."""

    def __init__(self, home: Path) -> None:
        self.cluster = Cluster(home)
        boot(Settings.load())
        self.cluster.start()
        self.owner_url, self.app_url = self.cluster.url(role="hanse_owner"), self.cluster.url()
        self.database = Database(self.app_url)

    def found(self) -> None:
        """Make the company if it is not there: USD, this year, 136 accounts of which 119 take postings."""
        migrations.upgrade(self.owner_url, self.app_url)
        in_transaction(self.database, _found)

    def lines(self) -> int:
        """Count the lines of vouchers that are there."""
        with self.database.session() as session, session.begin():
            self.context(session).bind()
            return int(session.scalar(text("SELECT count(*) FROM finance_voucher_line")) or 0)

    def context(self, session: Session, login: str = MAKER) -> Context:
        """Open a Context with access checks, as a person's request does."""
        user = identify(session, login)
        assert user is not None
        return open_context(session, user, company_id(session), via="bench")

    def analyze(self) -> None:
        """Count the tables, as every workload begins with counted tables."""
        with create_engine(self.owner_url).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))

    def fill(self, sql: str, **params: Any) -> None:
        """Load rows as the owner."""
        engine = create_engine(self.owner_url)
        with engine.begin() as connection:
            connection.execute(text(sql), params)
        engine.dispose()


def company_id(session: Session) -> int:
    """Give the id of the company."""
    return int(session.execute(text("SELECT id FROM core_company WHERE name = :name"), {"name": COMPANY}).scalar_one())


def _found(session: Session) -> None:
    if session.scalar(text("SELECT id FROM core_company WHERE name = :name"), {"name": COMPANY}):
        return
    found_database(session)
    add_role(session, "bench", "Benchmarks", (("*", "company"),))
    maker = add_service_user(session, MAKER, "Benchmark, maker", role="bench")
    add_service_user(session, AUDITOR, "Benchmark, auditor", role="bench")
    ctx = found_company(session, maker, {"name": COMPANY, "currency": "USD", "time_zone": "UTC", "locale": "en"})
    _books(system_context(session, maker, ctx.company.id, via="bench"))


def _books(ctx: Context) -> None:
    accounts: list[dict[str, Any]] = []
    for index in range(136):
        head, kind, side = TYPES[index % len(TYPES)]
        accounts.append(
            {
                "code": f"{head}{index:03}",
                "name": f"Account {index}",
                "type": kind,
                "side": side,
                "postable": index >= 17,
            }
        )
    ctx.run(action("finance.account.create"), values=accounts)
    ctx.run(action("finance.fiscal_year.create"), values=[{"start": date(YEAR, 1, 1)}])
    ctx.run(action("finance.voucher_word.create"), values=[{"code": "JV", "name": "Journal voucher"}])


def action(name: str) -> Any:
    """Give an action by name."""
    found = find_action(name)
    assert found is not None, name
    return found


@contextmanager
def bench() -> Iterator[Bench]:
    """Give a founded company, gone afterwards unless ``--keep`` says where to keep it and find it again."""
    kept = os.environ.get(KEEP)
    home = Path(kept or tempfile.mkdtemp(prefix="hanse-bench-"))
    home.mkdir(exist_ok=True)
    home.chmod(0o711)
    made = Bench(home)
    try:
        made.found()
        yield made
    finally:
        made.database.close()
        made.cluster.stop()
        if not kept:
            shutil.rmtree(home, ignore_errors=True)


@contextmanager
def counted(database: Database) -> Iterator[list[int]]:
    """Count the statements that the block sends."""
    count = [0]

    def count_one(*_arguments: Any) -> None:
        count[0] += 1

    event.listen(database.engine, "before_cursor_execute", count_one)
    try:
        yield count
    finally:
        event.remove(database.engine, "before_cursor_execute", count_one)


def timed(work: Callable[[], Any]) -> float:
    """Give the seconds that the work takes."""
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def spread(seconds: list[float]) -> dict[str, Any]:
    """Give median, p50 and p95 of single requests."""
    ordered = sorted(seconds)
    return {
        "runs": len(seconds),
        "median_s": round(median(seconds), 5),
        "p50_ms": round(median(seconds) * 1000, 2),
        "p95_ms": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))] * 1000, 2),
    }


def rss_mb(pid: int | None = None) -> int:
    """Give the memory of a process now, or the peak of this one."""
    if pid is None:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    import psutil

    return int(psutil.Process(pid).memory_info().rss // 1024**2)


def python(*arguments: str, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """Start Python with the same interpreter."""
    return subprocess.Popen([sys.executable, *arguments], env=env, stdin=subprocess.PIPE)


__all__ = ["Bench", "Identity", "action", "bench", "company_id", "counted", "python", "rss_mb", "spread", "timed"]
