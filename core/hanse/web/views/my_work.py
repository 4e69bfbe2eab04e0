"""My work, the first page: what is to be done, decided and read, what one has starred, and the doors to all else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pyramid.response import Response
from sqlalchemy import text

from hanse.actions import find_action
from hanse.addons import installed
from hanse.addons.hooks import WorkSection
from hanse.directory.models import User
from hanse.i18n import _, format_day, format_moment
from hanse.screens import Screen, screen_named
from hanse.screens.names import seen_names
from hanse.security.audience import Pair
from hanse.security.permissions import model_name, verb
from hanse.web.menu import WORK_SECTION, menu_groups
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.notifications import entry as notification
from hanse.web.views.work import COLLEAGUES, WORK, entry
from hanse.work.models import Activity
from hanse.work.reading import ActivityRow, favourites_of, held_for, own_activities
from hanse.work.wording import Told, unread

Values = dict[str, Any]
Names = Mapping[Pair, str]
_MOST_ACTIVITIES, _MOST_HELD, _MOST_TOLD, _MOST_FAVOURITES, _MOST_RECENT = 60, 10, 6, 24, 8
#: Only the newest entries are looked through: who has not worked for long has nothing recent.
_RECENT = text(
    "SELECT model, record, max(at) AS at FROM "
    "(SELECT model, record, at, user_id FROM core_audit WHERE company_id = :company "
    "ORDER BY id DESC LIMIT 2000) AS latest WHERE user_id = :user GROUP BY model, record ORDER BY max(at) DESC LIMIT 16"
)


def home(request: WebRequest) -> Response:
    """Show my work: seven statements, whatever there is of it, and those of addons."""
    ctx = request.ctx
    activities = own_activities(ctx, most=_MOST_ACTIVITIES)
    held = held_for(ctx, most=_MOST_HELD)
    favourites = favourites_of(ctx, most=_MOST_FAVOURITES)
    found = ctx.session.connection().execute(_RECENT, {"user": ctx.user.id, "company": ctx.company.id})
    own = (model_name(User), request.user.id)  # who signs in works on nothing
    recent = [row for row in found if row.model != model_name(Activity) and (row.model, row.record) != own]
    told = unread(ctx)
    pairs = [(row.model, row.record) for row in activities if row.model is not None and row.record is not None]
    pairs += [(row["model"], record) for row in held for record in row["records"][:1]]
    pairs += [(model, record) for model, record in favourites if record is not None]
    pairs += [(row.model, row.record) for row in recent]
    names = seen_names(ctx, pairs)
    values = {
        "activities": _activities(request, activities, names),
        "approvals": _approvals(request, held, names),
        "alerts": _alerts(request, told),
        "favourites": _favourites(request, favourites, names),
        "sections": _sections(request),
        "recent": _recent(request, recent, names),
        "cards": _cards(request),
    }
    return render(request, "home.jinja2", page_of(request, _("My work")), home=values)


def _screen(request: WebRequest, model: str) -> Screen | None:
    """Give the screen of a model, where this person sees it."""
    found = screen_named(model)
    if found is None or not {found.addon, found.model.__addon__} <= request.ctx.seen:
        return None
    return found if request.ctx.may(verb(found.model, "read")) else None


def _link(request: WebRequest, model: str, record: int, names: Names) -> Values | None:
    """Give title and address of a record that the person sees."""
    screen = _screen(request, model)
    if screen is None or (model, record) not in names:
        return None
    return {
        "title": names[model, record],
        "url": request.to(f"{screen.path}/{record}"),
        "kind": screen.singular,
        "icon": screen.icon,
    }


def _activities(request: WebRequest, rows: Sequence[ActivityRow], names: Names) -> Values:
    """Give what is to be done in groups: overdue, today, later; nothing about what the person does not see."""
    ctx = request.ctx
    there = [row for row in rows if row.model is None or (row.model, row.record) in names]
    groups: list[Values] = []
    for when, title in (("overdue", _("Overdue")), ("today", _("Today")), ("planned", _("Later"))):
        entries = [_activity(request, row, names) for row in there if row.when(ctx.today) == when]
        if entries:
            groups.append({"title": title, "when": when, "entries": entries})
    return {
        "groups": groups,
        "count": len(there),
        "plan": {"url": request.to(WORK), "today": ctx.today.isoformat(), "owner_url": request.to(COLLEAGUES)},
        "all_url": request.to("/core/activity", [("f-mine", "yes"), ("f-state", "planned")]),
    }


def _activity(request: WebRequest, row: ActivityRow, names: Names) -> Values:
    about = None
    if row.model is not None and row.record is not None:
        about = _link(request, row.model, row.record, names)
    return entry(request, row, "#hz-mine", about=about)


def _approvals(request: WebRequest, held: Sequence[Mapping[str, Any]], names: Names) -> Values:
    """Give actions that wait for a decision: mine, and for who looks after them also others'."""
    mine: list[Values] = []
    others: list[Values] = []
    for row in held:
        found = find_action(row["action"])
        if found is not None and not {found.addon, found.model.__addon__} <= request.ctx.seen:
            continue
        first = row["records"][0] if row["records"] else 0
        link = _link(request, row["model"], first, names)
        if link is None and not row["mine"]:
            continue
        more = len(row["records"]) - 1
        line = {
            "title": found.label if found is not None else row["action"],
            "about": (link["title"] if link else "") + (f" +{more}" if more > 0 else ""),
            "url": link["url"] if link else "",
            "hint": format_moment(row["at"], request.ctx.company.zone),
            "who": "" if row["mine"] else row["name"],
        }
        (mine if row["mine"] else others).append(line)
    return {"mine": mine, "others": others}


def _alerts(request: WebRequest, told: Sequence[Told]) -> Values:
    return {
        "entries": [notification(request, one) for one in told[:_MOST_TOLD]],
        "count": len(told),
        "url": request.to("/core/notifications"),
    }


def _favourites(request: WebRequest, favourites: Iterable[tuple[str, int | None]], names: Names) -> list[Values]:
    entries: list[Values] = []
    for model, record in favourites:
        screen = _screen(request, model)
        if screen is None:
            continue
        if record is None:
            entries.append({"title": screen.title, "url": request.to(screen.path), "icon": screen.icon, "kind": ""})
        elif (link := _link(request, model, record, names)) is not None:
            entries.append(link)
    return entries


def _sections(request: WebRequest) -> list[Values]:
    """Ask addons what of theirs waits for the person."""
    found: list[WorkSection] = [
        one for answer in installed().call("my_work", request.ctx.seen, ctx=request.ctx) for one in answer
    ]
    return [
        {
            "title": one.title,
            "icon": one.icon,
            "empty": one.empty,
            "url": request.to(one.path) if one.path else "",
            "entries": [
                {
                    "title": line.title,
                    "url": request.to(line.path) if line.path else "",
                    "hint": line.hint,
                    "tone": line.tone,
                    "icon": line.icon,
                }
                for line in one.entries
            ],
        }
        for one in sorted(found, key=lambda one: (one.order, str(one.title)))
        if one.entries or one.empty
    ]


def _recent(request: WebRequest, rows: Sequence[Any], names: Names) -> list[Values]:
    """Give the records this person changed last, as far as they may still see them."""
    found = [(_link(request, model, record, names), at) for model, record, at in rows]
    return [link | {"hint": _moment(request, at)} for link, at in found if link is not None][:_MOST_RECENT]


def _moment(request: WebRequest, at: datetime) -> str:
    """Write when something was: the time of today, or the day."""
    local = at.astimezone(request.ctx.company.zone)
    return f"{local:%H:%M}" if local.date() == request.ctx.today else format_day(local.date())


def _cards(request: WebRequest) -> list[Values]:
    """Give the doors to what this person works with."""
    return [
        {
            "title": section.title,
            "entries": [{"title": item.title, "icon": item.icon, "url": request.to(item.path)} for item in items],
        }
        for section, items in menu_groups(request.ctx)
        if section.key != WORK_SECTION
    ]
