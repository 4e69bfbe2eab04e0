"""The log of mail, for whoever looks after it: to whom, why, and what became of it; not what it says."""

from __future__ import annotations

from hanse.i18n import _
from hanse.mail.models import Mail, MailState
from hanse.screens import Row, Screen

MAILS = Screen(
    Mail,
    title=_("Outgoing mail"),
    singular=_("Mail"),
    menu="system",
    icon="mail",
    order=75,
    readonly=True,
    list=[Mail.created_at, Mail.address, Mail.purpose, Mail.state, Mail.attempts, Mail.next_at, Mail.error],
    optional=[Mail.name, Mail.user, Mail.sent_at, Mail.message],
    filters=[Mail.state, Mail.created_at],
    order_by=[Mail.created_at.desc()],
    form=[
        Row(Mail.created_at, Mail.state),
        Row(Mail.address, Mail.name),
        Row(Mail.purpose, Mail.user),
        Row(Mail.attempts, Mail.next_at, Mail.sent_at),
        Row(Mail.message),
        Row(Mail.error),
    ],
    tones={MailState.SENT: "ok", MailState.WAITING: "info", MailState.FAILED: "bad"},
    story=lambda _ctx, _mail: [],
)
