"""Work on records in the browser: activities, following, stars; and what stands of it beside a record."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import select

from hanse.actions import Action, find_action
from hanse.directory.models import User
from hanse.errors import BusinessError, NotFound
from hanse.i18n import Label, _, format_day, format_moment
from hanse.models import Model
from hanse.screens import Screen
from hanse.screens.history import MOST
from hanse.screens.names import names_of
from hanse.security.permissions import model_name
from hanse.web.page import bare_page, page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.found import record_for, screen_for
from hanse.work.kinds import kind_name
from hanse.work.models import ActivityKind, ActivityState, Level
from hanse.work.reading import (
    ActivityRow,
    Following,
    activities_of,
    following_of,
    place_of,
    starred_list,
)
from hanse.work.records import colleagues, require_record
from hanse.work.wording import MOST_COUNTED, unread

Values = dict[str, Any]
WORK, COLLEAGUES, BELL = "/core/work", "/core/colleagues", "/core/bell"
_TONES = {"overdue": "bad", "today": "warn", "planned": ""}
_WORDS: Mapping[str, Label] = {"overdue": _("Overdue"), "today": _("Today"), "planned": _("Later")}


def known(name: str) -> Action[Any]:
    """Give an action of the kernel."""
    found = find_action(name)
    assert found is not None, name
    return found


# --- beside a record --------------------------------------------------------------------------------------------------


def beside(request: WebRequest, screen: Screen, record: Model) -> Values:
    """Give activities, followers and star of a record, in two statements."""
    ctx = request.ctx
    following = following_of(ctx, record)
    may = place_of(ctx, record) == ctx.company.id
    rows = activities_of(ctx, record)
    own = request.to(f"{screen.path}/{record.id}")
    target = "#hz-beside"
    planned = [row for row in rows if row.state is ActivityState.PLANNED]
    return {
        "activities": {
            "entries": [entry(request, row, target, may=may) for row in planned],
            "plan": plan_form(request, target, following.kinds, record) if may else None,
        },
        "closed": [_closed(request, row) for row in rows if row.state is not ActivityState.PLANNED],
        "follow": _follow(following, own) if may else None,
        "star": {"url": f"{own}/star", "on": following.star is not None} if may else None,
    }


def colleagues_url(request: WebRequest, record: Model | None = None, *, others: bool = False) -> str:
    """Give the address that offers people, only those who see a record; ``others``: not the reader."""
    about = [] if record is None else [("model", model_name(type(record))), ("record", str(record.id))]
    return request.to(COLLEAGUES, [*about, *([("others", "1")] if others else [])])


def _follow(following: Following, own: str) -> Values:
    levels = [{"value": one.value, "label": one.label, "on": one is following.level} for one in Level]
    return {
        "url": f"{own}/follow",
        "on": following.own is not None,
        "levels": levels,
        "followers": [{"name": name, "level": level.label} for name, level in following.others],
    }


def _closed(request: WebRequest, row: ActivityRow) -> tuple[datetime, Values]:
    """Give a closed activity as the timeline shows it, with its moment."""
    assert row.closed_at is not None
    done = row.state is ActivityState.DONE
    said = _("has done: %(subject)s", subject=row.subject)
    title = said if done else _("has cancelled: %(subject)s", subject=row.subject)
    return row.closed_at, {
        "kind": "event",
        "user": row.closer or "",
        "title": title,
        "icon": "check" if done else "ban",
        "text": row.outcome or "",
        "when": format_moment(row.closed_at, request.ctx.company.zone),
        "at": row.closed_at.isoformat(),
        "reopen": {"url": request.to(WORK), "id": row.id},
    }


def with_closed(entries: Sequence[Values], closed: Sequence[tuple[datetime, Values]]) -> list[Values]:
    """Put closed activities among the entries of a timeline, which stand by their moment, the newest first."""
    everything = [(datetime.fromisoformat(one["at"]), one) for one in entries] + list(closed)
    oldest = min((at for at, _one in everything[: len(entries)]), default=None)
    shown = [pair for pair in everything if oldest is None or len(entries) < MOST or pair[0] >= oldest]
    return [one for _at, one in sorted(shown, key=lambda pair: pair[0], reverse=True)]


def entry(
    request: WebRequest, row: ActivityRow, target: str, *, may: bool = True, about: Values | None = None
) -> Values:
    """Give an activity as lists of them show it.

    :param target: what of the page is drawn anew when something is done with it
    :param about: title and url of its record, where that is not the page it stands on
    """
    today = request.ctx.today
    when = row.when(today)
    mine = row.owner_id == request.ctx.user.id
    return {
        "id": row.id,
        "subject": row.subject,
        "icon": row.icon,
        "kind": kind_name(row.kind),
        "due": _WORDS["today"] if when == "today" else format_day(row.due),
        "when": when,
        "word": _WORDS[when],
        "tone": _TONES[when],
        "owner": "" if mine else row.owner,
        "planner": row.planner if row.planner != row.owner else "",
        "details": row.details or "",
        "about": about,
        "url": request.to(WORK) if may else "",
        "target": target,
        "finish": _finish_fields(row),
        "change": _change_fields(request, row),
    }


def _finish_fields(row: ActivityRow) -> list[Values]:
    place = f"a-{row.id}"
    return [
        _field(f"{place}-outcome", "outcome", _("What came of it"), "note"),
        _field(f"{place}-next", "next_subject", _("And then: what is to be done"), "text", maxlength=200),
        _field(f"{place}-next-due", "next_due", _("Until when"), "date"),
    ]


def _change_fields(request: WebRequest, row: ActivityRow) -> list[Values]:
    place = f"a-{row.id}"
    url = request.to(COLLEAGUES)
    if row.model is not None:
        url = request.to(COLLEAGUES, model=row.model, record=str(row.record))
    return [
        _field(f"{place}-subject", "subject", _("What is to be done"), "text", value=row.subject, maxlength=200),
        _field(f"{place}-due", "due", _("Due"), "date", value=row.due.isoformat()),
        _field(f"{place}-owner", "owner", _("Assigned to"), "link", value=row.owner_id, text=row.owner, url=url),
        _field(f"{place}-details", "details", _("Note"), "note", value=row.details or ""),
    ]


def _field(place: str, name: str, label: Label, kind: str, **more: Any) -> Values:
    return {"id": place, "name": name, "label": label, "kind": kind, "stacked": True, **more}


def plan_form(
    request: WebRequest, target: str, kinds: Sequence[tuple[int, str]], record: Model | None = None
) -> Values:
    """Give the form that plans an activity, about a record or about none."""
    ctx = request.ctx
    choices = [{"value": kind, "label": kind_name(name)} for kind, name in kinds]
    hidden: Values = {}
    if record is not None:
        hidden = {"model": model_name(type(record)), "record": record.id}
    subject = _field("plan-subject", "subject", _("What is to be done"), "text", required=True, maxlength=200)
    due = _field("plan-due", "due", _("Due"), "date", value=ctx.today.isoformat(), required=True)
    fields = [
        subject,
        due,
        _field(
            "plan-kind", "kind", _("Kind"), "choice", choices=choices, value=kinds[0][0] if kinds else "", required=True
        ),
        _field(
            "plan-owner",
            "owner",
            _("Assigned to"),
            "link",
            value=ctx.user.id,
            text=ctx.user.name,
            url=colleagues_url(request, record),
        ),
        _field("plan-details", "details", _("Note"), "note"),
    ]
    return {"url": request.to(WORK), "hidden": hidden, "fields": fields, "target": target}


# --- what is sent -----------------------------------------------------------------------------------------------------

_TAKEN = {
    "plan": ("subject", "due", "kind", "owner", "details", "model", "record"),
    "change": ("subject", "due", "owner", "details"),
    "finish": ("outcome", "next_subject", "next_due"),
    "cancel": ("outcome",),
    "reopen": (),
}


def work(request: WebRequest) -> Response:
    """Plan an activity, or do something with one."""
    what = str(request.POST.get("do", ""))
    if request.method != "POST" or what not in _TAKEN:
        raise NotFound(_("There is no such page, or it is not for you."))
    given = {name: str(request.POST.get(name, "")).strip() for name in _TAKEN[what]}
    values: Values = {name: value for name, value in given.items() if value}
    records = None if what == "plan" else [_id(request, "activity")]
    return changed(request, lambda: request.ctx.run(known(f"core.activity.{what}"), records, **values))


def plan_page(request: WebRequest) -> Response:
    """Plan an activity about no record in particular, from a calendar or the list of activities; then go there."""
    if request.method != "POST":
        return _plan_form(request, {"due": str(request.GET.get("due", ""))}, None)
    given = {name: str(request.POST.get(name, "")).strip() for name in _PLANNED}
    values: Values = {name: value for name, value in given.items() if value}
    try:
        request.ctx.run(known("core.activity.plan"), **values)
    except BusinessError as error:
        return _plan_form(request, given, error)
    request.say(_("Planned."))
    return HTTPSeeOther(request.to("/core/activity", [("as", "calendar"), ("on", given["due"])]))


_PLANNED = ("subject", "due", "kind", "owner", "details")


def _plan_form(request: WebRequest, given: Mapping[str, str], error: BusinessError | None) -> Response:
    query = select(ActivityKind.id, ActivityKind.name).where(ActivityKind.active)
    rows = request.ctx.session.execute(query.order_by(ActivityKind.position, ActivityKind.id))
    fields = plan_form(request, "", [(kind, name) for kind, name in rows])["fields"]
    wrong = {one.field: str(one) for one in error.each() if one.field in _PLANNED} if error else {}
    for field in fields:
        field["stacked"] = False
        field["value"] = (
            given.get(field["name"]) or field["value"] if "value" in field else given.get(field["name"], "")
        )
        field["error"] = wrong.get(field["name"], "")
    owner = str(given.get("owner", ""))
    if owner.isascii() and owner.isdigit() and len(owner) < 19:
        names = names_of(request.ctx, User, [int(owner)])
        next(one for one in fields if one["name"] == "owner")["text"] = names.get(int(owner), "")
    form = {
        "action": request.to("/core/plan"),
        "title": _("Plan activity"),
        "sections": [{"fields": fields}],
        "dirty": error is not None,
        "errors": [{"message": str(one)} for one in error.each() if one.field not in _PLANNED] if error else [],
    }
    crumbs = [{"title": _("Activities"), "url": request.to("/core/activity")}]
    save = {"label": _("Plan"), "submit": "record-form", "primary": True, "icon": "check"}
    page = page_of(request, _("Plan activity"), breadcrumbs=crumbs, actions=[save])
    return render(request, "form.jinja2", page, status=422 if error else 200, form=form, dialogs=[])


def _id(request: WebRequest, name: str) -> int:
    text = str(request.POST.get(name, ""))
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise NotFound(_("This record is not there, or not for you."))
    return int(text)


def changed(request: WebRequest, change: Callable[[], object], *, back: str | None = None) -> Response:
    """Change something and show the page again; what stands against it is said, and what was typed stays."""
    try:
        change()
    except BusinessError as error:
        return refused(request, error, back=back)
    return HTTPSeeOther(back or back_to(request))


def refused(request: WebRequest, error: BusinessError, *, back: str | None = None) -> Response:
    """Say what stands against a change: over the page as it is, so that nothing typed is lost."""
    message = " ".join(str(one) for one in error.each())
    if request.is_partial:
        return Response(status=409, headers={"HX-Trigger": toast_header(message, "bad")})
    request.say(message, "bad")
    return HTTPSeeOther(back or back_to(request))


def toast_header(message: Label, tone: str) -> str:
    """Write the header by which an answer to htmx brings a message."""
    return json.dumps({"hanse:toast": {"text": str(message), "tone": tone}})


def back_to(request: WebRequest) -> str:
    """Give the page a form was on, if it was one of ours."""
    referer = request.referer or ""
    return referer if referer.startswith(f"{request.host_url}/") else request.to("/")


def follow(request: WebRequest) -> Response:
    """Follow a record at a level, or no more; without either, turn it round."""
    screen = screen_for(request)
    record = record_for(request, screen)
    level = str(request.POST.get("level", ""))
    following = following_of(request.ctx, record)
    page = request.to(f"{screen.path}/{record.id}")
    if following.own is not None and level in ("", "none"):
        gone = [following.own]
        return changed(request, lambda: request.ctx.run(known("core.follower.unfollow"), gone), back=page)
    asked: Values = {"model": screen.name, "record": record.id, "level": level or Level.STATES}
    return changed(request, lambda: request.ctx.run(known("core.follower.follow"), **asked), back=page)


def star(request: WebRequest) -> Response:
    """Star a record or take its star away."""
    screen = screen_for(request)
    record = record_for(request, screen)
    there = following_of(request.ctx, record).star
    path = f"{screen.path}/{record.id}"
    return _starred(request, screen, record.id, there, path)


def star_list(request: WebRequest) -> Response:
    """Star a list or take its star away."""
    screen = screen_for(request)
    return _starred(request, screen, None, starred_list(request.ctx, screen.name), screen.path)


def _starred(request: WebRequest, screen: Screen, record: int | None, there: int | None, path: str) -> Response:
    if there is None:
        request.ctx.run(known("core.favourite.star"), model=screen.name, record=record)
    else:
        request.ctx.run(known("core.favourite.unstar"), [there])
    if not request.is_partial:
        return HTTPSeeOther(back_to(request))
    url = request.to(f"{path}/star" if record is not None else f"{path}/-/star")
    page = bare_page(request, "") | {"star": {"url": url, "on": there is None}}
    return render(request, "star.jinja2", page)


# --- what scripts ask -------------------------------------------------------------------------------------------------


def offer_colleagues(request: WebRequest) -> Response:
    """Give people to mention or to give work to, as JSON; with a record those who see it."""
    model, record = str(request.GET.get("model", "")), str(request.GET.get("record", ""))
    about = (model, int(record)) if model and record.isascii() and record.isdigit() and len(record) < 19 else None
    if about is not None:
        require_record(request.ctx, *about)
    found = colleagues(request.ctx, str(request.GET.get("q", ""))[:80], *(about or (None, None)))
    others = [one for one in found if "others" not in request.GET or one.id != request.ctx.user.id]
    entries = [{"id": one.id, "name": one.name, "login": one.login, "hint": one.login} for one in others]
    return Response(json_body=entries)


def bell(request: WebRequest) -> Response:
    """Say how much somebody has not read, and whether the list ``at`` is a favourite of theirs; as JSON."""
    count = len(unread(request.ctx))
    answer: Values = {"unread": f"{MOST_COUNTED}+" if count > MOST_COUNTED else str(count or "")}
    at = str(request.GET.get("list", ""))
    if at:
        answer["starred"] = starred_list(request.ctx, at) is not None
    return Response(json_body=answer)
