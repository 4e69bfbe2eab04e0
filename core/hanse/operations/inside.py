"""Checks of an installation's database.  They only read."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import text

from hanse.database import migrations
from hanse.database.binaries import OLDEST_MAJOR
from hanse.database.cluster import EXTENSIONS
from hanse.database.session import JOBS, WEB_OVERFLOW
from hanse.database.walls import faults
from hanse.errors import SetupError
from hanse.operations import outside
from hanse.operations.findings import Finding, Patient, fail, ok, warn
from hanse.server import usual_web_processes

LONGEST_WAIT = timedelta(minutes=10)
_MOST_SHOWN = 5
_FURTHEST_CLOCK = timedelta(seconds=5)

_ROLE = text("""
    SELECT rolsuper, rolbypassrls,
        EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
                AND pg_has_role(current_user, relowner, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
""")
_DEAD = text("SELECT count(*) FROM core_job WHERE state = 'dead'")
_WAITING = text(
    "SELECT clock_timestamp() - min(run_at) FROM core_job WHERE state = 'pending' AND run_at <= clock_timestamp()"
)
_OVERDUE = text(
    "SELECT task, clock_timestamp() - next_at FROM core_schedule WHERE active AND next_at < :before ORDER BY 2 DESC"
)
_WORKERS = text("""
    SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :jobs
""")
_MOST_CONNECTIONS = text(
    "SELECT current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
)
_ZONES = text("""
    SELECT c.zone, n.utc_offset FROM (SELECT DISTINCT time_zone FROM core_company) AS c(zone)
    LEFT JOIN pg_timezone_names n ON n.name = c.zone
""")


def server(patient: Patient) -> Finding:
    """Look at the version of PostgreSQL."""
    number = patient.connection.scalar(text("SHOW server_version"))
    if int(str(number).partition(".")[0]) < OLDEST_MAJOR:
        return fail(f"PostgreSQL {number}", f"PostgreSQL {OLDEST_MAJOR} or later is needed.")
    return ok(f"PostgreSQL {number}")


def extensions(patient: Patient) -> Finding:
    """Look for the extensions that make searches and exclusions fast."""
    there = set(patient.connection.scalars(text("SELECT extname::text FROM pg_extension")))
    missing = [name for name in EXTENSIONS if name not in there]
    if missing:
        return warn(
            f"extensions are missing: {', '.join(missing)}",
            "Searches read whole tables without. As a superuser: "
            + " ".join(f"CREATE EXTENSION {n};" for n in missing),
        )
    return ok(f"extensions {', '.join(EXTENSIONS)} are there")


def at_head(patient: Patient) -> Finding:
    """Compare the revision of every addon with the newest."""
    behind = migrations.behind(patient.connection)
    if behind:
        shown = ", ".join(f"{addon} is at {at or 'nothing'} instead of {newest}" for addon, at, newest in behind)
        return fail(shown, "Run hanse db migrate, or start Hanse; if the database is newer, install that version.")
    return ok(f"migrations of {len(migrations.newest_revisions())} addons are applied")


def role(patient: Patient) -> Finding:
    """Look whether row security binds the role of the program."""
    superuser, bypass, owns = patient.connection.execute(_ROLE).one()
    wrong = [
        words
        for true, words in (
            (superuser, "a superuser"),
            (bypass, "free of row security (BYPASSRLS)"),
            (owns, "an owner"),
        )
        if true
    ]
    if wrong:
        return fail(
            f"the app role {patient.app} is {' and '.join(wrong)}",
            "Give HANSE_DATABASE_URL a role that is none of it, and the owner to HANSE_DATABASE_OWNER_URL.",
        )
    return ok(f"the app role {patient.app} is bound by row security")


def walls(patient: Patient) -> Finding:
    """Compare row security, policies, grants and triggers with what the models declare."""
    found = faults(patient.connection, patient.app)
    if found:
        shown = "; ".join(found[:_MOST_SHOWN]) + (
            f"; and {len(found) - _MOST_SHOWN} more" if len(found) > _MOST_SHOWN else ""
        )
        return fail(shown, "Somebody has changed the database. Find out who; restore a backup, or repair it by hand.")
    return ok("row security, policies, grants and triggers are as declared")


def files(patient: Patient) -> Finding:
    """Look whether every row has its file; checksums are read by ``hanse files check --hashes``."""
    from hanse.files import FileStore, FolderStore, StoreAway, keeping  # it needs built models

    try:
        store = FileStore.of(patient.settings)
        if isinstance(store, FolderStore) and not _is_usable(store.folder, patient.settings.home):
            return fail(f"{store.folder} cannot be read and written", "Give it to the user that Hanse runs as.")
        found = keeping.check(patient.connection, store, datetime.now(UTC))
    except (StoreAway, SetupError) as error:
        return fail(
            f"{patient.settings.files_store}: {error}", "Look into files_store and the settings that begin with s3_."
        )
    if found.missing:
        return fail(
            f"{len(found.missing)} files that rows name are not there",
            "Run hanse files check, and bring them back from a backup.",
        )
    spare = f", {len(found.unneeded)} more will be tidied away" if found.unneeded else ""
    return ok(f"{found.needed} files are all in {store.place}{spare}")


def _is_usable(folder: Path, home: Path) -> bool:
    return os.access(folder if folder.exists() else home, os.R_OK | os.W_OK)


def dead_jobs(patient: Patient) -> Finding:
    """Look for jobs that were given up."""
    dead = patient.connection.scalar(_DEAD)
    if dead:
        return warn(
            f"{dead} jobs have failed for good", "Look into the list of failed jobs, and start them again there."
        )
    return ok("no job has failed for good")


def waiting_jobs(patient: Patient) -> Finding:
    """Look how long the oldest job waits that is due."""
    waits: timedelta | None = patient.connection.scalar(_WAITING)
    if waits is not None and waits > LONGEST_WAIT:
        return warn(
            f"a job waits since {_shown(waits)}", "Look whether a jobs process runs, and whether it has enough threads."
        )
    return ok("no job waits for long")


def schedules(patient: Patient) -> Finding:
    """Look for scheduled tasks that nobody has begun."""
    before = datetime.now(UTC) - LONGEST_WAIT
    late = patient.connection.execute(_OVERDUE, {"before": before}).all()
    if late:
        return warn(
            f"{len(late)} schedules are overdue, the oldest ({late[0][0]}) for {_shown(late[0][1])}",
            "Look whether a jobs process runs; its scheduler catches up.",
        )
    return ok("no schedule is overdue")


def workers(patient: Patient) -> Finding:
    """Look whether a jobs process is connected, on whichever machine."""
    if patient.connection.scalar(_WORKERS, {"jobs": JOBS}):
        return ok("a jobs process is connected")
    return warn("no jobs process is connected", "Start Hanse with ./run serve, or python -m hanse.jobs.")


def connections(patient: Patient) -> Finding:
    """Reckon whether the processes of this installation may all connect at once."""
    settings = patient.settings
    processes = settings.web_processes or usual_web_processes()
    wanted = processes * (settings.threads + WEB_OVERFLOW) + 2 * settings.jobs_threads + 3 + WEB_OVERFLOW
    most = patient.connection.scalar(_MOST_CONNECTIONS) or 0
    if wanted > most:
        return warn(
            f"this machine may want {wanted} connections, PostgreSQL allows {most}",
            "Lower web_processes, threads or jobs_threads, or raise max_connections.",
        )
    return ok(f"PostgreSQL allows {most} connections, this machine wants {wanted} at most")


def data_disk(patient: Patient) -> Finding:
    """Look at the room on the disk of the embedded database."""
    if patient.data is None:
        return ok("the database is elsewhere; look at its disk there")
    return outside.room(patient.data)


def clock(patient: Patient) -> Finding:
    """Compare our clock with that of the database."""
    theirs: datetime = patient.connection.scalar(text("SELECT clock_timestamp()"))
    apart = abs(datetime.now(UTC) - theirs)
    if apart > _FURTHEST_CLOCK:
        return fail(f"our clock and the database's are {_shown(apart)} apart", "Let both follow a time server (NTP).")
    return ok("our clock and the database's agree")


def company_zones(patient: Patient) -> Finding:
    """Compare the time zones of companies as Python and as PostgreSQL know them."""
    now, wrong = datetime.now(UTC), list[str]()
    for name, offset in patient.connection.execute(_ZONES):
        if offset is None or ZoneInfo(name).utcoffset(now) != offset:
            wrong.append(str(name))
    if wrong:
        return fail(
            f"PostgreSQL knows other time zones than Python: {', '.join(wrong)}", "Bring tzdata of both up to date."
        )
    return ok("Python and PostgreSQL know the companies' time zones alike")


def _shown(span: timedelta) -> str:
    return str(timedelta(seconds=int(span.total_seconds())))
