"""The audit log as auditors read it: words for what it stores, and nothing that the reader may not see otherwise.

Who, when, which action and which record stand in every entry an auditor may see.  What a record is called is told where
the reader sees the record; what was changed where they see it too, or see the whole company's records of its model, as
those that are gone belong to nobody.  Fields are left out as everywhere, and a search does not look into them either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, func, literal
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hanse.actions import all_actions, find_action
from hanse.audit.models import AuditEntry
from hanse.directory.models import PermissionScope, User
from hanse.i18n import Label, _
from hanse.models import Kind, Model, declared_models
from hanse.screens.history import audit_entry, describe_changes, linked_names, ways
from hanse.screens.names import seen_names
from hanse.screens.parts import Words
from hanse.screens.screen import screen_of
from hanse.security.clauses import readable
from hanse.security.permissions import VERBS, model_name, verb

if TYPE_CHECKING:
    from hanse.actions import Context

Seen = dict[tuple[str, int], str]
_WHOLE = frozenset({PermissionScope.COMPANY, PermissionScope.COMPANIES})


@cache
def _models() -> Mapping[str, type[Model]]:
    return {model_name(model): model for model in declared_models}


def action_words(stored: str) -> str:
    """Say which action it was; one that is no longer there by its name."""
    found, general = find_action(stored), VERBS.get(stored.rpartition(".")[2])
    return str(general or (found.label if found else stored))


def model_words(stored: str) -> str:
    """Say what kind of record it was."""
    model = _models().get(stored)
    screen = screen_of(model) if model else None
    return str(screen.singular) if screen else stored


def way_words(stored: str) -> str:
    """Say how it was done."""
    return str(ways().get(stored, stored))


def action_choices(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give every action that changes something here, by the name of what it is done to."""
    found = [
        (one.name, f"{model_words(model_name(one.model))}: {action_words(one.name)}")
        for one in all_actions()
        if not one.reads and one.addon in ctx.seen and screen_of(one.model) is not None
    ]
    return sorted(found, key=lambda pair: pair[1])


def model_choices(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give every kind of record that has a page here."""
    found = [
        (name, model_words(name))
        for name, model in _models().items()
        if model.__audited__ and model.__addon__ in ctx.seen and screen_of(model) is not None
    ]
    return sorted(found, key=lambda pair: pair[1])


def way_choices(_ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give every way in which something is done."""
    return list(ways().items())


# --- what may be told -------------------------------------------------------------------------------------------------


def _sees_all(ctx: Context, model: type[Model]) -> bool:
    """Tell whether the reader sees every record of a model in all companies whose entries they see.

    What is about other records is seen where these are, so never as a whole.
    """
    if model.__scope__.about:
        return False
    everywhere = PermissionScope.COMPANIES in ctx.grants.scopes(verb(AuditEntry, "read"))
    enough = frozenset({PermissionScope.COMPANIES}) if everywhere else _WHOLE
    return model.__addon__ in ctx.seen and bool(ctx.grants.scopes(verb(model, "read")) & enough)


def tell_records(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Name the records of entries (model, record): with the way to their page where the reader sees them."""
    seen = seen_names(ctx, ((row[0], row[1]) for row in rows))
    return [_record_words(name, record, seen) for name, record in rows]


def _record_words(name: str, record: int, seen: Seen) -> Words:
    model = _models().get(name)
    screen = screen_of(model) if model else None
    if (name, record) not in seen:
        return Words(f"#{record}")
    return Words(seen[name, record], f"{screen.path}/{record}" if screen else None)


def tell_changes(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Say what entries (model, record, changes) changed, as far as the reader may see it."""
    seen = seen_names(ctx, ((row[0], row[1]) for row in rows))
    told = [""] * len(rows)
    for name in dict.fromkeys(row[0] for row in rows):
        model = _models().get(name)
        if model is None:
            continue
        own = [at for at, row in enumerate(rows) if row[0] == name]
        own = own if _sees_all(ctx, model) else [at for at in own if (name, rows[at][1]) in seen]
        names = linked_names(ctx, model, [rows[at][2] for at in own])
        for at in own:
            told[at] = "; ".join(_sentence(one) for one in describe_changes(ctx, model, rows[at][2], names))
    return [Words(text) for text in told]


def _sentence(change: Mapping[str, str]) -> str:
    before, after = change["before"], change["after"] or "–"
    return f"{change['label']}: {before} → {after}" if before else f"{change['label']}: {after}"


def story(ctx: Context, entry: AuditEntry) -> list[dict[str, Any]]:
    """Give an entry as the history of its record shows it, with all that a new record began with."""
    model = _models().get(entry.model)
    allowed = model is not None and (_sees_all(ctx, model) or bool(seen_names(ctx, [(entry.model, entry.record)])))
    changes: Mapping[str, Any] = entry.changes if allowed else {}
    user = ctx.session.get(User, entry.user_id)
    row = (entry.at, user.name if user else str(entry.user_id), entry.action, changes, entry.via)
    names = linked_names(ctx, model or AuditEntry, [changes])
    told = audit_entry(ctx, model or AuditEntry, row, names, whole=True)
    return [told if allowed else told | {"text": _("You may not see what was changed here.")}]


def said_in_changes(ctx: Context, word: str) -> ColumnElement[bool]:
    """Give the condition that a word stands in the changes of an entry, in fields that the reader may see.

    There is no index for it: trigrams of all that is ever written would cost every writer more than they save the rare
    reader.  So nothing is lost under row security, and no function of the owner is needed; the other filters narrow
    what is looked through.
    """
    hidden: dict[str, list[str]] = {}
    allowed: list[str] = []
    for name, model in _models().items():
        if _sees_all(ctx, model):
            allowed.append(name)
            hidden |= {name: fields} if (fields := _hidden(ctx, model)) else {}
    changes: ColumnElement[str] = cast(AuditEntry.changes, Text)
    if hidden:
        steps = [
            (
                AuditEntry.model == name,
                cast(cast(AuditEntry.changes, JSONB).op("-")(literal(fields, ARRAY(Text))), Text),
            )
            for name, fields in hidden.items()
        ]
        changes = case(*steps, else_=changes)
    return and_(AuditEntry.model.in_(allowed), func.lower(changes).contains(word.lower(), autoescape=True))


def _hidden(ctx: Context, model: type[Model]) -> list[str]:
    """Name the fields that a search leaves out: those the reader may not see, and lines with any of them."""
    return [
        name
        for name, field in model.__fields__.items()
        if not readable(ctx, field)
        or (field.kind is Kind.LINES and field.target is not None and _any_hidden(ctx, field.target))
    ]


def _any_hidden(ctx: Context, model: type[Model]) -> bool:
    return any(not readable(ctx, field) for field in model.__fields__.values())
