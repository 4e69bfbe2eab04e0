"""Activities: calls, meetings, things to do, each with a day and an owner; about a record of any model or about none.

Who sees the record sees its activities and may close them, so that none is lost when its owner is away; the history
says who it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import select

from hanse.actions import Context, Records, action
from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.jobs.outbox import follow_up
from hanse.jobs.tasks import register_task
from hanse.models import link_id
from hanse.work.models import Activity, ActivityKind, ActivityState, Reason
from hanse.work.records import require_colleague, require_record
from hanse.work.telling import News, tell

ASSIGNED, CLOSED, DUE = "assigned", "closed", "due"
#: The kind that is meant where none is chosen; it comes with Hanse.
USUAL_KIND = "todo"
_LABELS = {
    "subject": _("What is to be done"),
    "due": _("Due"),
    "kind": _("Kind"),
    "owner": _("Assigned to"),
    "details": _("Note"),
    "outcome": _("Outcome"),
    "next_subject": _("And then: what is to be done"),
    "next_due": _("Until when"),
}


@action(
    Activity,
    label=_("Plan activity"),
    permission="core.activity.create",
    creates=True,
    hidden=True,
    labels=_LABELS,
)
def plan(
    ctx: Context,
    activities: Records[Activity],
    *,
    subject: str,
    due: date,
    kind: int | None = None,
    owner: int | None = None,
    details: str | None = None,
    model: str | None = None,
    record: int | None = None,
) -> list[int]:
    """Plan something to be done, by oneself or by somebody who may see the record.

    :raises NotFound: the record is not there for this person
    :raises BusinessError: whoever shall do it does not work here, or may not see the record
    """
    if (model is None) != (record is None):
        raise BusinessError(_("An activity is about a record of a model, or about none."), field="record")
    if model is not None and record is not None:
        require_record(ctx, model, record)
    chosen = owner or ctx.user.id
    require_colleague(ctx, chosen, model, record)
    values = {
        "subject": subject,
        "due": due,
        "kind": _kind(ctx, kind),
        "owner": chosen,
        "details": details,
        "model": model,
        "record": record,
    }
    ids = _insert(ctx, [values])
    if chosen != ctx.user.id:
        _tell_later(ctx, ids, ASSIGNED)
    return ids


def _insert(ctx: Context, rows: Sequence[dict[str, Any]]) -> list[int]:
    return ctx.insert(Activity, [{**row, "planner": ctx.user.id, "planned_at": ctx.now} for row in rows])


def _kind(ctx: Context, chosen: int | None) -> int:
    """Give the chosen kind, and for who chooses none something to do, or the first there is.

    :raises BusinessError: there is none like that
    """
    query = select(ActivityKind.id).where(ActivityKind.active)
    if chosen is not None:
        query = query.where(ActivityKind.id == chosen)
    found = ctx.session.scalar(
        query.order_by(ActivityKind.key.is_distinct_from(USUAL_KIND), ActivityKind.position).limit(1)
    )
    if found is None:
        raise BusinessError(_("There is no such kind of activity."), field="kind")
    return found


@action(Activity, label=_("Change activity"), permission="core.activity.work", hidden=True, labels=_LABELS)
def change(
    ctx: Context,
    activities: Records[Activity],
    *,
    subject: str | None = None,
    due: date | None = None,
    kind: int | None = None,
    owner: int | None = None,
    details: str | None = None,
) -> None:
    """Change what is planned, or give it to somebody else; what is left out stays.

    :raises BusinessError: one is closed already, or the new owner may not see the record
    """
    chosen = _kind(ctx, kind) if kind is not None else None
    given = {"subject": subject, "due": due, "kind": chosen, "owner": owner, "details": details}
    values: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
    for activity in activities:
        if activity.state is not ActivityState.PLANNED:
            raise BusinessError(_("It is closed already. Reopen it first."), record=activity.id)
        if owner is not None:
            require_colleague(ctx, owner, activity.model, activity.record)
    passed_on = [one.id for one in activities if owner is not None and one.owner_id != owner]
    if due is not None:
        values["reminded_on"] = None
    ctx.update(activities, values)
    if passed_on and owner != ctx.user.id:
        _tell_later(ctx, passed_on, ASSIGNED)


@action(
    Activity,
    label=_("Done"),
    permission="core.activity.work",
    moves=(ActivityState.PLANNED, ActivityState.DONE),
    icon="check",
    primary=True,
    labels=_LABELS,
    done=_("Done."),
)
def finish(
    ctx: Context,
    activities: Records[Activity],
    *,
    outcome: str | None = None,
    next_subject: str | None = None,
    next_due: date | None = None,
) -> list[int]:
    """Close what is done, with what came of it, and plan what comes next.

    :returns: ids of what comes next
    :raises BusinessError: what comes next has no day
    """
    if next_subject and next_due is None:
        raise BusinessError(_("Say until when that is to be done."), field="next_due")
    _close(ctx, activities, outcome)
    if not next_subject:
        return []
    following = [
        {
            "subject": next_subject,
            "due": next_due,
            "kind": one.kind_id,
            "owner": one.owner_id,
            "model": one.model,
            "record": one.record,
            "follows": one.id,
        }
        for one in activities
    ]
    return _insert(ctx, following)


@action(
    Activity,
    label=_("Cancel activity"),
    permission="core.activity.work",
    moves=(ActivityState.PLANNED, ActivityState.CANCELLED),
    icon="ban",
    labels={"outcome": _("Why")},
    done=_("Cancelled."),
)
def cancel(ctx: Context, activities: Records[Activity], *, outcome: str | None = None) -> None:
    """Close what need not be done any more."""
    _close(ctx, activities, outcome)


def _close(ctx: Context, activities: Records[Activity], outcome: str | None) -> None:
    ctx.update(activities, {"closer": ctx.user.id, "closed_at": ctx.now, "outcome": outcome or None})
    _tell_later(ctx, activities.ids, CLOSED)


@action(
    Activity,
    label=_("Reopen"),
    permission="core.activity.work",
    moves=((ActivityState.DONE, ActivityState.CANCELLED), ActivityState.PLANNED),
    icon="rotate",
    done=_("It is to be done again."),
)
def reopen(ctx: Context, activities: Records[Activity]) -> None:
    """Have it done after all."""
    ctx.update(activities, {"closer": None, "closed_at": None, "outcome": None, "reminded_on": None})


# --- telling ----------------------------------------------------------------------------------------------------------


def _tell_later(ctx: Context, ids: Sequence[int], event: str) -> None:
    follow_up(ctx, TELL_ACTIVITY, [{"activities": list(ids), "event": event, "actor": ctx.user.id}])


def tell_activity(ctx: Context, *, activities: list[int], event: str, actor: int) -> None:
    """Tell owners what is given to them, and owners and planners what others have closed."""
    query = select(
        Activity.id, Activity.model, Activity.record, link_id(Activity.owner), link_id(Activity.planner)
    ).where(Activity.id.in_(activities), Activity.company_id == ctx.company.id)
    news: list[News] = []
    for activity, model, record, owner, planner in ctx.session.execute(query):
        users = (owner,) if event != CLOSED else dict.fromkeys((owner, planner))
        news += [about_activity(user, activity, event, model, record, actor) for user in users]
    tell(ctx, news)


def about_activity(
    user: int, activity: int, event: str, model: str | None, record: int | None, actor: int | None
) -> News:
    """Write what somebody is told of an activity."""
    content = {"activity": activity, "event": event}
    return News(user, Reason.ACTIVITY, content, model, record, f"{event}:{activity}", actor)


TELL_ACTIVITY = register_task(tell_activity, label=_("Notify people"))
