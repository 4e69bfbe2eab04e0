"""Followers, activities, notifications and favourites: what people have to do with records of any model.

Each tells by ``model`` and ``record`` what it is about, as comments and attachments do; ``Scope(about=True)`` makes
:func:`hanse.security.clauses.visible_clause` show it only where the record itself is there for the reader.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import (
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Unique,
    archivable,
    choice,
    day,
    link,
    moment,
    note,
    number,
    structure,
    text,
)


class Level(Choice):
    """What of a record somebody wants to hear of."""

    COMMENTS = "comments", _("Comments")
    STATES = "states", _("Comments and changes of state")
    EVERYTHING = "everything", _("Every change")


class Follower(Model):
    """That somebody wants to hear of a record."""

    __tablename__ = "core_follower"
    __audited__ = False
    __general__ = False
    __display__ = ("model",)
    __scope__ = Scope(owner="user", about=True, open=("read",))
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    user: Mapped[User] = link(_("Follower"), ondelete="CASCADE")
    level: Mapped[Level] = choice(_("Hears of"), default=Level.STATES)
    at: Mapped[datetime] = moment(_("Since"))

    __rules__ = [Unique("model", "record", "user", error=_("The person follows this record already."))]

    if TYPE_CHECKING:
        user_id: Mapped[int]


class ActivityKind(Model, shared=True):
    """A kind of activity; addons and administrators add others to those that come with Hanse."""

    __tablename__ = "core_activity_kind"
    key: Mapped[str | None] = text(_("Key"), max_length=60, readonly=True)
    name: Mapped[str] = text(_("Name"), widget="activity_kind_name", search=True)
    icon: Mapped[str] = text(_("Icon"), max_length=40, default="circle-check")
    position: Mapped[int] = number(_("Position"), default=100)
    active: Mapped[bool] = archivable()

    __rules__ = [
        Unique("name", error=_("There is a kind of activity with this name already.")),
        Unique("key", error=_("There is a kind of activity with this key already.")),
    ]


class ActivityState(Choice):
    """What became of an activity."""

    PLANNED = "planned", _("Planned")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class Activity(Model):
    """Something to be done by somebody until a day, about a record or about none."""

    __tablename__ = "core_activity"
    __general__ = False
    __display__ = ("subject",)
    __scope__ = Scope(owner="owner", about=True, open=("read", "work"))
    subject: Mapped[str] = text(_("What is to be done"), search=True)
    kind: Mapped[ActivityKind] = link(_("Kind"), index=False)
    due: Mapped[date] = day(_("Due"))
    owner: Mapped[User] = link(_("Assigned to"), index=False)
    state: Mapped[ActivityState] = choice(_("State"), default=ActivityState.PLANNED, readonly=True)
    details: Mapped[str | None] = note(_("Note"))
    model: Mapped[str | None] = text(_("Model"), max_length=80, readonly=True)
    record: Mapped[int | None] = number(_("Record"), readonly=True)
    planner: Mapped[User] = link(_("Planned by"), index=False, readonly=True)
    planned_at: Mapped[datetime] = moment(_("Planned at"), readonly=True)
    closer: Mapped[User | None] = link(_("Closed by"), index=False, readonly=True)
    closed_at: Mapped[datetime | None] = moment(_("Closed at"), readonly=True)
    outcome: Mapped[str | None] = note(_("Outcome"), readonly=True)
    follows: Mapped[Activity | None] = link(_("Follows on"), index=False, readonly=True)
    reminded_on: Mapped[date | None] = day(_("Reminded on"), readonly=True)

    __rules__ = [
        Index("model", "record"),
        Index("owner_id", "due", where="state = 'planned'"),
        Check(
            "about",
            "(model IS NULL) = (record IS NULL)",
            error=_("An activity is about a record of a model, or about none."),
        ),
    ]

    if TYPE_CHECKING:
        kind_id: Mapped[int]
        owner_id: Mapped[int]
        planner_id: Mapped[int]
        closer_id: Mapped[int | None]
        follows_id: Mapped[int | None]


class Reason(Choice):
    """Why somebody is told something."""

    MENTION = "mention", _("Somebody mentions you")
    COMMENT = "comment", _("Comments on what you follow")
    CHANGE = "change", _("Changes to what you follow")
    ACTIVITY = "activity", _("Activities of yours")
    ALERT = "alert", _("Alerts of addons")
    SIGN_IN = "sign_in", _("Sign-ins from new devices")


class Posting(Choice):
    """What is to go out by mail of a notification."""

    NONE = "none", _("Not by mail")
    SOON = "soon", _("To be mailed at once")
    DAILY = "daily", _("For the daily digest")
    MAILED = "mailed", _("Mailed")


class Notification(Model):
    """That somebody is told of something.  What happens again before it is read is counted, not told again.

    No name of a record is stored: it is read when the notification is shown, as far as the reader may still see it.
    ``content`` is ``{"action": …}`` for a change, ``{"comment": id}``, ``{"activity": id, "event": …}``, or the
    message of an addon with its domain and values.
    """

    __tablename__ = "core_notification"
    __audited__ = False
    __general__ = False
    __display__ = ("reason",)
    __scope__ = Scope(owner="user", about=True)
    user: Mapped[User] = link(_("For"), ondelete="CASCADE", index=False)
    reason: Mapped[Reason] = choice(_("Why"))
    model: Mapped[str | None] = text(_("Model"), max_length=80)
    record: Mapped[int | None] = number(_("Record"))
    topic: Mapped[str] = text(_("Topic"), max_length=120, default="")
    actor: Mapped[User | None] = link(_("Who did it"), ondelete="CASCADE", index=False)
    actors: Mapped[int] = number(_("People"), default=1)
    times: Mapped[int] = number(_("Times"), default=1)
    content: Mapped[dict[str, object]] = structure(_("Content"), default={})
    at: Mapped[datetime] = moment(_("When"))
    read_at: Mapped[datetime | None] = moment(_("Read at"))
    posting: Mapped[Posting] = choice(_("By mail"), default=Posting.NONE)

    __rules__ = [
        Unique(
            "user",
            "reason",
            "model",
            "record",
            "topic",
            where="read_at IS NULL",
            nulls_equal=True,
            error=_("The person is told of this already."),
        ),
        Index("user_id", "at"),
        Index("posting", where="posting IN ('soon', 'daily')"),
    ]

    if TYPE_CHECKING:
        user_id: Mapped[int]
        actor_id: Mapped[int | None]


class Favourite(Model):
    """A record that somebody has starred, or the list of a model."""

    __tablename__ = "core_favourite"
    __audited__ = False
    __general__ = False
    __display__ = ("model",)
    __scope__ = Scope(owner="user", about=True)
    user: Mapped[User] = link(_("Whose"), ondelete="CASCADE", index=False)
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int | None] = number(_("Record"), help=_("Empty: the list."))
    at: Mapped[datetime] = moment(_("Since"))

    __rules__ = [
        Unique("user", "model", "record", nulls_equal=True, error=_("This is a favourite already.")),
    ]

    if TYPE_CHECKING:
        user_id: Mapped[int]
