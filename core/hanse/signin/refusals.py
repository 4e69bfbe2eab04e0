"""Attempts that failed, for the auditor: written by a job, so that the door answers alike whoever is meant."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.i18n import _
from hanse.jobs.outbox import follow_up
from hanse.jobs.tasks import register_task
from hanse.signin.events import Event, nobodys_context, note_event

if TYPE_CHECKING:
    from hanse.actions import Context

log = logging.getLogger("hanse.security")


def note_refusal(session: Session, login: str, facts: Mapping[str, str]) -> None:
    """Have an attempt that failed written into the audit log, if somebody has this login."""
    ctx = nobodys_context(session)
    if ctx is not None:
        follow_up(ctx, NOTE_REFUSAL, [{"login": login.strip()[:80], "facts": dict(facts)}])


def write_refusal(ctx: Context, *, login: str, facts: dict[str, str]) -> None:
    """Write an attempt that failed; of a login that nobody has there is a line in the log only."""
    user = ctx.session.scalar(text("SELECT id FROM core_user WHERE lower(login) = lower(:login)"), {"login": login})
    if user is None:
        log.info("unknown_login", extra={"facts": facts})
    else:
        note_event(ctx.session, user, Event.REFUSED, facts, by_hanse=True)


NOTE_REFUSAL = register_task(write_refusal, label=_("Note a refused sign-in"))

__all__ = ["NOTE_REFUSAL", "note_refusal", "write_refusal"]
