"""Mail that goes out: a row for each, written in the transaction of whoever sends it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import Choice, Index, Mapped, Model, Unique, choice, link, moment, note, number, text
from hanse.models.fields import NOBODY


class MailState(Choice):
    """Where a mail is on its way."""

    WAITING = "waiting", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Failed")


class Mail(Model):
    """A mail to one person.  Whoever looks after mail sees to whom it went and why; what it says is read by nobody."""

    __tablename__ = "core_mail"
    __audited__ = False
    __general__ = False
    __display__ = ("address",)
    created_at: Mapped[datetime] = moment(_("Asked at"))
    address: Mapped[str] = text(_("To"), max_length=254, search=True)
    name: Mapped[str] = text(_("Name"), default="")
    purpose: Mapped[str] = text(_("What for"), max_length=80)
    subject: Mapped[str] = text(_("Subject"), read=NOBODY)
    plain: Mapped[str] = note(_("Text"), default="", read=NOBODY)
    html: Mapped[str] = note(_("Text in HTML"), default="", read=NOBODY)
    message: Mapped[str] = text(_("Message-ID"), max_length=200)
    thread: Mapped[str | None] = text(_("Belongs to"), max_length=200)
    settings_url: Mapped[str | None] = text(_("Settings"), max_length=400)
    state: Mapped[MailState] = choice(_("State"), default=MailState.WAITING)
    attempts: Mapped[int] = number(_("Attempts"), default=0)
    next_at: Mapped[datetime | None] = moment(_("Next attempt at"))
    until: Mapped[datetime | None] = moment(_("Useless after"))
    sent_at: Mapped[datetime | None] = moment(_("Sent at"))
    error: Mapped[str | None] = note(_("Error"))
    user: Mapped[User | None] = link(_("User"), ondelete="SET NULL", index=False)

    __rules__ = [
        Unique("message", error=_("This mail is there already.")),
        Index("created_at"),
    ]

    if TYPE_CHECKING:
        user_id: Mapped[int | None]
