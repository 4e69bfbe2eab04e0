"""Notifications as their reader reads them: worded now, in their language, of records that they may see now.

What is about a record that is not there for the reader is left out whole, so that who has lost a right is told nothing,
also of what was stored before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from hanse.actions import find_action
from hanse.i18n import Label, Text, _
from hanse.models import declared_models
from hanse.screens import screen_named
from hanse.screens.history import describe_changes, linked_names
from hanse.screens.names import seen_names
from hanse.security.audience import Pair
from hanse.security.permissions import model_name
from hanse.work.activities import CLOSED, DUE
from hanse.work.models import ActivityState, Reason
from hanse.work.telling import speaker

if TYPE_CHECKING:
    from hanse.actions import Context

ICONS = {
    Reason.MENTION: "message",
    Reason.COMMENT: "message-circle",
    Reason.CHANGE: "pencil",
    Reason.ACTIVITY: "calendar-event",
    Reason.ALERT: "bell",
    Reason.SIGN_IN: "device-desktop",
}
#: More than so many are not counted.
MOST_COUNTED = 99
_LONGEST = 300
_ROWS = """
    SELECT n.id, n.reason, n.model, n.record, u.name, n.actors, n.times, n.content, n.at, n.read_at,
           c.body, a.subject, a.due, a.state, a.outcome
    FROM core_notification n
    LEFT JOIN core_user u ON u.id = n.actor_id
    LEFT JOIN core_comment c ON c.company_id = n.company_id AND c.id = (n.content->>'comment')::bigint
    LEFT JOIN core_activity a ON a.company_id = n.company_id AND a.id = (n.content->>'activity')::bigint
    WHERE n.company_id = :company AND n.user_id = :user AND {which} ORDER BY n.at DESC, n.id DESC LIMIT :most
"""
_UNREAD, _ALL, _POSTED = "n.read_at IS NULL", "true", "n.read_at IS NULL AND n.posting = ANY(:postings)"
_CHANGES = text("""
    SELECT e.model, e.record, e.run, e.changes FROM core_audit e
    JOIN unnest(CAST(:models AS text[]), CAST(:records AS bigint[]), CAST(:runs AS text[])) AS g (model, record, run)
      ON e.model = g.model AND e.record = g.record AND e.run = g.run
    WHERE e.company_id = :company
""")


@dataclass(frozen=True)
class Told:
    """A notification for its reader.

    :ivar about: the name of the record, empty where there is none
    :ivar path: of the record's page below the address of Hanse, empty where it has none
    """

    id: int
    reason: Reason
    sentence: str
    detail: str
    about: str
    path: str
    at: datetime
    read: bool
    model: str | None
    record: int | None

    @property
    def icon(self) -> str:
        """The icon of its reason."""
        return ICONS[self.reason]


def unread(ctx: Context, *, most: int = MOST_COUNTED + 1, details: bool = False) -> list[Told]:
    """Give what the person has not read yet, the newest first."""
    return _told(ctx, _UNREAD, {"most": most}, details=details)


def latest(ctx: Context, *, most: int, details: bool = True) -> list[Told]:
    """Give the latest of what the person was told."""
    return _told(ctx, _ALL, {"most": most}, details=details)


def posted(ctx: Context, postings: Sequence[str]) -> list[Told]:
    """Give what waits for a mail to the person, and was not read meanwhile."""
    return _told(ctx, _POSTED, {"most": 200, "postings": list(postings)}, details=True)


def _told(ctx: Context, which: str, more: Mapping[str, Any], *, details: bool) -> list[Told]:
    ctx.bind()
    asked = {"company": ctx.company.id, "user": ctx.user.id, **more}
    rows = ctx.session.connection().execute(text(_ROWS.format(which=which)), asked).all()
    names = seen_names(ctx, ((row.model, row.record) for row in rows if row.record is not None))
    rows = [row for row in rows if speaker(row.reason, row.content) in ctx.seen and _is_there(row, names)]
    changes = _changes(ctx, rows) if details else {}
    return [_entry(row, names, changes) for row in rows]


def _is_there(row: Any, names: Mapping[Pair, str]) -> bool:
    if row.record is not None and (row.model, row.record) not in names:
        return False
    return row.body is not None if row.reason in (Reason.MENTION.value, Reason.COMMENT.value) else True


def _changes(ctx: Context, rows: Sequence[Any]) -> dict[tuple[str, int, str], str]:
    """Say what was changed by the last run of each notification, in the fields that the reader may see."""
    wanted = [(row.model, row.record, row.content["run"]) for row in rows if row.reason == Reason.CHANGE.value]
    if not wanted:
        return {}
    models, records, runs = zip(*wanted, strict=True)
    asked = {"company": ctx.company.id, "models": list(models), "records": list(records), "runs": list(runs)}
    entries = ctx.session.connection().execute(_CHANGES, asked).all()
    found: dict[tuple[str, int, str], str] = {}
    for model in declared_models:
        own = [entry for entry in entries if entry.model == model_name(model)]
        names = linked_names(ctx, model, [entry.changes for entry in own]) if own else {}
        for entry in own:
            told = describe_changes(ctx, model, entry.changes, names)
            found[entry.model, entry.record, entry.run] = "; ".join(_change(one) for one in told)[:_LONGEST]
    return found


def _change(change: Mapping[str, str]) -> str:
    before, after = change["before"], change["after"] or "–"
    return f"{change['label']}: {before} → {after}" if before else f"{change['label']}: {after}"


def _entry(row: Any, names: Mapping[Pair, str], changes: Mapping[tuple[str, int, str], str]) -> Told:
    reason = Reason(row.reason)
    screen = screen_named(row.model) if row.model else None
    sentence, detail = _WORDS[reason](row)
    if reason is Reason.CHANGE:
        detail = changes.get((row.model, row.record, row.content.get("run", "")), "")
    return Told(
        row.id,
        reason,
        str(sentence),
        detail[:_LONGEST],
        names.get((row.model, row.record), ""),
        f"{screen.path}/{row.record}" if screen is not None else "",
        row.at,
        row.read_at is not None,
        row.model,
        row.record,
    )


def _who(row: Any) -> Label:
    if row.name is None:
        return _("Hanse")
    return _("%(who)s and others", who=row.name) if row.actors > 1 else row.name


def _mention(row: Any) -> tuple[Label, str]:
    return _("%(who)s mentions you", who=_who(row)), row.body or ""


def _comment(row: Any) -> tuple[Label, str]:
    if row.times > 1:
        return _("%(times)s comments by %(who)s", times=row.times, who=_who(row)), row.body or ""
    return _("%(who)s has commented", who=_who(row)), row.body or ""


def _changed(row: Any) -> tuple[Label, str]:
    if row.times > 1:
        return _("%(times)s changes by %(who)s", times=row.times, who=_who(row)), ""
    found = find_action(str(row.content.get("action")))
    verb = str(row.content.get("action")).rpartition(".")[2]
    what: Label = _("Changed") if verb == "update" or found is None else found.label
    return _("%(what)s: %(who)s", what=what, who=_who(row)), ""


def _activity(row: Any) -> tuple[Label, str]:
    event = row.content.get("event")
    subject = row.subject or ""
    if event == DUE:
        return _("Due %(day)s: %(subject)s", day=row.due, subject=subject), ""
    if event != CLOSED:
        return _("%(who)s asks you until %(day)s: %(subject)s", who=_who(row), day=row.due, subject=subject), ""
    if row.state == ActivityState.CANCELLED.value:
        return _("%(who)s has cancelled: %(subject)s", who=_who(row), subject=subject), row.outcome or ""
    return _("%(who)s has done: %(subject)s", who=_who(row), subject=subject), row.outcome or ""


def _alert(row: Any) -> tuple[Label, str]:
    content = row.content
    return Text(str(content.get("domain")), str(content.get("message")), dict(content.get("values") or {})), ""


_WORDS = {
    Reason.MENTION: _mention,
    Reason.COMMENT: _comment,
    Reason.CHANGE: _changed,
    Reason.ACTIVITY: _activity,
    Reason.ALERT: _alert,
    Reason.SIGN_IN: _alert,
}
