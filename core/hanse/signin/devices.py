"""Browsers that somebody has signed in from; of a new one they are told."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.i18n import _, speaking
from hanse.jobs.outbox import follow_up
from hanse.jobs.tasks import register_task
from hanse.signin.agents import device_name
from hanse.signin.links import digest
from hanse.work.models import Reason
from hanse.work.telling import News, tell

if TYPE_CHECKING:
    from hanse.actions import Context

#: How long a device that is trusted needs no second step.
TRUSTED_DAYS = 30
_NOTE = text("""
    INSERT INTO core_device (user_id, token, agent, address, created, seen)
    VALUES (:user, :token, :agent, :address, :now, :now)
    ON CONFLICT (user_id, token) DO UPDATE SET agent = excluded.agent, address = excluded.address, seen = excluded.seen
    RETURNING id, xmax = 0, (SELECT count(*) FROM core_device d WHERE d.user_id = :user)
""")


@dataclass(frozen=True)
class Seen:
    """A device after somebody has signed in from it.

    :ivar unusual: it is new, and they have signed in from others before
    """

    id: int
    unusual: bool


def new_device_token() -> str:
    """Make up what a device is known by."""
    return secrets.token_urlsafe(32)


def note_device(session: Session, user: int, token: str, *, agent: str, address: str, now: datetime) -> Seen:
    """Note that somebody has signed in from a device."""
    values = {"user": user, "token": digest(token), "agent": agent[:300], "address": address[:60], "now": now}
    id_, fresh, before = session.execute(_NOTE, values).one()
    return Seen(id_, bool(fresh) and before > 0)


def trust_device(session: Session, device: int, now: datetime) -> None:
    """Ask for no second step on a device for some days."""
    session.execute(
        text("UPDATE core_device SET trusted_until = :until WHERE id = :id"),
        {"until": now + timedelta(days=TRUSTED_DAYS), "id": device},
    )


def is_trusted(session: Session, user: int, token: str | None, now: datetime) -> bool:
    """Tell whether somebody needs no second step on the device with this token."""
    if not token:
        return False
    found = session.scalar(
        text("SELECT id FROM core_device WHERE user_id = :user AND token = :token AND trusted_until > :now"),
        {"user": user, "token": digest(token), "now": now},
    )
    return found is not None


def forget_device(session: Session, user: int, device: int) -> bool:
    """Know a device of somebody no more; tell whether it was there."""
    gone = session.scalar(
        text("DELETE FROM core_device WHERE id = :id AND user_id = :user RETURNING id"), {"id": device, "user": user}
    )
    return gone is not None


def tell_of_device(ctx: Context, user: int, device: int, *, agent: str, address: str) -> None:
    """Have somebody told, as they like to be, of a sign-in from a new device."""
    follow_up(ctx, TELL_DEVICE, [{"user": user, "device": device, "agent": agent[:300], "address": address[:60]}])


def tell_device(ctx: Context, *, user: int, device: int, agent: str, address: str) -> None:
    """Tell somebody of a new device, in Hanse and by mail."""
    locale = ctx.session.scalar(text("SELECT locale FROM core_user WHERE id = :id"), {"id": user})
    with speaking(locale or ctx.company.locale):
        name = str(device_name(agent))
    message = _("New sign-in: %(device)s, from %(address)s", device=name, address=address or "–")
    content = {"domain": message.domain, "message": message.message, "values": dict(message.values)}
    tell(ctx, [News(user, Reason.SIGN_IN, content, topic=f"device:{device}")])


TELL_DEVICE = register_task(tell_device, label=_("Notify people"))

__all__ = ["TRUSTED_DAYS", "Seen", "forget_device", "is_trusted", "note_device", "tell_of_device", "trust_device"]
