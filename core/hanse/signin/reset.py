"""A new password by mail: the page answers everybody alike and at once, a job finds out who is meant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from hanse.actions import find_action
from hanse.i18n import _, speaking
from hanse.jobs.outbox import follow_up
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import register_task
from hanse.mail.message import To, is_address
from hanse.security.guessing import LINKS_BY_NAME
from hanse.signin.agents import device_name
from hanse.signin.events import Event, nobodys_context, note_event, own_context
from hanse.signin.links import LIVES, Door, close_door, make_link
from hanse.signin.models import LinkKind
from hanse.signin.notices import give_notice, write_letter

if TYPE_CHECKING:
    from hanse.actions import Context

#: People who may share an address, such as that of a shop.
MOST_AT_ONE_ADDRESS = 5
#: Who has signed in by a password before; whoever was invited uses the invitation.
_MEANT = text("""
    SELECT u.id, u.login, u.name, u.email, u.locale FROM core_user u
    WHERE u.active AND NOT u.service AND u.password IS NOT NULL AND u.email IS NOT NULL
      AND (lower(u.login) = lower(:asked) OR lower(u.email) = lower(:asked))
    ORDER BY u.id LIMIT :most
""")
_RECENT = text("""
    SELECT count(*) FROM core_login_attempt
    WHERE kind = 'sent' AND login = :name AND at > :now - interval '1 hour'
""")
_SENT = text("""
    INSERT INTO core_login_attempt (login, address, at, success, kind) VALUES (:name, :address, :now, true, 'sent')
""")


def ask_for_reset(session: Session, asked: str, *, address: str, agent: str) -> None:
    """Have a link mailed to whoever is meant, if anybody is.  Takes the same statements whether somebody is or not."""
    ctx = nobodys_context(session)
    if ctx is not None:
        follow_up(ctx, MAIL_RESET, [{"asked": asked[:254], "address": address[:60], "agent": agent[:300]}])


def mail_reset(ctx: Context, progress: Progress, *, asked: str, address: str, agent: str) -> None:
    """Mail a link to everybody who is meant by a login or an address; too many for one person are left out."""
    for row in ctx.session.execute(_MEANT, {"asked": asked.strip(), "most": MOST_AT_ONE_ADDRESS}).all():
        name = f"user:{row.id}"
        if not is_address(row.email.strip()):
            continue
        if int(ctx.session.scalar(_RECENT, {"name": name, "now": ctx.now}) or 0) >= LINKS_BY_NAME:
            continue
        ctx.session.execute(_SENT, {"name": name, "address": address, "now": ctx.now})
        _mail_one(ctx, progress, row, address, agent)


def _mail_one(ctx: Context, progress: Progress, row: Any, address: str, agent: str) -> None:
    note_event(ctx.session, row.id, Event.RESET_ASKED, {"from_address": address, "sent_to": row.email}, by_hanse=True)
    own = own_context(ctx.session, row.id, via="job") or ctx
    token = make_link(ctx.session, row.id, LinkKind.RESET, ctx.now)
    locale = row.locale or own.company.locale
    with speaking(locale):
        values = {
            "lines": [
                _("Somebody asked for a new password for your account. Open this link and choose one."),
                _("It works once, for %(minutes)s minutes.", minutes=int(LIVES[LinkKind.RESET].total_seconds() // 60)),
            ],
            "facts": [(_("Login"), row.login), (_("Device"), device_name(agent)), (_("Address"), address or "–")],
            "url": f"{progress.post.site}/password?token={token}",
            "link": _("Choose a new password"),
            "after": [_("If it was not you, do nothing: your password stays as it is.")],
        }
        to = To(row.email.strip(), row.name, locale, row.id)
        until = ctx.now + LIVES[LinkKind.RESET]
        write_letter(own, progress, to, _("A new password for Hanse"), "password_reset", values, until=until)


def choose_password(session: Session, door: Door, password: str, *, address: str) -> None:
    """Give somebody the password they chose behind a link, which then opens nothing any more.

    :raises BusinessError: it is too weak; the link stays
    """
    ctx = own_context(session, door.user) or nobodys_context(session)
    set_password = find_action("core.user.set_password")
    assert ctx is not None
    assert set_password is not None
    ctx.run(set_password, [door.user], password=password)
    close_door(session, door)
    invited = door.kind is LinkKind.INVITATION
    note_event(session, door.user, Event.INVITED_CAME if invited else Event.RESET_DONE, {"from_address": address})
    if not invited:
        give_notice(ctx, door.user, "password", address=address)


MAIL_RESET = register_task(mail_reset, label=_("Mail a link for a new password"), queue="mail")

__all__ = ["MAIL_RESET", "ask_for_reset", "choose_password", "mail_reset"]
