"""Notifications by mail: one mail for all that has come in a moment, or in a day; none for what was read meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.i18n import Label, _, format_moment, speaking
from hanse.jobs.progress import Progress
from hanse.jobs.tasks import register_task
from hanse.mail.message import To, domain_of, is_address
from hanse.mail.sending import send_mail
from hanse.security.audience import contexts_of
from hanse.work.models import Posting
from hanse.work.wording import Told, posted

if TYPE_CHECKING:
    from hanse.actions import Context

SETTINGS = "/core/notification-settings"
_EMAIL = text("SELECT email FROM core_user WHERE id = :user")
_MAILED = text("""
    UPDATE core_notification SET posting = 'mailed'
    WHERE company_id = :company AND user_id = :user AND posting = ANY(:postings)
""")


def mail_one(ctx: Context, progress: Progress, *, user: int, daily: bool = False) -> None:
    """Mail somebody what they have not read yet of what they want by mail; the daily mail takes the rest along."""
    postings = [Posting.SOON.value, *([Posting.DAILY.value] if daily else [])]
    person = contexts_of(ctx, [user]).get(user)
    email = (ctx.session.scalar(_EMAIL, {"user": user}) or "").strip()
    if person is not None and is_address(email):
        with speaking(person.user.locale or ctx.company.locale):
            told = posted(person, postings)
            if told:
                _send(person, email, told, progress.post.site, domain_of(progress.post.sender))
    ctx.session.execute(_MAILED, {"company": ctx.company.id, "user": user, "postings": postings})


def _send(person: Context, email: str, told: list[Told], site: str, domain: str) -> None:
    entries = [_entry(person, one, site) for one in told]
    first = told[0]
    subject: Label = f"{first.sentence} · {first.about}" if first.about else first.sentence
    if len(told) > 1:
        subject = _("%(count)s notifications: %(first)s …", count=len(told), first=first.sentence)
    send_mail(
        person,
        To(email, person.user.name, person.user.locale or person.company.locale, person.user.id),
        subject,
        "notifications",
        {"entries": entries, "company": person.company.name, "home_url": f"{site}/"},
        domain=domain,
        thread=_thread(person, told, domain),
        settings_url=f"{site}{SETTINGS}",
    )


def _entry(person: Context, one: Told, site: str) -> dict[str, Any]:
    return {
        "sentence": one.sentence,
        "about": one.about,
        "detail": one.detail,
        "when": format_moment(one.at, person.company.zone),
        "url": f"{site}{one.path}" if one.path else "",
    }


def _thread(person: Context, told: list[Told], domain: str) -> str | None:
    """Name the thread of a record, where a mail is about only one."""
    about = {(one.model, one.record) for one in told}
    if len(about) > 1 or told[0].record is None:
        return None
    return f"<{told[0].model}.{told[0].record}.{person.company.id}@{domain}>"


MAIL_ONE = register_task(mail_one, label=_("Notify by mail"), queue="mail")
