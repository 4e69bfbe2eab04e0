"""What an auditor wants to know of doors: who came in, who did not, and what was done to passwords and second factors.

Each is an action on the user that only Hanse itself does, so it stands in the audit log and its chain as everything
else does.  What has no company is noted in the first one the person works in; who works in none is in the log only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import Context, Identity, Records, action, find_action, system_context
from hanse.actions.context import FIRST_COMPANY, identify, identity_of
from hanse.directory.founding import SYSTEM
from hanse.directory.models import User
from hanse.i18n import Label, _
from hanse.models.fields import NOBODY
from hanse.screens.history import write_note
from hanse.security.permissions import model_name

log = logging.getLogger("hanse.security")
_FIRST = text(FIRST_COMPANY.format(user=":user"))
_ANY_COMPANY = text("SELECT id FROM core_company ORDER BY id LIMIT 1")

write_note("from_address", _("Address"))
write_note("device", _("Device"))
write_note("way", _("Way"))
write_note("sent_to", _("Sent to"))
write_note("sessions", _("Sessions"))


class Event(StrEnum):
    """What can happen at the door; the values are verbs of actions on users."""

    SIGNED_IN = "sign_in"
    REFUSED = "fail_to_sign_in"
    RESET_ASKED = "ask_for_password"
    RESET_DONE = "reset_password"
    SESSIONS_ENDED = "end_own_sessions"
    INVITED_CAME = "accept_invitation"
    FACTOR_SET = "set_second_factor"
    FACTOR_GONE = "remove_second_factor"
    FACTOR_REFUSED = "fail_second_factor"
    CODES_RENEWED = "renew_recovery_codes"
    CODE_USED = "use_recovery_code"
    LINKED = "link_sign_in"
    UNLINKED = "unlink_sign_in"


_LABELS: dict[Event, tuple[Label, str]] = {
    Event.SIGNED_IN: (_("Signed in"), "user-check"),
    Event.REFUSED: (_("Sign-in refused"), "ban"),
    Event.RESET_ASKED: (_("New password asked for"), "mail"),
    Event.RESET_DONE: (_("New password by mail"), "key"),
    Event.SESSIONS_ENDED: (_("Signed out elsewhere"), "lock"),
    Event.INVITED_CAME: (_("Invitation accepted"), "circle-check"),
    Event.FACTOR_SET: (_("Two-factor sign-in set up"), "shield-check"),
    Event.FACTOR_GONE: (_("Two-factor sign-in removed"), "shield-check"),
    Event.FACTOR_REFUSED: (_("Second step refused"), "ban"),
    Event.CODES_RENEWED: (_("Recovery codes renewed"), "key"),
    Event.CODE_USED: (_("Recovery code used"), "key"),
    Event.LINKED: (_("Single sign-on linked"), "link"),
    Event.UNLINKED: (_("Single sign-on unlinked"), "link"),
}


def _note(ctx: Context, users: Records[User], *, facts: dict[str, str]) -> None:
    """Note what happened, with where it came from."""
    assert ctx.running is not None
    for user in users.ids:
        ctx.running.note(model_name(User), user, {name: ["", fact] for name, fact in facts.items()})


for _event, (_label, _icon) in _LABELS.items():
    action(User, name=_event.value, label=_label, permission=NOBODY, icon=_icon, hidden=True, private=True)(_note)


def own_context(session: Session, user: int, *, via: str = "web", actor: int | None = None) -> Context | None:
    """Open a Context that may do everything in the first company somebody works in; None: they work in none.

    :param actor: who is said to act; None: the person
    """
    company = session.scalar(_FIRST, {"user": user})
    acting = identity_of(session, user if actor is None else actor)
    return None if company is None or acting is None else system_context(session, acting, company, via=via)


def nobodys_context(session: Session, *, via: str = "web") -> Context | None:
    """Open a Context of Hanse itself in the first company, for what must not tell whether a person is there."""
    company, acting = session.scalar(_ANY_COMPANY), identify(session, SYSTEM)
    return None if company is None or acting is None else system_context(session, acting, company, via=via)


def note_event(
    session: Session, user: int, event: Event, facts: Mapping[str, object], *, by_hanse: bool = False, via: str = "web"
) -> None:
    """Write an event into the audit log, and a line into the log.

    :param by_hanse: nobody knows who it was, such as whoever typed a wrong password
    """
    log.info(event.value, extra={"facts": {"subject": user} | {name: str(fact) for name, fact in facts.items()}})
    ctx = own_context(session, user, via=via, actor=_system(session) if by_hanse else None)
    if ctx is None:
        return
    found = find_action(f"{model_name(User)}.{event.value}")
    assert found is not None
    told: dict[str, Any] = {name: str(fact) for name, fact in facts.items() if fact}
    ctx.run(found, [user], facts=told)


def _system(session: Session) -> int | None:
    found: Identity | None = identify(session, SYSTEM)
    return found.id if found else None


__all__ = ["Event", "nobodys_context", "note_event", "own_context"]
