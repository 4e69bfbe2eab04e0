"""Links that open one door once: made, found, used, and forgotten when something better has come."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.signin.models import LinkKind

#: How long a link opens its door.
LIVES: Mapping[LinkKind, timedelta] = {
    LinkKind.RESET: timedelta(minutes=30),
    LinkKind.INVITATION: timedelta(days=7),
    LinkKind.STEP: timedelta(minutes=10),
}


@dataclass(frozen=True)
class Door:
    """What a living link opens, and for whom."""

    id: int
    kind: LinkKind
    user: int
    login: str
    name: str
    email: str | None
    locale: str | None
    content: Mapping[str, Any]


def digest(token: str) -> str:
    """Give what is stored of a token, which is random and long."""
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(
    session: Session, user: int, kind: LinkKind, now: datetime, content: Mapping[str, Any] | None = None
) -> str:
    """Make a link and give its token.  An older one for a password or an invitation opens nothing any more."""
    if kind is not LinkKind.STEP:
        forget_links(session, [user], [kind])
    token = secrets.token_urlsafe(32)
    session.execute(
        text(
            "INSERT INTO core_sign_in_link (kind, user_id, token, created, expires, content) "
            "VALUES (:kind, :user, :token, :now, :expires, CAST(:content AS jsonb))"
        ),
        {
            "kind": kind.value,
            "user": user,
            "token": digest(token),
            "now": now,
            "expires": now + LIVES[kind],
            "content": json.dumps(dict(content or {})),
        },
    )
    return token


_FIND = (
    "SELECT k.id, k.kind, u.id, u.login, u.name, u.email, u.locale, k.content FROM core_sign_in_link k "
    "JOIN core_user u ON u.id = k.user_id "
    "WHERE k.token = :token AND k.kind = :kind AND k.expires > :now AND u.active AND NOT u.service"
)


def find_door(session: Session, token: str, kind: LinkKind, now: datetime, *, using: bool = False) -> Door | None:
    """Find what a token opens; ``using`` locks it, so that of two requests with one token only one gets it."""
    if not token:
        return None
    sql = text(_FIND + (" FOR UPDATE OF k" if using else ""))
    row = session.execute(sql, {"token": digest(token), "kind": kind.value, "now": now}).first()
    return None if row is None else Door(row[0], LinkKind(row[1]), *row[2:])


def close_door(session: Session, door: Door) -> None:
    """Let a link open nothing any more."""
    session.execute(text("DELETE FROM core_sign_in_link WHERE id = :id"), {"id": door.id})


def forget_links(session: Session, users: Iterable[int], kinds: Iterable[LinkKind]) -> None:
    """Let the links of some people open nothing any more."""
    session.execute(
        text("DELETE FROM core_sign_in_link WHERE user_id = ANY(:users) AND kind = ANY(:kinds)"),
        {"users": list(users), "kinds": [one.value for one in kinds]},
    )


def count_links(session: Session, user: int, kind: LinkKind) -> int:
    """Say how many living and dead links of a kind somebody has."""
    found = session.scalar(
        text("SELECT count(*) FROM core_sign_in_link WHERE user_id = :user AND kind = :kind"),
        {"user": user, "kind": kind.value},
    )
    return int(found or 0)
