"""What somebody was told, and how they want to be told."""

from __future__ import annotations

from typing import Any

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import Response
from sqlalchemy import ColumnElement, text

from hanse.errors import NotFound
from hanse.i18n import _, format_moment
from hanse.security import sessions
from hanse.web.page import page_of, render
from hanse.web.request import WebRequest
from hanse.web.views.work import known
from hanse.work.models import Notification, Reason
from hanse.work.settings import CREATED, MENTIONED, PREFERENCE, Channel, Wishes
from hanse.work.wording import Told, latest

Values = dict[str, Any]
PATH, SETTINGS = "/core/notifications", "/core/notification-settings"
_MOST = 100


def notifications(request: WebRequest) -> Response:
    """Show the latest notifications; with ``open`` go to the record of one; a POST marks them as read."""
    if request.method == "POST":
        return _mark(request)
    if "open" in request.GET:
        return _open(request, str(request.GET["open"]))
    told = latest(request.ctx, most=_MOST)
    entries = [entry(request, one) for one in told]
    actions: list[Values] = [
        {"label": _("How I am notified"), "url": request.to(SETTINGS), "icon": "settings", "quiet": True}
    ]
    if any(not one.read for one in told):
        actions.append({"label": _("Mark all as read"), "url": request.to(PATH), "method": "post", "icon": "checks"})
    page = page_of(request, _("Notifications"), actions=actions)
    return render(request, "notifications.jinja2", page, notifications=entries)


def entry(request: WebRequest, one: Told) -> Values:
    """Give a notification as pages show it."""
    return {
        "id": one.id,
        "sentence": one.sentence,
        "detail": one.detail,
        "about": one.about,
        "icon": one.icon,
        "when": format_moment(one.at, request.ctx.company.zone),
        "at": one.at.isoformat(),
        "url": request.to(PATH, open=str(one.id)) if one.path else "",
        "read": one.read,
    }


def _mark(request: WebRequest) -> Response:
    """Mark one as read, or all of them."""
    ctx, chosen = request.ctx, str(request.POST.get("notification", ""))
    where: list[ColumnElement[bool]] = [Notification.read_at.is_(None), Notification.user.is_(ctx.user.id)]
    if chosen.isascii() and chosen.isdigit() and len(chosen) < 19:
        where.append(Notification.id == int(chosen))
    found = ctx.visible(Notification, Notification.company_id == ctx.company.id, *where).ids
    if found:
        ctx.run(known("core.notification.mark_read"), found)
    referer = request.referer or ""
    own = referer.startswith(f"{request.host_url}/")
    return HTTPSeeOther(referer if own else request.to(PATH))


def _open(request: WebRequest, chosen: str) -> Response:
    """Go to what a notification is about, which is read then.

    :raises NotFound: it is not there, or not for this person any more
    """
    for one in latest(request.ctx, most=1000, details=False):
        if str(one.id) == chosen and one.path:
            if not one.read:
                request.ctx.run(known("core.notification.mark_read"), [one.id])
            return HTTPSeeOther(request.to(one.path))
    raise NotFound(_("This record is not there, or not for you."))


# --- how one is told --------------------------------------------------------------------------------------------------


def settings(request: WebRequest) -> Response:
    """Show and keep how somebody wants to be told."""
    if request.method == "POST":
        channels = {one: _chosen(str(request.POST.get(one.value, ""))) for one in Reason}
        wishes = Wishes(channels, request.POST.get(CREATED) == "1", request.POST.get(MENTIONED) == "1")
        sessions.set_preference(request.db, request.user.id, PREFERENCE, wishes.stored())
        request.say(_("Saved."))
        return HTTPSeeOther(request.to(SETTINGS))
    wishes = Wishes.read(request.logged_in.preferences)
    choices = [{"value": one.value, "label": one.label} for one in Channel]
    told = [
        {
            "name": reason.value,
            "label": reason.label,
            "kind": "choice",
            "value": wishes.channels[reason].value,
            "choices": choices,
            "required": True,
        }
        for reason in Reason
    ]
    flags = (
        (CREATED, _("What I create"), wishes.follow_created),
        (MENTIONED, _("Where somebody mentions me"), wishes.follow_mentioned),
    )
    following = [{"name": name, "label": label, "kind": "flag", "value": value} for name, label, value in flags]
    email = _email(request)
    form = {
        "action": request.to(SETTINGS),
        "title": _("How I am notified"),
        "subtitle": _("Mail goes to %(address)s.", address=email) if email else "",
        "sections": [
            {"title": _("What I am told of"), "fields": told, "one": True},
            {"title": _("What I follow without being asked"), "fields": following, "one": True},
        ],
        "notices": []
        if email
        else [{"tone": "warn", "text": _("You have no e-mail address; an administrator can add it.")}],
    }
    actions = [{"label": _("Save"), "submit": "record-form", "primary": True, "icon": "device-floppy"}]
    page = page_of(request, _("How I am notified"), actions=actions)
    return render(request, "form.jinja2", page, form=form, dialogs=[])


def _chosen(value: str) -> Channel:
    return next((one for one in Channel if one.value == value), Channel.APP)


def _email(request: WebRequest) -> str:
    found = request.db.scalar(text("SELECT email FROM core_user WHERE id = :id"), {"id": request.user.id})
    return str(found or "")
