"""``hanse doctor``: look whether all is well, one line a check, and change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from hanse.config import Settings
from hanse.database.cluster import Cluster, ClusterError, psycopg_url
from hanse.operations import inside, outside
from hanse.operations.findings import Finding, Inside, Level, Named, Outside, Patient, fail, warn

OUTSIDE: dict[str, Outside] = {
    "python": outside.python,
    "disk": outside.disk,
    "network": outside.reachable,
    "settings": outside.dangers,
    "secrets": outside.secrets,
    "pdf": outside.pdf,
    "assets": outside.assets,
    "time zone": outside.zones,
}
INSIDE: dict[str, Inside] = {
    "postgresql": inside.server,
    "extensions": inside.extensions,
    "role": inside.role,
    "migrations": inside.at_head,
    "row security": inside.walls,
    "connections": inside.connections,
    "data disk": inside.data_disk,
    "clock": inside.clock,
    "files": inside.files,
    "company zones": inside.company_zones,
    "failed jobs": inside.dead_jobs,
    "waiting jobs": inside.waiting_jobs,
    "schedules": inside.schedules,
    "jobs process": inside.workers,
}
_SECONDS_TO_CONNECT = 5
Subject = TypeVar("Subject")


def examine(settings: Settings) -> Named:
    """Do all checks; give each with its finding.  A PostgreSQL of ours that does not run is not started for it."""
    for name, check in OUTSIDE.items():
        yield name, _safely(check, settings)
    url, data = settings.database_url, None
    if url is None:
        if not (settings.home / "pg").exists():
            yield "database", fail("there is no database yet", "Start Hanse: ./run serve")
            return
        try:
            cluster = Cluster(settings.home)
            url, data, runs = cluster.url(), cluster.data, cluster.is_running()
        except ClusterError as error:
            yield "database", fail(str(error), "See there.")
            return
        if not runs:
            yield "database", warn("PostgreSQL does not run, so it was not looked into", "Start Hanse and ask again.")
            return
    yield from examine_database(settings, psycopg_url(url), data)


def examine_database(settings: Settings, url: str, data: Path | None) -> Named:
    """Do the checks of a database, as the app role and in transactions that can write nothing."""
    options = {"options": "-c default_transaction_read_only=on", "connect_timeout": _SECONDS_TO_CONNECT}
    engine = create_engine(url, connect_args=options)
    try:
        for name, check in INSIDE.items():
            with engine.connect() as connection:
                patient = Patient(settings, connection, str(make_url(url).username), data)
                yield name, _safely(check, patient)
    except OperationalError as error:
        reason = str(error.orig).strip().partition("\n")[0]
        yield "database", fail(f"the database does not answer: {reason}", "Look whether it runs, and who may enter it.")
    finally:
        engine.dispose()


def _safely(check: Callable[[Subject], Finding], subject: Subject) -> Finding:
    """Do a check; one that stumbles has found something, too."""
    try:
        return check(subject)
    except OperationalError:
        raise
    except Exception as error:  # the others shall be done
        reason = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
        return fail(f"it could not be looked at: {type(error).__name__}: {reason}", "Look into the log of PostgreSQL.")


def as_lines(found: Sequence[tuple[str, Finding]]) -> Iterator[str]:
    """Write findings for people, each in a line, with advice below where there is any."""
    for name, one in found:
        yield f"{one.level:4}  {name:13}  {one.words}"
        if one.advice:
            yield f"      {'':13}  → {one.advice}"


def as_json(found: Sequence[tuple[str, Finding]]) -> str:
    """Write findings for programs: a list of objects with check, level, words and advice."""
    rows = [{"check": name, "level": one.level, "words": one.words, "advice": one.advice} for name, one in found]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def is_well(found: Sequence[tuple[str, Finding]]) -> bool:
    """Tell whether nothing has failed."""
    return all(one.level != Level.FAIL for _name, one in found)
