"""send_mail() puts a mail into the outbox; a job makes one attempt after the other, with growing pauses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from hanse.actions import write
from hanse.i18n import Label, _, current_locale, speaking
from hanse.jobs.outbox import follow_up
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import register_task
from hanse.mail.message import Outgoing, To, checked_address, compose, cut_subject, draw, new_id, one_line
from hanse.mail.models import Mail, MailState
from hanse.mail.transport import NotSent

if TYPE_CHECKING:
    from hanse.actions import Context

#: How long is waited after each attempt that failed; then it is given up.
PAUSES = tuple(timedelta(minutes=one) for one in (1, 5, 15, 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60))
_INSERT = """
    INSERT INTO core_mail (created_at, address, name, purpose, subject, plain, html, message, thread, settings_url,
                           until, user_id, company_id)
    VALUES (%(now)s, %(address)s, %(name)s, %(purpose)s, %(subject)s, %(plain)s, %(html)s, %(message)s, %(thread)s,
            %(settings_url)s, %(until)s, %(user)s, %(company)s)
    RETURNING id
"""
# Whoever holds the lock makes the attempt; another one finds nothing to do.
_LOCK = """
    SELECT id, address, name, subject, plain, html, message, thread, settings_url, created_at, attempts, until
    FROM core_mail
    WHERE id = %(id)s AND state = 'waiting' FOR NO KEY UPDATE SKIP LOCKED
"""
_SENT = """
    UPDATE core_mail SET state = 'sent', sent_at = clock_timestamp(), attempts = attempts + 1, next_at = NULL,
           error = NULL, plain = '', html = '', rev = rev + 1 WHERE id = %(id)s
"""
# What is given up is forgotten like what was sent: it may hold the key to somebody's account.
_NOT_SENT = """
    UPDATE core_mail SET state = %(state)s, attempts = attempts + 1, next_at = %(next)s, error = %(error)s,
           plain = CASE WHEN %(state)s = 'failed' THEN '' ELSE plain END,
           html = CASE WHEN %(state)s = 'failed' THEN '' ELSE html END, rev = rev + 1
    WHERE id = %(id)s
"""
_LONGEST_ERROR = 1000


def send_mail(
    ctx: Context,
    to: To,
    subject: Label,
    template: str,
    values: Mapping[str, Any],
    *,
    domain: str = "localhost",
    thread: str | None = None,
    settings_url: str | None = None,
    until: datetime | None = None,
) -> int:
    """Send a mail once the transaction is committed; give the id of its row.

    The templates ``<template>.txt.jinja2`` and ``<template>.html.jinja2`` are drawn here, in the language of ``to``,
    with ``values`` and ``subject``; subject and translatable values speak that language too.

    :param domain: of Message-IDs
    :param thread: Message-ID of what mail programs show it together with
    :param settings_url: where the receiver can say that they want no such mail
    :param until: it is not sent after this moment, as what it brings opens nothing any more
    :raises BusinessError: the address is none
    """
    address = checked_address(to.address)
    with speaking(to.locale or ctx.locale):
        line = cut_subject(subject)
        plain, html = draw(
            template,
            {
                **values,
                "subject": line,
                "settings_url": settings_url,
                "name": to.name,
                "lang": current_locale().replace("_", "-"),
            },
        )
    row = {
        "now": ctx.now,
        "address": address,
        "name": one_line(to.name)[:200],
        "purpose": template,
        "subject": line,
        "plain": plain,
        "html": html,
        "message": new_id(domain),
        "thread": thread,
        "settings_url": settings_url,
        "until": until,
        "user": to.user,
        "company": ctx.company.id,
    }
    mail: int = write.execute(ctx.session, _INSERT, row)[0][0]
    _attempt_at(ctx, mail, 0, None)
    return mail


def _attempt_at(ctx: Context, mail: int, number: int, moment: datetime | None) -> None:
    follow_up(ctx, DELIVER, [{"mail": mail}], keys=[f"mail:{mail}:{number}"], run_at=moment)


def deliver_mail(ctx: Context, progress: Progress, *, mail: int) -> None:
    """Make one attempt to send a mail.  What fails is written down, and tried again later by another job."""
    rows = write.execute(ctx.session, _LOCK, {"id": mail})
    if not rows:
        return
    _id, *columns, attempts, until = rows[0]
    try:
        if until is not None and ctx.now >= until:
            raise NotSent(str(_("What it brings opens nothing any more.")), for_good=True)
        progress.post.send(compose(Outgoing(*columns), progress.post.sender))
    except (NotSent, ValueError) as error:
        _put_off(ctx, mail, attempts, error, until)
        return
    write.execute(ctx.session, _SENT, {"id": mail})


def _put_off(ctx: Context, mail: int, attempts: int, error: Exception, until: datetime | None) -> None:
    for_good = not isinstance(error, NotSent) or error.for_good or attempts >= len(PAUSES)
    moment = None if for_good else ctx.now + PAUSES[attempts]
    for_good = for_good or (until is not None and moment is not None and moment >= until)
    moment = None if for_good else moment
    state = MailState.FAILED if for_good else MailState.WAITING
    asked = {"id": mail, "state": state.value, "next": moment, "error": str(error)[:_LONGEST_ERROR]}
    write.execute(ctx.session, _NOT_SENT, asked)
    if moment is not None:
        _attempt_at(ctx, mail, attempts + 1, moment)


DELIVER = register_task(deliver_mail, label=_("Send mail"), queue="mail")

__all__ = ["DELIVER", "PAUSES", "Mail", "deliver_mail", "send_mail"]
