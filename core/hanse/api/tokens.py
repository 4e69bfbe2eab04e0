"""Tokens: made once and shown once, then known by their hash."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Identity

#: So that a leaked token is recognized for what it is.
PREFIX = "hanse_"
#: How often a token notes that it is in use.
_NOTED_EVERY = timedelta(minutes=1)

_FIND = text(
    "SELECT t.id, t.company_id, t.permissions, t.seen, u.id, u.login, u.name, u.locale, u.service "
    "FROM core_api_token t JOIN core_user u ON u.id = t.user_id "
    "WHERE t.token = :token AND t.expires > :now AND u.active"
)


@dataclass(frozen=True)
class Bearer:
    """Who sent a token, and the bounds it sets.

    :ivar permissions: patterns such as ``finance.*``; nothing beyond them is allowed, whatever the user may
    """

    id: int
    company_id: int | None
    permissions: tuple[str, ...]
    seen: datetime | None
    user: Identity


def new_secret() -> str:
    """Make up a token."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """Give what is stored of a token.  It is random and long, so no slow hash is needed."""
    return hashlib.sha256(secret.encode()).hexdigest()


def find_token(session: Session, secret: str, now: datetime) -> Bearer | None:
    """Find the living token of a request."""
    row = session.connection().execute(_FIND, {"token": digest(secret), "now": now}).first()
    if row is None:
        return None
    id_, company, permissions, seen, user, login, name, locale, service = row
    return Bearer(
        id_, company, tuple(str(one) for one in permissions), seen, Identity(user, login, name, locale, service)
    )


def note_use(session: Session, bearer: Bearer, now: datetime) -> None:
    """Note that a token is in use; at most one write a minute."""
    if bearer.seen is None or now - bearer.seen > _NOTED_EVERY:
        session.execute(text("UPDATE core_api_token SET seen = :now WHERE id = :id"), {"now": now, "id": bearer.id})
