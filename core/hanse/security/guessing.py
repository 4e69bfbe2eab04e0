"""Passwords at the door, and how fast somebody may guess: passwords, codes, addresses to mail links to.

Attempts are the kernel's own bookkeeping, written directly; the caller commits them whatever comes of them.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.passwords import hash_stored, needs_rehash, verify_password

#: Failures that cost nothing, by login and by address; from then on the wait doubles with each.
FREE_BY_LOGIN = 5
FREE_BY_ADDRESS = 20
LONGEST_WAIT = timedelta(minutes=15)
#: Failures older than this are forgotten.
MEMORY = timedelta(hours=1)
#: Links that may be asked for within that time, by what is typed and by address.
LINKS_BY_NAME = 3
LINKS_BY_ADDRESS = 10
PASSWORD, CODE, LINK = "password", "code", "link"


class WrongLogin(BusinessError):
    """Login or password is wrong; which of the two is not told.

    :ivar user: whose password it was not, for the audit; None: nobody has this login
    """

    user: int | None = None


class TooManyAttempts(BusinessError):
    """Somebody guesses too fast."""

    status: ClassVar[int] = 429


def check_login(session: Session, login: str, password: str, *, address: str, now: datetime) -> int:
    """Check a password and give the user's id.  The caller commits in any case, so that the attempt counts.

    Takes as long for an unknown login as for a wrong password.

    :raises TooManyAttempts: this login or address must wait
    :raises WrongLogin: no such active user, or another password
    """
    login = login.strip()[:80]
    one_at_a_time(session, login)
    check_wait(session, login, address, now)
    row = session.execute(
        text("SELECT id, password FROM core_user WHERE lower(login) = lower(:login) AND active AND NOT service"),
        {"login": login},
    ).first()
    stored = row.password if row else None
    right = verify_password(stored, password)
    note_attempt(session, login, address, now, success=right)
    if row is None or not right or stored is None:
        error = WrongLogin(_("User name or password is wrong."))
        error.user = int(row.id) if row else None
        raise error
    if needs_rehash(stored):
        session.execute(
            text("UPDATE core_user SET password = :hash WHERE id = :id"),
            {"hash": hash_stored(password), "id": row.id},
        )
    return int(row.id)


def one_at_a_time(session: Session, login: str) -> None:
    """Let nobody guess in parallel: the limit would be counted too late."""
    lock = int.from_bytes(hashlib.sha256(login.lower().encode()).digest()[:8], signed=True)
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}):
        raise TooManyAttempts(_("Somebody is signing in under this name right now. Try again in a moment."))


_FAILURES = text(
    "SELECT 'login' AS by, count(*), max(at) FROM core_login_attempt WHERE login = :login AND kind = :kind "
    "AND at > greatest(:since, coalesce((SELECT max(at) FROM core_login_attempt WHERE login = :login "
    "AND kind = :kind AND success AND at > :since), :since)) "
    "AND NOT success UNION ALL SELECT 'address', count(*), max(at) FROM core_login_attempt "
    "WHERE address = :address AND kind = :kind AND at > :since AND NOT success"
)


def check_wait(session: Session, login: str, address: str, now: datetime, kind: str = PASSWORD) -> None:
    """Let nobody guess fast.

    :raises TooManyAttempts: this login or address must wait
    """
    asked = {"login": login.lower(), "address": address[:60], "since": now - MEMORY, "kind": kind}
    found = session.execute(_FAILURES, asked).all()
    for by, failures, last in found:
        free = FREE_BY_LOGIN if by == "login" else FREE_BY_ADDRESS
        if failures >= free and last is not None:
            wait = min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST_WAIT)
            left = (last + wait - now).total_seconds()
            if left > 0:
                raise TooManyAttempts(
                    _("Too many attempts. Wait %(seconds)s seconds, then try again.", seconds=int(left) + 1)
                )


def note_attempt(
    session: Session, login: str, address: str, now: datetime, *, success: bool, kind: str = PASSWORD
) -> None:
    """Remember an attempt."""
    session.execute(
        text(
            "INSERT INTO core_login_attempt (login, address, at, success, kind) "
            "VALUES (:login, :address, :at, :success, :kind)"
        ),
        {"login": login.lower()[:80], "address": address[:60], "at": now, "success": success, "kind": kind},
    )


def ask_for_link(session: Session, name: str, address: str, now: datetime) -> None:
    """Count that somebody asks for a link by mail; whether anybody is called so is not looked at.

    :raises TooManyAttempts: too often under this name, or from this address
    """
    one_at_a_time(session, name[:80])
    row = session.execute(
        text(
            "SELECT count(*) FILTER (WHERE login = :name), count(*) FILTER (WHERE address = :address) "
            "FROM core_login_attempt WHERE kind = :kind AND at > :since AND (login = :name OR address = :address)"
        ),
        {"name": name.lower()[:80], "address": address[:60], "kind": LINK, "since": now - MEMORY},
    ).one()
    if row[0] >= LINKS_BY_NAME or row[1] >= LINKS_BY_ADDRESS:
        raise TooManyAttempts(_("Too many mails were asked for. Look into your mailbox, or try again in an hour."))
    note_attempt(session, name, address, now, success=True, kind=LINK)
