"""Webhooks, the messages sent to them, and the page that gives one a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hanse.i18n import _
from hanse.screens import Button, Lines, Row, Screen, Tab
from hanse.screens.formats import write_widget
from hanse.web.pages import page
from hanse.webhooks.events import event_choices, event_words
from hanse.webhooks.models import DeliveryState, Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.web.request import WebRequest


write_widget("webhook_event", event_words)


def _mine(ctx: Context) -> dict[str, Any]:
    return {"user": ctx.user.id}


WEBHOOKS = Screen(
    Webhook,
    title=_("Webhooks"),
    singular=_("Webhook"),
    menu="system",
    icon="bolt",
    order=72,
    search=False,
    list=[Webhook.name, Webhook.address, Webhook.user, Webhook.active, Webhook.failing_since],
    optional=[Webhook.resting_until],
    filters=[Webhook.active],
    form=[
        Row(Webhook.name, Webhook.address),
        Row(Webhook.user, Webhook.active),
        Row(Webhook.failing_since, Webhook.notice),
    ],
    tabs=[
        Tab(_("Events"), Lines(Webhook.events, [WebhookEvent.event], blank=1)),
        Tab(
            _("Messages"),
            Webhook.deliveries,
            columns=[WebhookDelivery.at, WebhookDelivery.kind, WebhookDelivery.state, WebhookDelivery.attempts],
        ),
    ],
    suggest={"events.event": event_choices},
    defaults=_mine,
    buttons=[Button("webhook-secret", of_record=True)],
)

DELIVERIES = Screen(
    WebhookDelivery,
    title=_("Messages to webhooks"),
    singular=_("Message"),
    icon="send",
    readonly=True,
    search=False,
    list=[
        WebhookDelivery.at,
        WebhookDelivery.webhook,
        WebhookDelivery.kind,
        WebhookDelivery.state,
        WebhookDelivery.attempts,
        WebhookDelivery.due,
    ],
    optional=[WebhookDelivery.event, WebhookDelivery.actor],
    filters=[WebhookDelivery.state, WebhookDelivery.webhook],
    order_by=[WebhookDelivery.at.desc()],
    title_of=lambda delivery: event_words(delivery.kind),
    form=[
        Row(WebhookDelivery.webhook, WebhookDelivery.kind),
        Row(WebhookDelivery.at, WebhookDelivery.actor),
        Row(WebhookDelivery.state, WebhookDelivery.due),
        Row(WebhookDelivery.event),
        Lines(
            WebhookDelivery.log,
            [
                WebhookAttempt.at,
                WebhookAttempt.status,
                WebhookAttempt.duration,
                WebhookAttempt.error,
                WebhookAttempt.answer,
            ],
            widths={"at": "l"},
        ),
    ],
    tones={
        DeliveryState.WAITING: "info",
        DeliveryState.DELIVERED: "ok",
        DeliveryState.FAILED: "bad",
        DeliveryState.DROPPED: "warn",
    },
)


@page("webhook-secret", title=_("New secret"), icon="key", permission="core.webhook.update")
def webhook_secret(request: WebRequest) -> Response:
    """Give a webhook another secret and show it once."""
    from hanse.web.views import webhooks  # Pyramid is loaded by the web only

    return webhooks.new_secret_page(request)
