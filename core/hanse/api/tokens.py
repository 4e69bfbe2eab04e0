"""Tokens: made once and shown once, then known by their hash."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Identity
from hanse.actions.context import FIRST_COMPANY, GRANTS

#: So that a leaked token is recognized for what it is.
PREFIX = "hanse_"
#: How often a token notes that it is in use.
_NOTED_EVERY = timedelta(minutes=1)

_FIND = text(
    "SELECT t.id, t.company_id, t.permissions, t.seen, u.id, u.login, u.name, u.locale, u.service, "  # noqa: S608
    f"CASE WHEN t.company_id IS NULL THEN ({FIRST_COMPANY.format(user='u.id')}) END, "
    "(SELECT coalesce(jsonb_agg(jsonb_build_array(permission, scope, company_id, companies)), '[]') "
    f"FROM ({GRANTS.format(user='u.id')}) held (permission, scope, company_id, companies)) "
    "FROM core_api_token t JOIN core_user u ON u.id = t.user_id "
    "WHERE t.token = :token AND t.expires > :now AND u.active"
)


@dataclass(frozen=True)
class Bearer:
    """Who sent a token, and the bounds it sets.

    :ivar permissions: patterns such as ``finance.*``; nothing beyond them is allowed, whatever the user may
    :ivar usual: the company of requests that name none; None: the user works in none
    :ivar held: what the user may do, for ``open_context``
    """

    id: int
    company_id: int | None
    permissions: tuple[str, ...]
    seen: datetime | None
    user: Identity
    usual: int | None
    held: Sequence[Sequence[Any]]


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
    id_, company, permissions, seen, user, login, name, locale, service, first, held = row
    bounds, identity = tuple(str(one) for one in permissions), Identity(user, login, name, locale, service)
    return Bearer(id_, company, bounds, seen, identity, company or first, held)


def note_use(session: Session, bearer: Bearer, now: datetime) -> None:
    """Note that a token is in use; at most one write a minute."""
    if bearer.seen is None or now - bearer.seen > _NOTED_EVERY:
        session.execute(text("UPDATE core_api_token SET seen = :now WHERE id = :id"), {"now": now, "id": bearer.id})
