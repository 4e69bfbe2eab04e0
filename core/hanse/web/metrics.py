"""Figures in the text format of Prometheus: requests, connections, jobs, memory.

Under the supervisor all web processes write into files of one folder, which whichever is asked adds up, those of
processes that have ended included: so a counter never goes back.  Without the supervisor a process counts its own.
"""

from __future__ import annotations

import contextlib
import hmac
import os
import re
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from pyramid.response import Response
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import QueuePool

from hanse.web.request import WebRequest

FOLDER_VARIABLE = "PROMETHEUS_MULTIPROC_DIR"  # the library looks for it when it is imported
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LIVE = re.compile(r"gauge_live\w*_(\d+)\.db")
_PART = re.compile(r"--child (web|jobs)")

_own = CollectorRegistry()
_requests = Counter("hanse_requests", "Requests that were answered", ["method", "route", "status"], registry=_own)
_seconds = Histogram(
    "hanse_request_seconds", "How long they took", ["method", "route"], buckets=_BUCKETS, registry=_own
)
_in_use = Gauge(
    "hanse_database_connections_in_use",
    "Connections that requests work with",
    multiprocess_mode="livesum",
    registry=_own,
)
_open = Gauge(
    "hanse_database_connections_open", "Connections that are open", multiprocess_mode="livesum", registry=_own
)

_JOBS = text("""
    SELECT state, count(*), clock_timestamp() - min(run_at) FILTER (WHERE state = 'pending' AND run_at <= now())
    FROM core_job WHERE state <> 'done' GROUP BY state
""")


def note_request(method: str, route: str, status: int, seconds: float, engine: Engine) -> None:
    """Count a request that was answered."""
    method = method if method in _METHODS else "other"
    _requests.labels(method, route, str(status)).inc()
    _seconds.labels(method, route).observe(seconds)
    pool = engine.pool
    if isinstance(pool, QueuePool):
        _in_use.set(pool.checkedout())
        _open.set(pool.checkedin() + pool.checkedout())


def show(request: WebRequest) -> Response:
    """Answer ``/metrics``, to those who may read it."""
    if not _may_read(request):
        return Response(status=403, body=b"metrics are not for you: see metrics_token\n", content_type="text/plain")
    registry = CollectorRegistry()
    if folder := os.environ.get(FOLDER_VARIABLE):
        _forget_dead(Path(folder))
        untyped: Any = MultiProcessCollector
        untyped(registry, path=folder)
    else:
        registry.register(_Own())
    registry.register(_Now(request.services.database.engine))
    return Response(body=generate_latest(registry), content_type="text/plain", charset="utf-8")


def _may_read(request: WebRequest) -> bool:
    token = request.settings.metrics_token
    if token is None:
        return request.from_this_machine
    given = str(request.headers.get("Authorization", ""))
    return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())


def _forget_dead(folder: Path) -> None:
    """Leave connections out of the sum that ended with their process."""
    from psutil import pid_exists

    for path in folder.glob("gauge_live*.db"):
        found = _LIVE.fullmatch(path.name)
        if found and not pid_exists(int(found[1])):
            path.unlink(missing_ok=True)


class _Own(Collector):
    """What this process has counted."""

    def collect(self) -> Iterator[Metric]:
        yield from _own.collect()


class _Now(Collector):
    """What is looked up at the moment of the question."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def collect(self) -> Iterator[Metric]:
        up = GaugeMetricFamily("hanse_database_up", "Whether the database answers")
        try:
            with self._engine.connect() as connection:
                yield from _jobs(connection)
            up.add_metric([], 1)
        except SQLAlchemyError:
            up.add_metric([], 0)
        yield up
        yield _memory()


def _jobs(connection: Connection) -> Iterator[Metric]:
    jobs = GaugeMetricFamily("hanse_jobs", "Jobs that are not done", labels=["state"])
    oldest = timedelta()
    found: dict[str, int] = dict.fromkeys(("waiting", "pending", "sent", "dead"), 0)
    for state, count, waits in connection.execute(_JOBS):
        found[state] = count
        oldest = max(oldest, waits or timedelta())
    for state, count in found.items():
        jobs.add_metric([state], count)
    yield jobs
    yield GaugeMetricFamily(
        "hanse_jobs_oldest_waiting_seconds", "How long the oldest job waits that is due", value=oldest.total_seconds()
    )


def _memory() -> Metric:
    import psutil  # nobody else needs it here, and it costs every start

    memory = GaugeMetricFamily("hanse_process_resident_bytes", "Memory of our processes", labels=["part", "process"])
    me = psutil.Process()
    processes: list[psutil.Process] = [me]
    with contextlib.suppress(psutil.Error):
        supervisor = me.parent()
        if supervisor is not None and os.environ.get(FOLDER_VARIABLE):
            processes = supervisor.children()
    for process in processes:
        with contextlib.suppress(psutil.Error):
            part = _PART.search(" ".join(process.cmdline()))
            if part or process.pid == me.pid:
                memory.add_metric([part[1] if part else "web", str(process.pid)], process.memory_info().rss)
    return memory


# --- whether requests may come ----------------------------------------------------------------------------------------


def ready(request: WebRequest) -> Response:
    """Answer ``/ready``: 200 when requests may come, else 503 with one reason."""
    reason = _not_ready(request)
    body = f"{reason or 'ready'}\n".encode()
    return Response(status=503 if reason else 200, body=body, content_type="text/plain")


def _not_ready(request: WebRequest) -> str:
    environ: dict[str, Any] = request.environ
    if environ.get("hanse.leaving"):
        return "this process is stopping"
    try:
        with request.services.database.engine.connect() as connection:
            behind = _behind(connection)
    except SQLAlchemyError:
        return "the database does not answer"
    return f"migrations of {behind[0][0]} are not applied" if behind else ""


def _behind(connection: Connection) -> list[tuple[str, str, str]]:
    from hanse.database import migrations  # it takes a tenth of a start, and most processes are never asked

    return migrations.behind(connection, _newest())


@cache
def _newest() -> dict[str, str]:
    from hanse.database import migrations

    return migrations.newest_revisions()
