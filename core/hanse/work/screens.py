"""Screens and pages of work on records: activities, their kinds, notifications and how one is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanse.audit.reading import model_words, tell_records
from hanse.i18n import _
from hanse.screens import Board, Button, Calendar, Filter, Row, Screen, Shown, Told, Words, menu_section
from hanse.web.pages import page
from hanse.work.models import Activity, ActivityKind, ActivityState

if TYPE_CHECKING:
    from pyramid.response import Response

    from hanse.actions import Context
    from hanse.web.request import WebRequest


menu_section("work", _("Work"), order=1, icon="list-check")


def _tell(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Name the records that activities are about."""
    about = [row for row in rows if row[1] is not None]
    told = iter(tell_records(ctx, about))
    return [next(told) if row[1] is not None else Words("") for row in rows]


def _about(ctx: Context, activity: Activity) -> str:
    """Say which record an activity is about."""
    if activity.model is None or activity.record is None:
        return ""
    (words,) = tell_records(ctx, [(activity.model, activity.record)])
    return f"{model_words(activity.model)}: {words.text}"


ACTIVITIES = Screen(
    Activity,
    title=_("Activities"),
    singular=_("Activity"),
    menu="work",
    icon="calendar-event",
    order=5,
    readonly=True,
    list=[
        Activity.due,
        Activity.subject,
        Told("about", _("Record"), (Activity.model, Activity.record), _tell),
        Activity.kind,
        Activity.owner,
        Activity.state,
    ],
    optional=[Activity.planner, Activity.planned_at, Activity.closer, Activity.closed_at, Activity.outcome],
    filters=[
        Activity.state,
        Filter(_("Mine"), lambda ctx: Activity.owner.is_(ctx.user.id), name="mine"),
        Filter(
            _("Overdue"),
            lambda ctx: (Activity.state == ActivityState.PLANNED) & (Activity.due < ctx.today),
            name="overdue",
        ),
        Activity.due,
    ],
    order_by=[Activity.due],
    form=[
        Row(Activity.subject, Activity.kind),
        Row(Activity.due, Activity.owner),
        Row(Shown("about", _("Record"), _about)),
        Row(Activity.details),
        Row(Activity.planner, Activity.planned_at),
        Row(Activity.closer, Activity.closed_at),
        Row(Activity.outcome),
    ],
    tones={ActivityState.PLANNED: "info", ActivityState.DONE: "ok", ActivityState.CANCELLED: ""},
    story=lambda _ctx, _activity: [],
    board=Board(
        by=Activity.state,
        card=[
            Activity.subject,
            Activity.due,
            Told("about", _("Record"), (Activity.model, Activity.record), _tell),
            Activity.owner,
        ],
    ),
    calendar=Calendar(start=Activity.due, title=[Activity.subject], tone=Activity.state, new="plan", moved_by="change"),
    buttons=[Button("plan")],
)

KINDS = Screen(
    ActivityKind,
    title=_("Kinds of activities"),
    singular=_("Kind of activity"),
    menu="system",
    icon="tags",
    order=35,
    list=[ActivityKind.name, ActivityKind.icon, ActivityKind.position],
    form=[Row(ActivityKind.name, ActivityKind.icon), Row(ActivityKind.position)],
    order_by=[ActivityKind.position],
)


@page("work", title=_("Activities"))
def work(request: WebRequest) -> Response:
    """Plan an activity, or do something with one."""
    from hanse.web.views import work as views  # Pyramid is loaded by the web only

    return views.work(request)


@page("plan", title=_("Plan activity"), icon="plus", permission="core.activity.create")
def plan(request: WebRequest) -> Response:
    """Plan an activity on a page of its own; ``?due=2026-11-05`` says when."""
    from hanse.web.views import work as views

    return views.plan_page(request)


@page("colleagues", title=_("Colleagues"))
def colleagues(request: WebRequest) -> Response:
    """Offer people."""
    from hanse.web.views import work as views

    return views.offer_colleagues(request)


@page("bell", title=_("Notifications"))
def bell(request: WebRequest) -> Response:
    """Say how much somebody has not read."""
    from hanse.web.views import work as views

    return views.bell(request)


@page("notifications", title=_("Notifications"))
def notifications(request: WebRequest) -> Response:
    """Show what somebody was told."""
    from hanse.web.views import notifications as views

    return views.notifications(request)


@page("notification-settings", title=_("How I am notified"))
def settings(request: WebRequest) -> Response:
    """Choose how one is told."""
    from hanse.web.views import notifications as views

    return views.settings(request)
