"""What happened to a record: audit entries and comments, as people read them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup, escape
from sqlalchemy import select

from hanse.actions import find_action
from hanse.audit.models import AuditEntry
from hanse.directory.models import Comment, User
from hanse.i18n import Label, _, format_moment
from hanse.models import Field, Kind, Model, StoredFile, link_id
from hanse.screens.formats import AMOUNTS, formatter
from hanse.screens.names import names_of
from hanse.security.clauses import readable
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context

MOST = 30
_MENTION = Markup('<span class="hz-mention">@{}</span>')
#: What may be a login or a name behind an @; an address such as ann@example.com calls nobody.
CALL = re.compile(r"(?<![\w.@])@(\w[\w.\-]{0,78}\w|\w)")
#: How something was done that nobody did in the browser.
_WAYS: dict[str, Label] = {
    "cli": _("command line"),
    "event": _("follow-up"),
    "import": _("import"),
    "job": _("in the background"),
    "schedule": _("schedule"),
    "setup": _("set-up"),
}
_USUAL: dict[str, Label] = {"web": _("browser"), "api": _("programming interface")}
_LONGEST = 200
#: What actions note that is no field of the record.
_NOTES: dict[str, Label] = {}
Names = dict[type[Model], dict[int, str]]


def write_note(name: str, label: Label) -> None:
    """Let the history show what actions note under a name that is no field, such as from which address they came."""
    _NOTES[name] = label


def timeline(ctx: Context, model: type[Model], record: int, *, most: int = MOST) -> tuple[list[dict[str, Any]], bool]:
    """Give what happened to a record, the newest first, and whether there is more."""
    name = model_name(model)
    audits = ctx.session.execute(
        select(AuditEntry.at, User.name, AuditEntry.action, AuditEntry.changes, AuditEntry.via)
        .join(User, User.id == link_id(AuditEntry.user))
        .where(AuditEntry.model == name, AuditEntry.record == record)
        .order_by(AuditEntry.id.desc())
        .limit(most + 1)
    ).all()
    comments = ctx.session.execute(
        select(Comment.at, User.name, Comment.body, Comment.id, User.id, Comment.mentions, Comment.edited_at)
        .join(User, User.id == link_id(Comment.user))
        .where(Comment.model == name, Comment.record == record)
        .order_by(Comment.id.desc())
        .limit(most + 1)
    ).all()
    names = linked_names(ctx, model, [cast("Mapping[str, Any]", row[3]) for row in audits])
    entries = [(row[0], audit_entry(ctx, model, row, names)) for row in audits]
    people = _mentioned(ctx, [row[5] for row in comments])
    entries += [(row[0], _comment_entry(ctx, row, people)) for row in comments]
    entries.sort(key=lambda pair: pair[0], reverse=True)
    return [entry for _at, entry in entries[:most]], len(entries) > most


def _when(ctx: Context, at: datetime) -> dict[str, str]:
    return {"when": format_moment(at, ctx.company.zone), "at": at.isoformat()}


def _mentioned(ctx: Context, mentions: Iterable[Iterable[int]]) -> dict[int, tuple[str, str]]:
    """Give login and name of people whom comments mention, in one statement if there are any."""
    wanted = {user for one in mentions for user in one}
    if not wanted:
        return {}
    rows = ctx.session.execute(select(User.id, User.login, User.name).where(User.id.in_(sorted(wanted))))
    return {user: (login, name) for user, login, name in rows}


def _comment_entry(ctx: Context, row: Any, people: Mapping[int, tuple[str, str]]) -> dict[str, Any]:
    at, user, body, comment, author, mentions, edited = row
    entry = {
        "kind": "comment",
        "user": user,
        "text": marked_mentions(body, [people[one] for one in mentions if one in people]),
    }
    if edited is not None:
        entry["note"] = _("edited %(when)s", when=format_moment(edited, ctx.company.zone))
    if author == ctx.user.id:
        entry |= {"comment": comment, "body": body}
    return {**entry, **_when(ctx, at)}


def marked_mentions(body: str, people: Iterable[tuple[str, str]]) -> Markup:
    """Write a comment with the people it mentions by name and marked; all else is escaped."""
    names = {word.lower(): name for login, name in people for word in (login, name)}
    parts: list[Markup] = []
    end = 0
    for found in CALL.finditer(body):
        name = names.get(found[1].lower())
        if name is not None:
            parts += [escape(body[end : found.start()]), _MENTION.format(name)]
            end = found.end()
    return Markup().join([*parts, escape(body[end:])])


def audit_entry(ctx: Context, model: type[Model], row: Any, names: Names, *, whole: bool = False) -> dict[str, Any]:
    """Give an audit entry as people read it, out of when, who, action, changes and via.

    :param whole: also what a new record began with
    """
    at, user, action, changes, via = row
    found = find_action(action)
    verb = action.rpartition(".")[2]
    title: Any = {"create": _("created it"), "update": _("changed it"), "delete": _("deleted it")}.get(verb) or (
        found.label if found else action
    )
    icon = {"create": "plus", "update": "pencil", "delete": "trash"}.get(verb) or (
        found.icon if found and found.icon else "bolt"
    )
    shown = [] if verb == "create" and not whole else describe_changes(ctx, model, changes, names)
    if via not in ("web", "api"):
        title = _("%(what)s (%(via)s)", what=title, via=_WAYS.get(via, via))
    entry = {"kind": "change", "user": user, "title": title, "icon": icon, "changes": shown, **_when(ctx, at)}
    merge = changes.get("merge")
    pair = cast("Sequence[Any]", merge) if isinstance(merge, list) else ()
    return entry | {"merge": pair[1] or pair[0]} if len(pair) == 2 else entry


def describe_changes(
    ctx: Context, model: type[Model], changes: Mapping[str, Any], names: Names
) -> list[dict[str, str]]:
    """Say which readable fields went from what to what; lines are told by their number."""
    found: list[dict[str, str]] = []
    for name, change in changes.items():
        field = model.__fields__.get(name)
        if field is None and name in _NOTES:
            found.append({"label": str(_NOTES[name]), "before": "", "after": str(change[1])[:_LONGEST]})
            continue
        if field is None or not readable(ctx, field):
            continue
        if field.kind is Kind.LINES:
            found += _line_changes(ctx, field, change, names)
        elif isinstance(change, list) and len(pair := cast("Sequence[Any]", change)) == 2:
            before, after = (_text(ctx, field, value, names) for value in pair)
            found.append({"label": str(field.label), "before": before, "after": after})
    return found


def _line_changes(ctx: Context, field: Field, lines: Sequence[Mapping[str, Any]], names: Names) -> list[dict[str, str]]:
    assert field.target is not None
    found: list[dict[str, str]] = []
    for line in lines:
        inner = {name: change for name, change in line.items() if name != "id"}
        place = f"{field.label} #{line.get('id')}"
        changes = describe_changes(ctx, field.target, inner, names)
        found += [{**one, "label": f"{place}: {one['label']}"} for one in changes]
    return found


def _text(ctx: Context, field: Field, value: Any, names: Names) -> str:
    if value is None:
        return ""
    if field.kind is Kind.LINK and field.target is not None:
        return names.get(field.target, {}).get(value, str(value))
    try:
        return formatter(ctx, field.kind)(_restored(field, value))[:_LONGEST]
    except (ValueError, TypeError, InvalidOperation, AttributeError):  # written by an older version of the field
        return str(value)[:_LONGEST]


def _restored(field: Field, value: Any) -> Any:
    """Give a value of the audit's JSON as its field holds it."""
    if field.kind in AMOUNTS:
        return Decimal(value)
    if field.kind is Kind.FILE:
        return StoredFile(value)
    if field.kind is Kind.DAY:
        return datetime.fromisoformat(value).date()
    if field.kind is Kind.MOMENT:
        return datetime.fromisoformat(value)
    if field.choices is not None:
        return field.choices(value)
    return value


def ways() -> dict[str, Label]:
    """Give every way in which something is done, by the key the audit log has for it."""
    return _USUAL | _WAYS


def linked_names(ctx: Context, model: type[Model], changes: Iterable[Mapping[str, Any]]) -> Names:
    """Name the records that changes tell of, in one statement for each model."""
    wanted: dict[type[Model], set[int]] = {}
    for one in changes:
        _collect(model, one, wanted)
    return {target: names_of(ctx, target, ids) for target, ids in wanted.items()}


def _collect(model: type[Model], changes: Mapping[str, Any], wanted: dict[type[Model], set[int]]) -> None:
    for name, change in changes.items():
        field = model.__fields__.get(name)
        if field is None or field.target is None or not isinstance(change, list):
            continue
        if field.kind is Kind.LINES:
            for line in cast("list[Mapping[str, Any]]", change):
                _collect(field.target, line, wanted)
        else:
            values = cast("Sequence[Any]", change)
            wanted.setdefault(field.target, set()).update(value for value in values if isinstance(value, int))
