"""Sessions of browsers: begun, kept alive, ended; and the forms that come from them.

A session is an opaque random token in a cookie; the database keeps only its SHA-256.  Sessions are the
kernel's own bookkeeping: written directly, not through run(); what an auditor wants of them are the events at the door
(:mod:`hanse.signin.events`).
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Identity
from hanse.database.session import note_told

#: How often a session notes that it is in use.
NOTED_EVERY = timedelta(minutes=1)


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
    days: int = 30,
) -> str:
    """Begin a session and give the token for its cookie.

    :param hours: without activity until it ends
    :param days: until it ends in any case
    """
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
            "expires": now + min(timedelta(hours=hours), timedelta(days=days)),
            "address": address[:60],
            "agent": agent[:300],
        },
    )
    return token


def note_use(session: Session, found: BrowserSession, *, now: datetime, hours: int, days: int = 30) -> None:
    """Keep a session alive, but not beyond its last day; at most one write a minute."""
    if now - found.seen > NOTED_EVERY:
        session.execute(
            text(
                "UPDATE core_session SET seen = :now, "
                "expires = least(:expires, created + make_interval(days => :days)) WHERE id = :id"
            ),
            {"now": now, "expires": now + timedelta(hours=hours), "days": days, "id": found.id},
        )


def renew_session(session: Session, session_id: int) -> str:
    """Give a session another token and form token, so that one known from before opens nothing; give the former."""
    token = secrets.token_urlsafe(32)
    session.execute(
        text("UPDATE core_session SET token = :token, csrf = :csrf WHERE id = :id"),
        {"token": _digest(token), "csrf": secrets.token_urlsafe(24), "id": session_id},
    )
    return token


def close_session(session: Session, session_id: int) -> None:
    """End one session."""
    session.execute(text("DELETE FROM core_session WHERE id = :id"), {"id": session_id})


def close_sessions_of(session: Session, user_ids: list[int], *, but: int | None = None) -> None:
    """End every session of some users, the one with id ``but`` excepted."""
    session.execute(
        text("DELETE FROM core_session WHERE user_id = ANY(:users) AND id IS DISTINCT FROM :but"),
        {"users": user_ids, "but": but},
    )


def sign_out(session: Session, user_ids: list[int], *, but: int | None = None) -> None:
    """Shut doors: every session but one, links for a new password, second steps half done, and trusted devices."""
    close_sessions_of(session, user_ids, but=but)
    session.execute(
        text("DELETE FROM core_sign_in_link WHERE user_id = ANY(:users) AND kind IN ('reset', 'step')"),
        {"users": user_ids},
    )
    session.execute(
        text("UPDATE core_device SET trusted_until = NULL WHERE user_id = ANY(:users) AND trusted_until IS NOT NULL"),
        {"users": user_ids},
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


def forget_old(session: Session, now: datetime) -> None:
    """Throw away what has expired: sessions, attempts to log in, and keys under which forms and requests came."""
    session.execute(text("DELETE FROM core_session WHERE expires < :now"), {"now": now})
    session.execute(text("DELETE FROM core_login_attempt WHERE at < :then"), {"then": now - timedelta(hours=2)})
    session.execute(text("DELETE FROM core_sign_in_link WHERE expires < :then"), {"then": now - timedelta(days=30)})
    session.execute(text("DELETE FROM core_device WHERE seen < :then"), {"then": now - timedelta(days=400)})
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
