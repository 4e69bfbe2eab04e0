"""Webhooks, what was to be sent to them, and every attempt to do so."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import (
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Unique,
    choice,
    flag,
    lines,
    link,
    moment,
    note,
    number,
    structure,
    text,
)
from hanse.models.fields import NOBODY


class Webhook(Model):
    """An address that is told of events, with what its user may see of them."""

    __tablename__ = "core_webhook"
    __scope__ = Scope(owner="user")
    name: Mapped[str] = text(_("Name"), max_length=80, help=_("What the webhook is for."))
    address: Mapped[str] = text(
        _("Address"), max_length=500, widget="url", help=_("Where messages are sent, such as https://example.com/hook.")
    )
    user: Mapped[User] = link(_("Acts as"), help=_("Messages hold only what this user may see."))
    active: Mapped[bool] = flag(_("On"), default=True)
    events: Mapped[list[WebhookEvent]] = lines(_("Events"), owned=True)
    secret: Mapped[str] = text(_("Secret"), max_length=100, read=NOBODY, readonly=True)
    bounds: Mapped[list[object] | None] = structure(
        _("Permissions"), readonly=True, help=_("Those of the token that made it; empty: all that the user has.")
    )
    failing_since: Mapped[datetime | None] = moment(_("Failing since"), readonly=True)
    resting_until: Mapped[datetime | None] = moment(_("Rests until"), readonly=True)
    notice: Mapped[str | None] = note(_("Notice"), readonly=True)
    deliveries: Mapped[list[WebhookDelivery]] = lines(_("Messages"), by="webhook")

    if TYPE_CHECKING:
        user_id: Mapped[int]


class WebhookEvent(Model):
    """A kind of event that a webhook is told of."""

    __tablename__ = "core_webhook_event"
    __display__ = ("event",)
    webhook: Mapped[Webhook] = link(_("Webhook"), ondelete="CASCADE")
    event: Mapped[str] = text(_("Event"), max_length=160)

    __rules__ = [Unique("webhook", "event", error=_("The webhook is told of this event already."))]

    if TYPE_CHECKING:
        webhook_id: Mapped[int]


class DeliveryState(Choice):
    """What became of a message."""

    WAITING = "waiting", _("Waiting")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    DROPPED = "dropped", _("Not sent")


class WebhookDelivery(Model):
    """A message to one webhook about one event.  It holds no values: these are read whenever it is sent."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_webhook_delivery"
    __display__ = ("event",)
    __scope__ = Scope(owner="webhook.user")
    webhook: Mapped[Webhook] = link(_("Webhook"), ondelete="CASCADE")
    event: Mapped[str] = text(_("Message ID"), max_length=40, unique=True)
    kind: Mapped[str] = text(_("Event"), max_length=160, widget="webhook_event")
    model: Mapped[str | None] = text(_("Model"), max_length=80)
    records: Mapped[list[object]] = structure(_("Records"), default=[])
    actor: Mapped[User] = link(_("Done by"), index=False, checked=False)
    at: Mapped[datetime] = moment(_("Done at"))
    state: Mapped[DeliveryState] = choice(_("State"), default=DeliveryState.WAITING)
    attempts: Mapped[int] = number(_("Attempts"), default=0)
    due: Mapped[datetime | None] = moment(_("Next attempt"))
    log: Mapped[list[WebhookAttempt]] = lines(_("Attempts"), owned=True)

    __rules__ = [Index("at")]

    if TYPE_CHECKING:
        webhook_id: Mapped[int]
        actor_id: Mapped[int]


class WebhookAttempt(Model):
    """One attempt to send a message, and what came back."""

    __audited__ = False
    __general__ = False
    __tablename__ = "core_webhook_attempt"
    __display__ = ("at",)
    delivery: Mapped[WebhookDelivery] = link(_("Message"), ondelete="CASCADE")
    at: Mapped[datetime] = moment(_("At"))
    status: Mapped[int | None] = number(_("Status"))
    duration: Mapped[int] = number(_("Duration in ms"), default=0)
    answer: Mapped[str | None] = note(_("Answer"))
    error: Mapped[str | None] = note(_("What was wrong"))

    if TYPE_CHECKING:
        delivery_id: Mapped[int]
