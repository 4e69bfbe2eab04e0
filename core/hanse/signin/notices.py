"""Letters about somebody's own account: links that open a door, and word of what was done to it.

Word of a change is mailed whatever somebody has chosen to be told of: it is how they learn that it was not they.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.i18n import Label, _, format_moment, speaking
from hanse.jobs.outbox import follow_up
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import register_task
from hanse.mail.message import To, domain_of, is_address
from hanse.mail.sending import send_mail

if TYPE_CHECKING:
    from hanse.actions import Context

#: What is told of, by the name that jobs know it under: the subject and what it means.
NOTICES: Mapping[str, tuple[Label, Label]] = {
    "password": (
        _("Your password was changed"),
        _("The password of your account was changed. All other browsers were signed out."),
    ),
    "factor_set": (
        _("Two-factor sign-in is on"),
        _("From now on signing in to your account takes a code of your authenticator app besides the password."),
    ),
    "factor_removed": (
        _("Two-factor sign-in is off"),
        _("Two-factor sign-in of your account was removed; its recovery codes open nothing any more."),
    ),
    "codes_renewed": (
        _("Your recovery codes were renewed"),
        _("New recovery codes were made for your account; the older ones open nothing any more."),
    ),
    "code_used": (
        _("A recovery code was used"),
        _("Somebody signed in to your account with one of its recovery codes."),
    ),
    "linked": (_("Single sign-on is linked"), _("Your account can now be entered by %(provider)s.")),
    "sessions_ended": (
        _("You were signed out"),
        _("An administrator has ended sessions of your account; sign in again to go on."),
    ),
}
_PERSON = text("SELECT login, name, email, locale FROM core_user WHERE id = :user AND active AND NOT service")


def give_notice(ctx: Context, user: int, notice: str, *, address: str = "", **values: str) -> None:
    """Have somebody told by mail, once this transaction is committed, what was done to their account.

    :param notice: one of :data:`NOTICES`
    :param address: from where it was done; empty: an administrator did it
    """
    arguments = {"user": user, "notice": notice, "at": ctx.now.isoformat(), "address": address, "values": values}
    follow_up(ctx, MAIL_NOTICE, [arguments])


def mail_notice(
    ctx: Context, progress: Progress, *, user: int, notice: str, at: str, address: str, values: dict[str, str]
) -> None:
    """Mail somebody what was done to their account; who has no address is told nothing."""
    row = ctx.session.execute(_PERSON, {"user": user}).first()
    if row is None or not is_address((row.email or "").strip()):
        return
    locale = row.locale or ctx.company.locale
    subject, meaning = NOTICES[notice]
    with speaking(locale):
        facts = [(_("When"), format_moment(datetime.fromisoformat(at), ctx.company.zone)), (_("Login"), row.login)]
        if address:
            facts.append((_("Address"), address))
        told: dict[str, Any] = {
            "lines": [str(meaning) % values if values else meaning],
            "facts": facts,
            "url": f"{progress.post.site}/forgot",
            "link": _("Choose a new password"),
            "after": [_("If it was not you, choose a new password at once, and tell an administrator.")],
        }
        write_letter(ctx, progress, To(row.email.strip(), row.name, locale, user), subject, "security_notice", told)


def write_letter(
    ctx: Context,
    progress: Progress,
    to: To,
    subject: Label,
    template: str,
    values: Mapping[str, Any],
    *,
    until: datetime | None = None,
) -> None:
    """Send a letter about an account: ``lines``, ``facts``, a link with its ``url``, and what comes ``after``."""
    everything: dict[str, Any] = {"facts": (), "after": (), "company": ctx.company.name, **values}
    send_mail(ctx, to, subject, template, everything, domain=domain_of(progress.post.sender), until=until)


MAIL_NOTICE = register_task(mail_notice, label=_("Tell somebody of their account by mail"), queue="mail")

__all__ = ["MAIL_NOTICE", "NOTICES", "give_notice", "mail_notice", "write_letter"]
