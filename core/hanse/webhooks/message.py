"""The body of a message, as its webhook's user may read the records at this moment."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from hanse.api import reading
from hanse.api.resources import model_for
from hanse.directory.models import PermissionScope
from hanse.errors import NotFound
from hanse.security.permissions import verb
from hanse.webhooks.events import TEST, is_deletion
from hanse.webhooks.models import WebhookDelivery

if TYPE_CHECKING:
    from hanse.actions import Context

_WHOLE = frozenset({PermissionScope.COMPANY, PermissionScope.COMPANIES})


def body_of(owner: Context, delivery: WebhookDelivery) -> bytes | None:
    """Write a message; None: its owner may see none of the records, or they are gone.

    :param owner: a Context of the webhook's user
    """
    records = _records(owner, delivery)
    if not records and delivery.kind != TEST:
        return None
    said: dict[str, Any] = {
        "id": delivery.event,
        "type": delivery.kind,
        "timestamp": delivery.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "data": {
            "company": owner.company.id,
            "user": delivery.actor_id,
            "model": delivery.model,
            "records": records,
        },
    }
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()


def _records(owner: Context, delivery: WebhookDelivery) -> Sequence[dict[str, Any]]:
    """Read the records as the API shows them; those the owner may not see are left out.

    Of what is deleted nobody can ask any more whose it was, so only who sees the whole company is told of it.
    """
    ids = [one for one in delivery.records if isinstance(one, int)]
    if delivery.model is None:
        return []
    try:
        model = model_for(owner, delivery.model)
    except NotFound:
        return []
    if is_deletion(delivery.kind):
        sees_all = owner.grants.scopes(verb(model, "read")) & _WHOLE
        return [{"id": record} for record in ids] if sees_all else []
    return reading.read(owner, model, ids, reading.wanted_fields(owner, model, "", lines=True))
