"""Where somebody is signed in, and what else comes in under their name."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

_SESSIONS = text(
    "SELECT id, agent, address, created, seen, expires FROM core_session WHERE user_id = :user AND expires > :now "
    "ORDER BY seen DESC, id DESC LIMIT 200"
)
_DEVICES = text(
    "SELECT id, agent, address, created, seen, trusted_until FROM core_device WHERE user_id = :user "
    "ORDER BY seen DESC, id DESC LIMIT 200"
)
_TOKENS = text(
    "SELECT id, name, created, seen, expires FROM core_api_token WHERE user_id = :user AND expires > :now "
    "ORDER BY created DESC, id DESC LIMIT 200"
)


@dataclass(frozen=True)
class OpenSession:
    """A browser in which somebody is signed in."""

    id: int
    agent: str | None
    address: str | None
    created: datetime
    seen: datetime
    expires: datetime


@dataclass(frozen=True)
class KnownDevice:
    """A browser that somebody has signed in from."""

    id: int
    agent: str
    address: str
    created: datetime
    seen: datetime
    trusted_until: datetime | None


@dataclass(frozen=True)
class OpenToken:
    """A key of a program that acts as somebody."""

    id: int
    name: str
    created: datetime
    seen: datetime | None
    expires: datetime


def sessions_of(session: Session, user: int, now: datetime) -> list[OpenSession]:
    """Give the living sessions of somebody, the last used first."""
    return [OpenSession(*row) for row in session.execute(_SESSIONS, {"user": user, "now": now})]


def devices_of(session: Session, user: int) -> list[KnownDevice]:
    """Give the devices of somebody, the last used first."""
    return [KnownDevice(*row) for row in session.execute(_DEVICES, {"user": user})]


def tokens_of(session: Session, user: int, now: datetime) -> list[OpenToken]:
    """Give the living tokens of somebody, the newest first."""
    return [OpenToken(*row) for row in session.execute(_TOKENS, {"user": user, "now": now})]
