"""Do one job: lock its row, do the work and mark it done in the same transaction, so that it happens exactly once.

Messages may come twice, late, or never; only the row counts.  The lock is one that lets foreign keys refer to the row
(FOR NO KEY UPDATE), or the job's own progress would wait for it for ever.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, field
from typing import Any

import psycopg
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from hanse import logs
from hanse.actions import Context, Identity, open_context, system_context
from hanse.actions.context import identity_of
from hanse.addons import installed
from hanse.database.session import Database, in_transaction
from hanse.errors import BusinessError
from hanse.files import FileStore, StoreAway
from hanse.i18n import Label, _, speaking
from hanse.jobs.outbox import BY_EVENT, BY_SCHEDULE
from hanse.jobs.progress import Progress, say
from hanse.jobs.tasks import MOST_ATTEMPTS, Task, find_task
from hanse.mail.transport import Transport

log = logging.getLogger("hanse.jobs")

#: So many minutes a job waits before it looks again whether its addon is on.
MINUTES_PARKED = 5
#: A job that was begun so often without ending takes its process down with it.
MOST_STARTS = 10
_LONGEST_ERROR = 4000
_TRIES, _SECONDS_BETWEEN_TRIES = 6, 0.5

_READY = "(state = 'sent' OR state = 'pending' AND run_at <= clock_timestamp())"
_LOCKED = f"SELECT id FROM core_job WHERE id = :id AND {_READY} FOR NO KEY UPDATE SKIP LOCKED"  # noqa: S608
_BEGIN = text(
    f"UPDATE core_job SET starts = starts + 1, sends = 1, sent_at = clock_timestamp() WHERE id = ({_LOCKED}) "  # noqa: S608
    "RETURNING id, task, args, user_id, behalf_id, company_id, locale, via, parent_id, starts"
)
_LOCK = text(_LOCKED)
_DONE = text(
    "UPDATE core_job SET state = 'done', done_at = clock_timestamp(), attempts = attempts + 1, error = NULL "
    "WHERE id = :id"
)
_FAIL = text("""
    UPDATE core_job
    SET attempts = attempts + 1, starts = 0, error = :error, sent_at = NULL, sends = 0,
        state = CASE WHEN attempts + 1 >= :most THEN 'dead' ELSE 'pending' END,
        done_at = CASE WHEN attempts + 1 >= :most THEN clock_timestamp() END,
        run_at = clock_timestamp() + make_interval(secs => power(2, attempts + 1))
    WHERE id = :id AND state IN ('sent', 'pending')
    RETURNING state
""")
_AGAIN = text("""
    UPDATE core_job SET state = 'pending', sent_at = NULL, run_at = clock_timestamp() + interval '1 second'
    WHERE id = (SELECT id FROM core_job WHERE id = :id AND state = 'sent' FOR NO KEY UPDATE SKIP LOCKED)
""")
_PARK = text("""
    UPDATE core_job SET state = 'pending', starts = 0, sends = 0, sent_at = NULL,
        run_at = clock_timestamp() + make_interval(mins => :minutes)
    WHERE id = :id
""")
_LOCK_PARENT = text("SELECT task FROM core_job WHERE id = :id AND state = 'waiting' FOR NO KEY UPDATE")
_COUNT_PARTS = text("""
    SELECT count(*) FILTER (WHERE state NOT IN ('done', 'dead')), count(*) FILTER (WHERE state = 'dead'), min(error)
    FROM core_job WHERE parent_id = :id
""")
_JOIN = text(
    "UPDATE core_job SET state = :state, run_at = now(), error = :error, "
    "done_at = CASE WHEN :state = 'pending' THEN NULL ELSE clock_timestamp() END WHERE id = :id"
)


@dataclass(frozen=True, slots=True)
class _Work:
    """A job as it was begun."""

    id: int
    task: str
    args: dict[str, Any] = field(repr=False)
    user: int
    behalf: int | None
    company: int
    locale: str
    via: str
    parent: int | None
    starts: int


def execute(database: Database, files: FileStore, job: int, post: Transport | None = None) -> None:
    """Do a job unless it is done already, being done, or not due.  What goes wrong is kept in the row.

    :param post: what brings mail on its way; None: it goes nowhere
    """
    try:
        work = in_transaction(database, lambda session: _begin(session, job))
        if work is not None:
            facts = {"job": work.id, "task": work.task, "user": work.user, "company": work.company}
            with speaking(work.locale), logs.about(lambda: facts):
                begun = time.perf_counter()
                _attempt(database, files, work, post)
                log.info("job", extra={"facts": {"ms": round((time.perf_counter() - begun) * 1000, 1)}})
    except DBAPIError as error:
        if not _lost_connection(error):
            raise
        log.warning("Job %s waits for its lease: the database went away.", job)


def _begin(session: Session, job: int) -> _Work | None:
    """Count the start in a transaction of its own, which stays when the process dies."""
    row = session.execute(_BEGIN, {"id": job}).first()
    return _Work(*row) if row else None


def _attempt(database: Database, files: FileStore, work: _Work, post: Transport | None) -> None:
    progress = Progress(work.id, database, files, post=post)
    try:
        if work.starts > MOST_STARTS:
            raise BusinessError(
                _("The process that does this ended %(times)s times while doing it.", times=MOST_STARTS)
            )
        in_transaction(database, lambda session: _perform(session, work, progress))
    except StoreAway as error:
        log.warning("Job %s (%s) waits for the file storage.", work.id, work.task)
        _try_later(database, work, str(error))
    except BusinessError as error:
        _give_up(database, work, str(error))
    except Exception as error:
        if _lost_connection(error):
            log.warning("Job %s (%s) starts again: the database went away.", work.id, work.task)
            _start_again(database, work)
            return
        log.exception("Job %s (%s) failed.", work.id, work.task)
        _try_later(database, work, f"{type(error).__name__}: {error}"[:_LONGEST_ERROR])
    finally:
        progress.close()


def _perform(session: Session, work: _Work, progress: Progress) -> None:
    if session.execute(_LOCK, {"id": work.id}).first() is None:
        return  # another worker was faster; its commit is as good as ours
    task = find_task(work.task)
    if task is None:
        raise BusinessError(_("The job %(name)s no longer exists.", name=work.task))
    ctx = _context(session, work)
    if task.addon not in ctx.enabled:  # it goes on where it is switched on again
        session.execute(_PARK, {"id": work.id, "minutes": MINUTES_PARKED})
        return
    _check_seen(ctx, task)
    progress.result = None
    task.perform(ctx, progress, work.args)
    progress.keep_result(session)
    session.execute(_DONE, {"id": work.id})
    _join(session, work)


def _context(session: Session, work: _Work) -> Context:
    """Open the Context of the person who asked; what addons start by themselves is not bound to the person's rights.

    :raises BusinessError: the person is no longer active, or has no role in the company any more
    """
    user = _identity(session, work.user)
    if work.via in (BY_EVENT, BY_SCHEDULE):
        return system_context(session, user, work.company, via=work.via)
    behalf = None if work.behalf is None else _identity(session, work.behalf)
    return open_context(session, user, work.company, via=work.via, behalf=behalf)


def _identity(session: Session, user: int) -> Identity:
    found = identity_of(session, user)
    if found is None:
        name = session.scalar(text("SELECT name FROM core_user WHERE id = :id"), {"id": user})
        raise BusinessError(_("%(name)s is no longer active.", name=name))
    return found


def _check_seen(ctx: Context, task: Task) -> None:
    """Refuse the job of somebody who does not see the addon any more."""
    if task.addon not in ctx.seen:
        addon = installed().addons.get(task.addon)
        raise BusinessError(_("%(addon)s is not switched on here.", addon=addon.title if addon else task.addon))


def _start_again(database: Database, work: _Work) -> None:
    """Make a job due again that lost the database; where that takes too long to come back, the lease does it."""
    for attempt in range(1, _TRIES + 1):
        try:
            in_transaction(database, lambda session: session.execute(_AGAIN, {"id": work.id}))
        except DBAPIError:
            if attempt == _TRIES:
                raise
            time.sleep(_SECONDS_BETWEEN_TRIES)
        else:
            return


# --- when it fails ----------------------------------------------------------------------------------------------------


def _give_up(database: Database, work: _Work, error: str) -> None:
    """Bury a job at once: trying again would meet the same rule."""
    _record_failure(database, work, error, most=0, message=error)


def _try_later(database: Database, work: _Work, error: str) -> None:
    task = find_task(work.task)
    message = _("Something went wrong. It is in the list of failed jobs with its cause.")
    _record_failure(database, work, error, most=task.attempts if task else MOST_ATTEMPTS, message=message)


def _record_failure(database: Database, work: _Work, error: str, *, most: int, message: Label) -> None:
    def record(session: Session) -> None:
        state = session.scalar(_FAIL, {"id": work.id, "error": error, "most": most})
        if state == "dead":
            log.warning("Job %s (%s) is given up: %s", work.id, work.task, error)
            say(session, work.id, message)
            _join(session, work)

    in_transaction(database, record)


def _join(session: Session, work: _Work) -> None:
    """After the last part of a chunked job, let the job that joins them run, or end it where nothing joins them."""
    if work.parent is None:
        return
    task = session.scalar(_LOCK_PARENT, {"id": work.parent})
    left, dead, error = session.execute(_COUNT_PARTS, {"id": work.parent}).one()
    if task is None or left:
        return
    if dead:
        message = _("Parts that failed: %(count)s. %(error)s", count=dead, error=error)
        session.execute(_JOIN, {"id": work.parent, "state": "dead", "error": str(message)})
        say(session, work.parent, message)
    else:
        state = "done" if task == work.task else "pending"
        session.execute(_JOIN, {"id": work.parent, "state": state, "error": None})


def _lost_connection(error: BaseException) -> bool:
    """Tell whether the server went away, which is not the job's fault."""
    if not isinstance(error, DBAPIError):
        return False
    state = getattr(error.orig, "sqlstate", None)
    gone = isinstance(error.orig, psycopg.OperationalError) and (state is None or state.startswith(("08", "57P")))
    return error.connection_invalidated or gone
