"""Tokens: made once and shown once, then known by their hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Identity
from hanse.actions.context import FIRST_COMPANY
from hanse.database.session import note_told

#: So that a leaked token is recognized for what it is.
PREFIX = "hanse_"
#: How often a token notes that it is in use.
_NOTED_EVERY = timedelta(minutes=1)

#: It tells PostgreSQL the company by the way, as tell_companies() does.
_FIND = text(
    "SELECT t.id, t.company_id, t.permissions, t.seen, u.id, u.login, u.name, u.locale, u.service, w.company, "
    "set_config('hanse.companies', '{' || w.company || '}', true), "
    "set_config('hanse.company', CAST(w.company AS text), true) "
    "FROM core_api_token t JOIN core_user u ON u.id = t.user_id "
    "CROSS JOIN LATERAL (SELECT coalesce(t.company_id, (FIRST)) AS company) w "
    "WHERE t.token = :token AND t.expires > :now AND u.active".replace("FIRST", FIRST_COMPANY.format(user="u.id"))
)


@dataclass(frozen=True)
class Bearer:
    """Who sent a token, and the bounds it sets.

    :ivar permissions: patterns such as ``finance.*``; nothing beyond them is allowed, whatever the user may
    :ivar usual: the company of requests that name none; None: the user works in none
    """

    id: int
    company_id: int | None
    permissions: tuple[str, ...]
    seen: datetime | None
    user: Identity
    usual: int | None


def new_secret() -> str:
    """Make up a token."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Give what is stored of a token.  It is random and long, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(session: Session, secret: str, now: datetime) -> Bearer | None:
    """Find the living token of a request, and begin to work for its company."""
    row = session.connection().execute(_FIND, {"token": digest(secret), "now": now}).first()
    if row is None:
        return None
    id_, company, permissions, seen, user, login, name, locale, service, usual, *_told = row
    if usual is not None:
        note_told(session, usual)
    bounds, identity = tuple(str(one) for one in permissions), Identity(user, login, name, locale, service)
    return Bearer(id_, company, bounds, seen, identity, usual)


def note_use(session: Session, bearer: Bearer, now: datetime) -> None:
    """Note that a token is in use; at most one write a minute."""
    if bearer.seen is None or now - bearer.seen > _NOTED_EVERY:
        session.execute(text("UPDATE core_api_token SET seen = :now WHERE id = :id"), {"now": now, "id": bearer.id})
