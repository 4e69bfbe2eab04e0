"""The trail of a record as a part of its page, asked for once the page is there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pyramid.response import Response

from hanse.i18n import _
from hanse.life.references import MOST, title_of
from hanse.life.trail import Node, Trail, trail_of
from hanse.models import Choice, Model
from hanse.screens import Screen, screen_of
from hanse.screens.filtering import PREFIX
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.found import record_for, screen_for

Values = dict[str, Any]
#: So many records are named by their own titles.
_TITLED = 12


def show(request: WebRequest) -> Response:
    """Show what a record came from, what came of it, and by what else it is used."""
    screen = screen_for(request)
    record = record_for(request, screen)
    found = trail_of(request.ctx, screen.model, record.id)
    values = {"steps": _steps(request, screen, found), "uses": _uses(request, found, record.id), "hidden": found.hidden}
    origins = [
        {"text": one.text, "url": request.to(one.path) if one.path else ""}
        for one in screen.origins_of(request.ctx, record)
    ]
    title = record.display_name() if screen.title_of is None else str(screen.title_of(record))
    crumbs: list[Values] = [
        {"title": screen.title, "url": request.to(screen.path)},
        {"title": title, "url": request.to(f"{screen.path}/{record.id}")},
    ]
    page = page_of(request, _("Trail"), breadcrumbs=crumbs)
    return render(request, "trail.jinja2", page, trail=values | {"origins": origins})


def _steps(request: WebRequest, screen: Screen, found: Trail) -> list[Values]:
    """Give the records of the trail from first to last; without any but the record itself, none."""
    own = [found.own] if found.own is not None else []
    nodes = [*found.before, *own, *found.behind]
    if len(nodes) < 2:
        return []
    titles = _titles(request, nodes)
    return [_step(request, screen, node, titles.get((node.model, node.record), node.name)) for node in nodes]


def _titles(request: WebRequest, nodes: Sequence[Node]) -> dict[tuple[type[Model], int], str]:
    """Name records as their pages do, where there are not too many to ask each."""
    titles: dict[tuple[type[Model], int], str] = {}
    for model in dict.fromkeys(node.model for node in nodes[:_TITLED]):
        screen = screen_of(model)
        if screen is not None and screen.title_of is not None:
            ids = [node.record for node in nodes[:_TITLED] if node.model is model]
            for record in request.ctx.visible(model, model.id.in_(ids)):
                titles[model, record.id] = str(screen.title_of(record))
    return titles


def _step(request: WebRequest, own: Screen, node: Node, name: str) -> Values:
    screen = screen_of(node.model)
    state = node.state
    return {
        "kind": screen.singular if screen is not None else title_of(node.model),
        "icon": screen.icon if screen is not None else "file",
        "name": name,
        "url": request.to(f"{screen.path}/{node.record}") if screen is not None and node.depth else "",
        "current": node.depth == 0,
        "side": "before" if node.depth < 0 else "behind" if node.depth else "own",
        "day": node.day,
        "state": {"text": state.label, "tone": (screen or own).tones.get(state, "")}
        if isinstance(state, Choice)
        else None,
    }


def _uses(request: WebRequest, found: Trail, record: int) -> list[Values]:
    entries: list[Values] = []
    for one in found.uses:
        screen = screen_of(one.reference.shown)
        filtered = one.reference.owner is None and not one.reference.field.per_company
        url = ""
        if screen is not None and filtered and one.count:
            url = request.to(screen.path, [(PREFIX + one.reference.field.name, str(record))])
        entries.append(
            {
                "title": title_of(one.reference.shown),
                "field": one.field_label,
                "count": f"{MOST:,}+" if one.count > MOST else f"{one.count:,}",
                "hidden": one.hidden,
                "url": url,
            }
        )
    return entries
