"""The page of one addon: what it is, what it needs, who needs it, and what it adds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.response import Response

from hanse.addons import Addon, installed
from hanse.enabling.contents import Contents, contents_of, questions_of
from hanse.enabling.effects import records_of
from hanse.enabling.switches import Switches, in_order, read_switches
from hanse.enabling.wording import name_of
from hanse.errors import NotFound
from hanse.i18n import Label, _, format_decimal
from hanse.screens import screen_of, sections
from hanse.security.permissions import model_name
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.addons import ONE, PATH
from hanse.webhooks.events import event_words

Values = dict[str, Any]
#: A line of a section: what it is called, and what stands small beside it.
Line = tuple[Label, Label]


def show(request: WebRequest) -> Response:
    """Show an addon, whether it is on or not.

    :raises NotFound: none with this key is installed
    """
    addon = installed().by_key(str(request.GET.get("addon", "")))
    if addon is None:
        raise NotFound(_("There is no such addon."))
    now, contents = read_switches(request.ctx), contents_of(addon.name)
    values: Values = {
        "title": addon.title,
        "description": addon.description,
        "facts": _facts(addon, now),
        "needs": [_other(request, name, now) for name in in_order(addon.needs)],
        "users": [
            _other(request, name, now) for name, one in installed().addons.items() if addon.name in one.enabling_needs
        ],
        "sections": [
            {"title": title, "count": len(lines), "lines": [{"label": label, "hint": hint} for label, hint in lines]}
            for title, lines in _sections(request, addon, contents)
            if lines
        ],
    }
    page = page_of(request, addon.title, breadcrumbs=[{"title": _("Addons"), "url": request.to(PATH)}])
    return render(request, "addon.jinja2", page, addon=values)


def _facts(addon: Addon, now: Switches) -> list[Values]:
    state = _("On") if addon.name in now.on else _("Off")
    if addon.bridge:
        state = _("On by itself wherever all that it joins is on") if addon.name not in now.on else _("On by itself")
    return [
        {"label": _("State"), "text": state, "tone": "ok" if addon.name in now.on else ""},
        {"label": _("Version"), "text": addon.version},
        {"label": _("Package"), "text": addon.name},
    ]


def _other(request: WebRequest, name: str, now: Switches) -> Values:
    addon = installed().addons[name]
    return {
        "title": addon.title,
        "url": request.to(ONE, addon=addon.key),
        "on": name in now.on,
        "bridge": addon.bridge,
    }


def _sections(request: WebRequest, addon: Addon, own: Contents) -> list[tuple[Label, Sequence[Line]]]:
    """Give what the addon adds, section by section."""
    counts = {
        model_name(model): count
        for model, count in records_of(request.ctx, [model for model in own.models if not model.__shared__])
    }
    records = [(name_of(model), _number(counts.get(model_name(model)))) for model in own.models]
    return [
        (_("Records"), records),
        (_("Fields on records of others"), _fields(own)),
        (_("Screens, reports and pages"), [(title, _section_of(menu)) for title, _path, menu in own.doors]),
        (_("Actions"), [(one.label, name_of(one.model)) for one in own.actions]),
        (_("Documents"), [(label, screen.singular) for label, screen in own.documents]),
        (_("Jobs"), [(task.label, "") for task in own.jobs]),
        (_("Schedules"), [(task.label, "") for task in own.schedules]),
        (_("Permissions"), [(label, name) for name, label in own.permissions]),
        (_("Events for webhooks"), [(event_words(event), event) for event in own.events]),
        (_("Asked when it is set up"), [(one.label, one.help) for one in questions_of(request.ctx, [addon.name])]),
        (_("Hooks"), [(name, "") for name in own.hooks]),
        (_("Tables of parts"), [(model_name(model), "") for model in own.parts]),
    ]


def _number(count: int | None) -> Label:
    return _("of all companies") if count is None else format_decimal(count)


def _fields(own: Contents) -> list[Line]:
    return [(field.label, _record(field.model)) for field in own.fields]


def _record(model: Any) -> Label:
    screen = screen_of(model)
    return screen.singular if screen is not None else model_name(model)


def _section_of(menu: str | None) -> Label:
    found = sections().get(menu or "")
    return found.title if found is not None else ""
