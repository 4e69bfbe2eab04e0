"""The page that gives a webhook a secret and shows it once."""

from __future__ import annotations

from typing import Any

from pyramid.response import Response

from hanse.actions import find_action
from hanse.i18n import _
from hanse.screens import screen_of
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.found import record_of
from hanse.webhooks.models import Webhook
from hanse.webhooks.signing import new_secret

Values = dict[str, Any]


def new_secret_page(request: WebRequest) -> Response:
    """Ask, and then show the new secret; it is the last time that anybody sees it."""
    screen = screen_of(Webhook)
    assert screen is not None
    given = str(request.params.get("record", ""))
    found = record_of(request, screen, int(given) if given.isdigit() and len(given) < 19 else 0)
    webhook = Webhook.of(found)
    secret = None
    if request.method == "POST":
        action = find_action("core.webhook.set_secret")
        assert action is not None
        secret = new_secret()
        request.ctx.run(action, [webhook.id], secret=secret)
    form: Values = {
        "action": request.to("/core/webhook-secret"),
        "title": _("New secret"),
        "subtitle": webhook.name,
        "hidden": [{"name": "record", "value": webhook.id}],
        "sections": [],
        "errors": [],
        "notices": [_told(secret)],
    }
    if secret is not None:
        shown = {"name": "secret", "label": _("Secret"), "kind": "text", "value": secret, "readonly": True}
        form["sections"] = [{"fields": [shown], "one": True}]
    actions = [] if secret else [{"label": _("New secret"), "submit": "record-form", "primary": True, "icon": "key"}]
    crumbs: list[Values] = [
        {"title": screen.title, "url": request.to(screen.path)},
        {"title": webhook.name, "url": request.to(f"{screen.path}/{webhook.id}")},
    ]
    shell = page_of(request, _("New secret"), breadcrumbs=crumbs, actions=actions)
    return render(request, "form.jinja2", shell, form=form, dialogs=[])


def _told(secret: str | None) -> Values:
    if secret is not None:
        return {"tone": "ok", "text": _("Copy the secret now: it is shown only this once.")}
    text = _("Messages are signed with the new secret from then on; the receiver refuses them until it knows it.")
    return {"tone": "warn", "text": text}
