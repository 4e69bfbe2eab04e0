"""The list of merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from hanse.i18n import _
from hanse.life.models import Merge, MergeState
from hanse.models import Model
from hanse.screens import Row, Screen, Shown, Told, Words, screen_named
from hanse.work.records import model_called

if TYPE_CHECKING:
    from hanse.actions import Context


def _about(_ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    found: list[Words] = []
    for name, record, title in rows:
        screen = screen_named(name)
        kind = str(screen.singular) if screen is not None else name
        found.append(Words(f"{kind}: {title}", f"{screen.path}/{record}" if screen is not None else None))
    return found


def _leads_to(_ctx: Context, merge: Merge) -> tuple[type[Model], int]:
    return model_called(merge.model), merge.record


MERGES = Screen(
    Merge,
    title=_("Merges"),
    singular=_("Merge"),
    icon="arrows-join",
    list=[
        Merge.title,
        Told("about", _("Record"), (Merge.model, Merge.record, Merge.title), _about),
        Merge.names,
        Merge.moved,
        Merge.state,
        Merge.user,
        Merge.at,
    ],
    filters=[Merge.state, Merge.model, Merge.record, Merge.user, Merge.at],
    form=[
        Row(Shown("about", _("Record"), lambda _ctx, merge: merge.title, leads_to=_leads_to), Merge.state),
        Row(Merge.names, Merge.moved),
        Row(Merge.user, Merge.at),
        Row(Merge.undone_by, Merge.undone_at),
        Row(Merge.left),
    ],
    order_by=[Merge.at.desc()],
    tones={MergeState.DONE: "ok"},
    readonly=True,
    search=False,
)
