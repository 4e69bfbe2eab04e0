"""What events there are, and which of them a run was: records made, changed and deleted, and actions done."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from hanse.actions.registry import find_action
from hanse.api.resources import actions_for, models_for
from hanse.i18n import Label, _
from hanse.screens import screen_named, screen_of
from hanse.security.permissions import model_name

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.actions.run import Run

CREATED, UPDATED, DELETED = "created", "updated", "deleted"
_WORDS: dict[str, Callable[[Label], Label]] = {
    CREATED: lambda what: _("%(what)s: created", what=what),
    UPDATED: lambda what: _("%(what)s: changed", what=what),
    DELETED: lambda what: _("%(what)s: deleted", what=what),
}
#: What a test message says it is.
TEST = "webhook.test"


def event_choices(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Give the events that somebody may be told of, with what people call them."""
    return list(_choices(ctx))


def _choices(ctx: Context) -> Iterator[tuple[str, Label]]:
    """Give the events of every model that has a screen; the others are parts of its records, or the kernel's."""
    for model in models_for(ctx):
        screen = screen_of(model)
        if screen is None:
            continue
        name, what = model_name(model), screen.singular
        if model.__audited__:
            for verb, words in _WORDS.items():
                yield f"{name}.{verb}", words(what)
        for one in actions_for(ctx, model):
            if not one.reads:
                yield one.name, f"{what}: {one.label}"


def event_words(kind: str) -> str:
    """Say an event as people call it."""
    if kind == TEST:
        return str(_("Test"))
    name, _dot, verb = kind.rpartition(".")
    screen, action = screen_named(name), find_action(kind)
    what = screen.singular if screen is not None else name
    if verb in _WORDS:
        return str(_WORDS[verb](what))
    return f"{what}: {action.label}" if action is not None else kind


def is_deletion(kind: str) -> bool:
    """Tell whether the records of an event are gone with it."""
    action = find_action(kind)
    return kind.endswith(f".{DELETED}") or (action is not None and action.deletes)


def happened(this: Run, done: Sequence[int], watched: frozenset[str]) -> dict[str, list[int]]:
    """Say which of the watched events a run was: kind → ids of the records."""
    found: dict[str, list[int]] = {}
    if this.action.name in watched and done:
        found[this.action.name] = list(done)
    made = {(model, record) for model, records in this.made for record in records}
    gone = {(model, record) for model, records in this.gone for record in records}
    for key in this.entries:
        if key in made and key in gone:
            continue
        verb = CREATED if key in made else DELETED if key in gone else UPDATED
        kind = f"{key[0]}.{verb}"
        if kind in watched:
            found.setdefault(kind, []).append(key[1])
    return found
