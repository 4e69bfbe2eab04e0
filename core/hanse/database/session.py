"""Engines and sessions.  Every transaction tells PostgreSQL for which companies it works, before anything else."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction, sessionmaker

#: Keys of ``session.info``: companies whose rows may be read, and the one whose rows may be written.
COMPANIES = "hanse.companies"
COMPANY = "hanse.company"
#: Key of ``session.info``: how often rows were changed or changes taken back; whoever keeps values compares it.
CHANGES = "hanse.changes"
#: Key of ``session.info``: what was worked out of rows of some tables, until one of these changes.
KEPT = "hanse.kept"
#: Key of ``session.info``: what PostgreSQL was told last; whoever tells it something else takes it away.
TOLD = "hanse.told"

_SET = text("SELECT set_config('hanse.companies', :companies, true), set_config('hanse.company', :company, true)")
#: PostgreSQL keeps fresh rows of a trigram index aside, by default up to 4 MB, until somebody sorts them in; a search
#: reads all of them, and with many it prefers the whole table (60 ms instead of 3 after 10,000 new contacts).
_FEW_ASIDE = "SET gin_pending_list_limit = '256kB'"
#: SQLSTATEs after which the same work may simply be tried again: deadlock, serialization failure.
_TRANSIENT = frozenset({"40P01", "40001"})
#: Names under which connections of our processes stand in pg_stat_activity.
WEB, JOBS, COMMAND = "hanse web", "hanse jobs", "hanse"
#: Connections that a pool may open beyond its size.
WEB_OVERFLOW = 4
R = TypeVar("R")


class HanseSession(Session):
    """A session whose transactions carry the companies they may see."""


@event.listens_for(HanseSession, "after_begin")
def _tell_companies(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    if not transaction.nested:
        session.info.pop(TOLD, None)
        session.info.pop(KEPT, None)
        tell_companies(session, connection)


@event.listens_for(HanseSession, "after_soft_rollback")
def _forget_what_was_told(session: Session, _previous: SessionTransaction) -> None:
    """PostgreSQL goes back to the companies and rows of before the savepoint, whichever these were."""
    session.info.pop(TOLD, None)
    session.info.pop(KEPT, None)
    note_change(session)


def note_change(session: Session, *tables: str) -> None:
    """Let whoever keeps values of rows know that they may be old: those of some tables have changed."""
    session.info[CHANGES] = session.info.get(CHANGES, 0) + 1
    forget_kept(session, *tables)


def forget_kept(session: Session, *tables: str) -> None:
    """Drop what was worked out of rows of some tables."""
    kept = session.info.get(KEPT)
    if kept:
        for key in [key for key, (of, _value) in kept.items() if not of.isdisjoint(tables)]:
            del kept[key]


def once(session: Session, key: Hashable, tables: Iterable[str], make: Callable[[], R]) -> R:
    """Give what ``make`` gives, made once for a transaction unless rows of ``tables`` change."""
    kept = session.info.setdefault(KEPT, {})
    if key not in kept:
        kept[key] = (frozenset(tables), make())
    value: R = kept[key][1]
    return value


def tell_companies(session: Session, connection: Connection) -> None:
    """Set the companies for the rest of the transaction; without a company nothing scoped can be read at all."""
    companies = session.info.get(COMPANIES)
    if companies is not None:
        told = _words_for(companies, session.info[COMPANY])
        if session.info.get(TOLD) != told:
            connection.execute(_SET, {"companies": told[0], "company": told[1]})
            session.info[TOLD] = told


def note_told(session: Session, company: int) -> None:
    """Note that a statement of the caller's has told PostgreSQL to work for one company."""
    session.info[COMPANIES], session.info[COMPANY] = frozenset((company,)), company
    session.info[TOLD] = _words_for((company,), company)


def _words_for(companies: Iterable[int], company: int) -> tuple[str, str]:
    return "{" + ",".join(map(str, sorted(companies))) + "}", str(company)


class Database:
    """A pool of connections as the app role, and sessions on it.

    Connections are opened when first needed, so that a Database may be made before a process forks.
    """

    def __init__(self, url: str, *, pool_size: int = 8, name: str = COMMAND) -> None:
        self.url = url
        self.engine: Engine = create_engine(
            url,
            pool_size=pool_size,
            max_overflow=WEB_OVERFLOW,
            pool_pre_ping=False,
            pool_recycle=3600,
            pool_timeout=15,
            connect_args={"application_name": name},
            hide_parameters=True,  # they are people's data, and errors go to the log
        )
        event.listen(self.engine, "handle_error", _forget_broken)
        event.listen(self.engine, "connect", _keep_few_aside)
        self._sessions = sessionmaker(self.engine, class_=HanseSession, expire_on_commit=False, autoflush=True)

    def session(self, info: dict[str, Any] | None = None) -> Session:
        """Open a session; ``info`` says for which companies."""
        return self._sessions(info=dict(info or {}))

    def close(self) -> None:
        """Close every pooled connection."""
        self.engine.dispose()


def _keep_few_aside(connection: Any, _record: Any) -> None:
    connection.autocommit = True
    connection.execute(_FEW_ASIDE)
    connection.autocommit = False


def _forget_broken(context: Any) -> None:
    """Throw the whole pool away when the server has gone: its other connections are as dead as this one."""
    original = context.original_exception
    if getattr(original, "sqlstate", None) in ("57P01", "57P02", "57P03") or (
        context.connection is not None and getattr(context.connection.connection.driver_connection, "closed", False)
    ):
        context.is_disconnect = True


def is_transient(error: BaseException) -> bool:
    """Tell whether the work that ended with ``error`` may succeed when tried again in a new transaction."""
    return isinstance(error, DBAPIError) and getattr(error.orig, "sqlstate", None) in _TRANSIENT


def in_transaction(
    database: Database, work: Callable[[Session], R], *, info: dict[str, Any] | None = None, tries: int = 3
) -> R:
    """Do ``work`` in one transaction; after a deadlock do it again, in all ``tries`` times."""
    for attempt in range(1, tries + 1):
        session = database.session(info)
        try:
            with session.begin():
                return work(session)
        except DBAPIError as error:
            if attempt == tries or not is_transient(error):
                raise
            time.sleep(0.02 * attempt)
        finally:
            session.close()
    raise AssertionError("tries must be positive")
