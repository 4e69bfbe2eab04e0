"""Make webhooks and change them; try them out; send again what did not arrive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from sqlalchemy import update as sql_update

from hanse.actions import Context, Records, action
from hanse.actions.generic import check_rights, save
from hanse.errors import BusinessError, Forbidden, raise_all
from hanse.i18n import _
from hanse.models import Model
from hanse.webhooks.addresses import parse
from hanse.webhooks.delivery import put_down, send_later
from hanse.webhooks.events import TEST, event_choices
from hanse.webhooks.models import DeliveryState, Webhook, WebhookDelivery
from hanse.webhooks.signing import key_of, new_secret


@action(Webhook, name="create", label=_("New"), permission="core.webhook.create", creates=True, hidden=True)
def create_webhooks(ctx: Context, webhooks: Records[Webhook], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Make webhooks; they send what their user may see, by default who makes them.

    Their secrets are random; ``set_secret`` replaces one by another that somebody knows.

    :raises BusinessError: the address is none, or an event is not there
    :raises Forbidden: it would act as somebody else, for whom the person may not decide
    """
    check_rights(ctx, Webhook, values)
    _check(ctx, values)
    bounds = None if ctx.grants.bounds is None else list(ctx.grants.bounds)
    rows = [{"user": ctx.user.id, **row, "secret": new_secret(), "bounds": bounds} for row in values]
    for row in rows:
        _check_user(ctx, _id(row["user"]))
    return ctx.insert(Webhook, rows)


@action(Webhook, name="update", label=_("Save"), permission="core.webhook.update", hidden=True)
def update_webhooks(ctx: Context, webhooks: Records[Webhook], *, values: Mapping[str, Any]) -> None:
    """Change webhooks; what is switched on again begins anew.

    :raises BusinessError: the address is none, or an event is not there
    :raises Forbidden: somebody else's rights would send something else, or to somewhere else
    """
    check_rights(ctx, Webhook, [values])
    _check(ctx, [values])
    for webhook in webhooks:
        if _redirects(webhook, values):
            _check_owner(ctx, webhook)
            _check_user(ctx, _id(values.get("user") or webhook.user_id))
    fresh = {"notice": None, "failing_since": None, "resting_until": None} if values.get("active") else {}
    save(ctx, webhooks, {**values, **fresh})


def _check(ctx: Context, rows: Sequence[Mapping[str, Any]]) -> None:
    """Refuse addresses that are none, and events that the person cannot choose."""
    errors: list[BusinessError] = []
    known = dict(event_choices(ctx))
    for place, row in enumerate(rows):
        path = f"{place}." if len(rows) > 1 else ""
        try:
            if row.get("address"):
                parse(str(row["address"]))
        except BusinessError as error:
            error.field = f"{path}{error.field}"
            errors.append(error)
        for number, line in enumerate(row.get("events") or ()):
            if line.get("event") and line["event"] not in known:
                message = _("There is no event “%(name)s”, or it is not for you.", name=line["event"])
                errors.append(BusinessError(message, field=f"{path}events.{number}.event"))
    raise_all(errors)


def _redirects(webhook: Webhook, values: Mapping[str, Any]) -> bool:
    """Tell whether a change sends something else, or to somewhere else, or with other rights."""
    events = {line.event for line in webhook.events}
    wanted = {str(line.get("event")) for line in values["events"]} if "events" in values else events
    address, user = values.get("address", webhook.address), values.get("user", webhook.user_id)
    return (wanted, address, _id(user)) != (events, webhook.address, webhook.user_id)


def _check_owner(ctx: Context, webhook: Webhook) -> None:
    """Refuse whoever would use rights of others, or, with a token, more than it has.

    :raises Forbidden: they would
    """
    _check_user(ctx, webhook.user_id)
    bounds = ctx.grants.bounds
    if bounds is not None and webhook.bounds != list(bounds):
        raise Forbidden(_("A token changes only webhooks that were made with the same bounds."))


def _check_user(ctx: Context, user: int) -> None:
    """Refuse somebody else's rights to all but those who may change users.

    :raises Forbidden: the person is none of them
    """
    if user == ctx.user.id:
        return
    if not ctx.may("core.user.update"):
        message = _("A webhook sends what its user may see, so only that user decides where to. Make one of your own.")
        raise Forbidden(message, field="user")


def _id(value: Any) -> int:
    return value.id if isinstance(value, Model) else cast("int", value)


@action(Webhook, label=_("New secret"), permission="core.webhook.update", hidden=True, private=True)
def set_secret(ctx: Context, webhooks: Records[Webhook], *, secret: str) -> None:
    """Sign with another secret from now on.

    :param secret: ``whsec_`` and 24 to 64 random bytes in base64
    :raises BusinessError: it is none
    """
    for webhook in webhooks:
        _check_owner(ctx, webhook)
    try:
        key_of(secret)
    except ValueError:
        message = _("A secret is whsec_ and 24 to 64 random bytes in base64.")
        raise BusinessError(message, field="secret") from None
    ctx.update(webhooks, {"secret": secret})


@action(
    Webhook,
    label=_("Send a test"),
    permission="core.webhook.update",
    icon="send",
    offered=lambda webhook: webhook.active,
    done=_("A test message is on its way; see below what comes back."),
)
def send_test(ctx: Context, webhooks: Records[Webhook]) -> None:
    """Send a message without records.

    :raises BusinessError: the webhook is off
    """
    for webhook in webhooks:
        if not webhook.active:
            raise BusinessError(_("The webhook is switched off."), record=webhook.id)
        put_down(ctx, webhook.id, TEST, None, [], ctx.now)


@action(Webhook, label=_("Switch off"), permission="core.webhook.update", hidden=True)
def switch_off(ctx: Context, webhooks: Records[Webhook], *, reason: str) -> None:
    """Send nothing any more, and say why."""
    ctx.update(webhooks, {"active": False, "notice": reason})


@action(
    WebhookDelivery,
    label=_("Send again"),
    permission="core.webhook_delivery.send_again",
    icon="refresh",
    offered=lambda delivery: delivery.state is not DeliveryState.WAITING,
    done=_("On its way again."),
)
def send_again(ctx: Context, deliveries: Records[WebhookDelivery]) -> None:
    """Send messages once more under the same id, with what their user may see now.

    :raises BusinessError: one waits anyway
    """
    if any(state is DeliveryState.WAITING for state in deliveries[WebhookDelivery.state]):
        raise BusinessError(_("This message is still being sent."))
    table = WebhookDelivery.__table__
    values = {"state": DeliveryState.WAITING.value, "attempts": 0, "due": ctx.now}
    ctx.session.execute(sql_update(table).where(table.c.id.in_(deliveries.ids)).values(values))
    for event in deliveries[WebhookDelivery.event]:
        send_later(ctx, event)
    deliveries.forget()
