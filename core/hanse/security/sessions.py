"""Logging in and out: sessions of browsers, and how fast somebody may guess.

A session is an opaque random token in a cookie; the database keeps only its SHA-256.  Sessions and attempts are the
kernel's own bookkeeping: written directly, not through run(), and not audited.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Identity
from hanse.database.session import note_told
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.security.passwords import hash_password, needs_rehash, verify_password

#: Failures that cost nothing, by login and by address; from then on the wait doubles with each.
FREE_BY_LOGIN = 5
FREE_BY_ADDRESS = 20
LONGEST_WAIT = timedelta(minutes=15)
#: Failures older than this are forgotten.
MEMORY = timedelta(hours=1)
#: How often a session notes that it is in use.
NOTED_EVERY = timedelta(minutes=1)


class WrongLogin(BusinessError):
    """Login or password is wrong; which of the two is not told."""


class TooManyAttempts(BusinessError):
    """Somebody guesses too fast."""

    status: ClassVar[int] = 429


@dataclass(frozen=True)
class BrowserSession:
    """What a request knows of the browser it comes from."""

    id: int
    csrf: str
    company_id: int | None
    seen: datetime
    flash: tuple[Mapping[str, str], ...]
    user: Identity
    preferences: Mapping[str, Any]


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


#: It tells PostgreSQL the company by the way, as tell_companies() does.
_FIND = text(
    "SELECT s.id, s.csrf, s.company_id, s.seen, s.flash, u.id, u.login, u.name, u.locale, u.preferences, "
    "set_config('hanse.companies', '{' || s.company_id || '}', true), "
    "set_config('hanse.company', CAST(s.company_id AS text), true) "
    "FROM core_session s JOIN core_user u ON u.id = s.user_id "
    "WHERE s.token = :token AND s.expires > :now AND u.active AND NOT u.service"
)


def find_session(session: Session, token: str, now: datetime) -> BrowserSession | None:
    """Find the living session of a cookie, and begin to work for its company."""
    row = session.connection().execute(_FIND, {"token": _digest(token), "now": now}).first()
    if row is None:
        return None
    id_, csrf, company, seen, flash, user, login, name, locale, preferences, *_told = row
    if company is not None:
        note_told(session, company)
    return BrowserSession(
        id_, csrf, company, seen, tuple(flash or ()), Identity(user, login, name, locale), preferences or {}
    )


def open_session(
    session: Session,
    user_id: int,
    *,
    now: datetime,
    hours: int,
    address: str,
    agent: str,
    company_id: int | None = None,
) -> str:
    """Begin a session and give the token for its cookie."""
    token = secrets.token_urlsafe(32)
    session.execute(
        text(
            "INSERT INTO core_session "
            "(token, user_id, company_id, csrf, created, seen, expires, address, agent, flash) "
            "VALUES (:token, :user, :company, :csrf, :now, :now, :expires, :address, :agent, '[]')"
        ),
        {
            "token": _digest(token),
            "user": user_id,
            "company": company_id,
            "csrf": secrets.token_urlsafe(24),
            "now": now,
            "expires": now + timedelta(hours=hours),
            "address": address[:60],
            "agent": agent[:300],
        },
    )
    return token


def note_use(session: Session, found: BrowserSession, *, now: datetime, hours: int) -> None:
    """Keep a session alive; at most one write a minute."""
    if now - found.seen > NOTED_EVERY:
        session.execute(
            text("UPDATE core_session SET seen = :now, expires = :expires WHERE id = :id"),
            {"now": now, "expires": now + timedelta(hours=hours), "id": found.id},
        )


def close_session(session: Session, session_id: int) -> None:
    """End one session."""
    session.execute(text("DELETE FROM core_session WHERE id = :id"), {"id": session_id})


def close_sessions_of(session: Session, user_ids: list[int], *, but: int | None = None) -> None:
    """End every session of some users, the one with id ``but`` excepted."""
    session.execute(
        text("DELETE FROM core_session WHERE user_id = ANY(:users) AND id IS DISTINCT FROM :but"),
        {"users": user_ids, "but": but},
    )


def choose_company(session: Session, session_id: int, company_id: int) -> None:
    """Remember in which company the browser works."""
    session.execute(
        text("UPDATE core_session SET company_id = :company WHERE id = :id"), {"company": company_id, "id": session_id}
    )


def add_message(session: Session, session_id: int, message: str, tone: str) -> None:
    """Leave a message for the next page."""
    added = json.dumps([{"text": message, "tone": tone}], ensure_ascii=False)
    session.execute(
        text("UPDATE core_session SET flash = flash || CAST(:added AS jsonb) WHERE id = :id"),
        {"added": added, "id": session_id},
    )


def clear_messages(session: Session, session_id: int) -> None:
    """Forget the messages that have been shown."""
    session.execute(text("UPDATE core_session SET flash = '[]' WHERE id = :id"), {"id": session_id})


def set_preference(session: Session, user_id: int, name: str, value: Any) -> None:
    """Remember how somebody likes a page; None forgets it."""
    if value is None:
        session.execute(
            text("UPDATE core_user SET preferences = preferences - :name WHERE id = :id"), {"name": name, "id": user_id}
        )
        return
    session.execute(
        text(
            "UPDATE core_user SET preferences = preferences || "
            "jsonb_build_object(CAST(:name AS text), CAST(:value AS jsonb)) WHERE id = :id"
        ),
        {"name": name, "value": json.dumps(value, ensure_ascii=False), "id": user_id},
    )


def set_locale_of(session: Session, user_id: int, locale: str) -> None:
    """Remember somebody's language."""
    session.execute(text("UPDATE core_user SET locale = :locale WHERE id = :id"), {"locale": locale, "id": user_id})


# --- logging in -------------------------------------------------------------------------------------------------------


def check_login(session: Session, login: str, password: str, *, address: str, now: datetime) -> int:
    """Check a password and give the user's id.  The caller commits in any case, so that the attempt counts.

    Takes as long for an unknown login as for a wrong password.

    :raises TooManyAttempts: this login or address must wait
    :raises WrongLogin: no such active user, or another password
    """
    login = login.strip()[:80]
    _one_at_a_time(session, login)
    _check_wait(session, login, address, now)
    row = session.execute(
        text("SELECT id, password FROM core_user WHERE lower(login) = lower(:login) AND active AND NOT service"),
        {"login": login},
    ).first()
    stored = row.password if row else None
    right = verify_password(stored, password)
    _note_attempt(session, login, address, now, success=right)
    if row is None or not right or stored is None:
        raise WrongLogin(_("User name or password is wrong."))
    if needs_rehash(stored):
        session.execute(
            text("UPDATE core_user SET password = :hash WHERE id = :id"),
            {"hash": hash_password(password), "id": row.id},
        )
    return int(row.id)


def _one_at_a_time(session: Session, login: str) -> None:
    """Let nobody guess in parallel: the limit would be counted too late."""
    lock = int.from_bytes(hashlib.sha256(login.lower().encode()).digest()[:8], signed=True)
    if not session.scalar(text("SELECT pg_try_advisory_xact_lock(:lock)"), {"lock": lock}):
        raise TooManyAttempts(_("Somebody is signing in under this name right now. Try again in a moment."))


_FAILURES = text(
    "SELECT 'login' AS by, count(*), max(at) FROM core_login_attempt WHERE login = :login AND at > greatest(:since, "
    "coalesce((SELECT max(at) FROM core_login_attempt WHERE login = :login AND success AND at > :since), :since)) "
    "AND NOT success UNION ALL SELECT 'address', count(*), max(at) FROM core_login_attempt "
    "WHERE address = :address AND at > :since AND NOT success"
)


def _check_wait(session: Session, login: str, address: str, now: datetime) -> None:
    found = session.execute(_FAILURES, {"login": login.lower(), "address": address[:60], "since": now - MEMORY}).all()
    for by, failures, last in found:
        free = FREE_BY_LOGIN if by == "login" else FREE_BY_ADDRESS
        if failures >= free and last is not None:
            wait = min(timedelta(seconds=2 ** min(failures - free + 1, 20)), LONGEST_WAIT)
            left = (last + wait - now).total_seconds()
            if left > 0:
                raise TooManyAttempts(
                    _("Too many attempts. Wait %(seconds)s seconds, then try again.", seconds=int(left) + 1)
                )


def _note_attempt(session: Session, login: str, address: str, now: datetime, *, success: bool) -> None:
    session.execute(
        text("INSERT INTO core_login_attempt (login, address, at, success) VALUES (:login, :address, :at, :success)"),
        {"login": login.lower(), "address": address[:60], "at": now, "success": success},
    )


def forget_old(session: Session, now: datetime) -> None:
    """Throw away what has expired: sessions, attempts to log in, and keys under which forms and requests came."""
    session.execute(text("DELETE FROM core_session WHERE expires < :now"), {"now": now})
    session.execute(text("DELETE FROM core_login_attempt WHERE at < :then"), {"then": now - 2 * MEMORY})
    session.execute(text("DELETE FROM core_submission WHERE at < :then"), {"then": now - timedelta(days=2)})
    session.execute(text("DELETE FROM core_api_request WHERE at < :then"), {"then": now - timedelta(days=2)})


# --- forms ------------------------------------------------------------------------------------------------------------


def same_token(expected: str, given: str) -> bool:
    """Compare two tokens in constant time."""
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())


def claim_submission(session: Session, key: str, user_id: int, now: datetime) -> str | None:
    """Take a form's key for this submission; where the same form was sent before, give the address it led to.

    A second submission waits for the transaction of the first.
    """
    claimed = session.scalar(
        text(
            "INSERT INTO core_submission (key, user_id, at, url) VALUES (:key, :user, :at, '') "
            "ON CONFLICT (key) DO NOTHING RETURNING id"
        ),
        {"key": key[:64], "user": user_id, "at": now},
    )
    if claimed is not None:
        return None
    return (
        session.scalar(
            text("SELECT url FROM core_submission WHERE key = :key AND user_id = :user"),
            {"key": key[:64], "user": user_id},
        )
        or ""
    )


def settle_submission(session: Session, key: str, url: str) -> None:
    """Note where a form's submission led to."""
    session.execute(text("UPDATE core_submission SET url = :url WHERE key = :key"), {"url": url, "key": key[:64]})


def utc_now() -> datetime:
    """Give this moment."""
    return datetime.now(UTC)
