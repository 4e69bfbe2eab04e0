"""From an event to the receiver: messages are put down after the commit, sent by jobs, tried again, and given up."""

from __future__ import annotations

import dataclasses
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from typing import Any

from sqlalchemy import select, text, update

from hanse.actions import Context, open_context
from hanse.actions.context import identify, identity_of
from hanse.actions.registry import Action, find_action
from hanse.actions.write import dumps, insert_columns
from hanse.config import Settings
from hanse.directory.founding import SYSTEM
from hanse.errors import BusinessError, Forbidden
from hanse.i18n import Label, _
from hanse.jobs.outbox import BY_EVENT, enqueue
from hanse.jobs.schedule import days, scheduled
from hanse.jobs.tasks import job, waits_outside
from hanse.models import link_id
from hanse.webhooks.addresses import parse, resolve
from hanse.webhooks.message import body_of
from hanse.webhooks.models import DeliveryState, Webhook, WebhookAttempt, WebhookDelivery, WebhookEvent
from hanse.webhooks.sending import Answer, post
from hanse.webhooks.signing import signed_headers

QUEUE = waits_outside("webhooks")
#: Records of one message at most.
MOST_RECORDS = 100
#: How long after a failed attempt the next one follows: eight attempts in a good 22 hours.
PAUSES = (
    timedelta(seconds=10),
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=14),
)
#: So much longer a pause may be, in per cent, lest what failed together comes back together.
JITTER = 20
#: So long nothing is sent to a receiver that did not answer at all, so that others need not wait behind it.
REST = timedelta(minutes=1)
#: A webhook that has failed for so long, and now gave up a message, is switched off.
PATIENCE = timedelta(days=3)
DAYS_KEPT = 30
_GONE = 410
_MOST_ERROR = 2000


# --- what happened ----------------------------------------------------------------------------------------------------


@job(label=_("Tell webhooks"))
def announce(ctx: Context, *, kind: str, model: str, ids: list[int], at: datetime) -> None:
    """Put down a message about an event for every webhook that is told of it."""
    watching = (
        select(Webhook.id)
        .join(WebhookEvent, link_id(WebhookEvent.webhook) == Webhook.id)
        .where(Webhook.company_id == ctx.company.id, Webhook.active, WebhookEvent.event == kind)
        .order_by(Webhook.id)
    )
    for webhook in ctx.session.scalars(watching).all():
        for start in range(0, len(ids), MOST_RECORDS):
            put_down(ctx, webhook, kind, model, ids[start : start + MOST_RECORDS], at)


def put_down(ctx: Context, webhook: int, kind: str, model: str | None, ids: Sequence[int], at: datetime) -> None:
    """Put down a message, and the job that sends it."""
    event = f"msg_{secrets.token_hex(16)}"
    columns: dict[str, list[Any]] = {
        "webhook_id": [webhook],
        "event": [event],
        "kind": [kind],
        "model": [model],
        "records": [dumps(list(ids))],
        "actor_id": [ctx.user.id],
        "at": [at],
        "due": [ctx.now],
    }
    insert_columns(ctx.session, WebhookDelivery.__table__, columns, {"company_id": ctx.company.id})
    send_later(ctx, event)


def send_later(ctx: Context, event: str, at: datetime | None = None) -> None:
    """Have a message sent by a job of the system: whoever set it off may have left by then."""
    system = identify(ctx.session, SYSTEM)
    assert system is not None
    sender = dataclasses.replace(ctx, user=system, behalf=None, via=BY_EVENT)
    enqueue(sender, deliver, run_at=at, event=event)


# --- sending ----------------------------------------------------------------------------------------------------------


@job(label=_("Send to a webhook"), queue=QUEUE)
def deliver(ctx: Context, *, event: str) -> None:
    """Send a message once, and see what comes next.  A crash before the commit sends it again under the same id."""
    delivery = ctx.session.scalars(
        select(WebhookDelivery).where(WebhookDelivery.company_id == ctx.company.id, WebhookDelivery.event == event)
    ).first()
    if delivery is None or delivery.state is not DeliveryState.WAITING:
        return
    webhook = delivery.webhook
    if not webhook.active:
        _settle(ctx, delivery, DeliveryState.DROPPED, _("The webhook is switched off."))
        return
    if webhook.resting_until is not None and webhook.resting_until > ctx.now:
        send_later(ctx, event, _later(webhook.resting_until - ctx.now, ctx.now))
        return
    try:
        body = _body(ctx, webhook, delivery)
    except BusinessError as error:
        _settle(ctx, delivery, DeliveryState.DROPPED, error.message)
        _switch_off(ctx, webhook, error.message)
        return
    if body is None:
        reason = _("Its user may see none of these records, or they are gone.")
        _settle(ctx, delivery, DeliveryState.DROPPED, reason)
        return
    answer = _send(ctx, webhook, event, body)
    _note(ctx, delivery, answer)
    _conclude(ctx, webhook, delivery, answer)


def _body(ctx: Context, webhook: Webhook, delivery: WebhookDelivery) -> bytes | None:
    """Write the message with the rights of the webhook's user.

    :raises BusinessError: the user is gone, or has no role in the company any more
    """
    user = identity_of(ctx.session, webhook.user_id)
    if user is None:
        raise Forbidden(_("%(name)s is no longer active.", name=webhook.user.name))
    try:
        owner = open_context(ctx.session, user, ctx.company.id, via="webhook")
        if webhook.bounds is not None:
            owner.grants = owner.grants.within(tuple(str(one) for one in webhook.bounds))
        return body_of(owner, delivery)
    finally:
        ctx.bind()


def _send(ctx: Context, webhook: Webhook, event: str, body: bytes) -> Answer:
    headers = {
        "Content-Type": "application/json",
        "User-Agent": f"Hanse/{version('hanse')}",
        "Connection": "close",
        **signed_headers(webhook.secret, event, int(ctx.now.timestamp()), body),
    }
    try:
        address = parse(webhook.address)
        numbers = resolve(address, Settings.load().webhook_networks)
    except BusinessError as error:
        return Answer(None, 0, error=error.message)
    return post(address, numbers, headers, body)


def _note(ctx: Context, delivery: WebhookDelivery, answer: Answer) -> None:
    columns: dict[str, list[Any]] = {
        "delivery_id": [delivery.id],
        "at": [ctx.now],
        "status": [answer.status],
        "duration": [answer.milliseconds],
        "answer": [answer.text or None],
        "error": [str(answer.error)[:_MOST_ERROR] if answer.error else None],
    }
    insert_columns(ctx.session, WebhookAttempt.__table__, columns, {"company_id": ctx.company.id})


# --- what comes next --------------------------------------------------------------------------------------------------


def _conclude(ctx: Context, webhook: Webhook, delivery: WebhookDelivery, answer: Answer) -> None:
    tried = delivery.attempts + 1
    if answer.is_good:
        _set_delivery(ctx, delivery, DeliveryState.DELIVERED, tried)
        _set_health(ctx, webhook, None, None)
        return
    since = webhook.failing_since or ctx.now
    _set_health(ctx, webhook, since, ctx.now + REST if answer.status is None else None)
    if answer.status == _GONE:
        _set_delivery(ctx, delivery, DeliveryState.FAILED, tried)
        _switch_off(ctx, webhook, _("The receiver says that the address is gone for good (410)."))
    elif tried > len(PAUSES):
        _set_delivery(ctx, delivery, DeliveryState.FAILED, tried)
        if ctx.now - since >= PATIENCE:
            _switch_off(ctx, webhook, _("No message has arrived for %(days)s days.", days=(ctx.now - since).days))
    else:
        again = _later(PAUSES[tried - 1], ctx.now)
        _set_delivery(ctx, delivery, DeliveryState.WAITING, tried, again)
        send_later(ctx, delivery.event, again)


def _later(pause: timedelta, now: datetime) -> datetime:
    return now + pause * (1 + secrets.randbelow(JITTER + 1) / 100)


def _set_delivery(
    ctx: Context, delivery: WebhookDelivery, state: DeliveryState, attempts: int, due: datetime | None = None
) -> None:
    table = WebhookDelivery.__table__
    values = {"state": state.value, "attempts": attempts, "due": due}
    ctx.session.execute(update(table).where(table.c.id == delivery.id).values(values))


def _set_health(ctx: Context, webhook: Webhook, since: datetime | None, resting: datetime | None) -> None:
    """Remember how a receiver is, where that is news.  It is no change of the record: no form is stale by it."""
    if (webhook.failing_since, webhook.resting_until) != (since, resting):
        table = Webhook.__table__
        values = {"failing_since": since, "resting_until": resting}
        ctx.session.execute(update(table).where(table.c.id == webhook.id).values(values))


def _settle(ctx: Context, delivery: WebhookDelivery, state: DeliveryState, reason: Label) -> None:
    """End a message that is not sent, and say why in its log."""
    _note(ctx, delivery, Answer(None, 0, error=reason))
    _set_delivery(ctx, delivery, state, delivery.attempts)


def _switch_off(ctx: Context, webhook: Webhook, reason: Label) -> None:
    action: Action[Webhook] | None = find_action("core.webhook.switch_off")
    assert action is not None
    ctx.run(action, [webhook.id], reason=str(reason))


# --- tidying up -------------------------------------------------------------------------------------------------------

_TIDY = text(
    "DELETE FROM core_webhook_delivery WHERE company_id = :company AND state <> 'waiting' "
    "AND at < now() - make_interval(days => :days)"
)


@scheduled(every=days(1), at="03:40", label=_("Tidy up messages to webhooks"))
def tidy_deliveries(ctx: Context) -> None:
    """Forget messages of a month ago with their log, unless they still wait."""
    ctx.session.execute(_TIDY, {"company": ctx.company.id, "days": DAYS_KEPT})


__all__ = ["announce", "deliver", "put_down", "send_later"]
