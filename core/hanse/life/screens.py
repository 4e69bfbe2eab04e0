"""The list of merges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hanse.i18n import _
from hanse.life.models import Merge, MergeState
from hanse.life.references import title_of
from hanse.models import Model
from hanse.screens import Row, Screen, Shown, Told, Words, screen_named
from hanse.screens.names import names_of
from hanse.security.permissions import verb
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


def _names(ctx: Context, model: type[Model], ids: Sequence[int]) -> dict[int, str]:
    """Name those of some records that the person sees."""
    there = ctx.visible(model, model.id.in_(list(ids))).ids if ctx.may(verb(model, "read")) else []
    names = names_of(ctx, model, there)
    return {one: names.get(one) or f"#{one}" for one in there}


def _told(names: Mapping[int, str], ids: Sequence[int]) -> str:
    """Write the names there are, and how many more records the person may not see."""
    words = [names[one] for one in ids if one in names]
    if len(words) < len(ids):
        words.append(str(_("%(count)s more that you may not see", count=len(ids) - len(words))))
    return ", ".join(words)


def _forerunners(ctx: Context, rows: Sequence[Sequence[Any]]) -> list[Words]:
    """Name what was merged, for all rows of a model at once."""
    names: dict[str, dict[int, str]] = {}
    for model in dict.fromkeys(name for name, _losers in rows):
        ids = sorted({one for name, losers in rows if name == model for one in losers})
        names[model] = _names(ctx, model_called(model), ids)
    return [Words(_told(names[name], losers)) for name, losers in rows]


def _own_forerunners(ctx: Context, merge: Merge) -> str:
    return _told(_names(ctx, model_called(merge.model), merge.losers), merge.losers)


def _left(ctx: Context, merge: Merge) -> str | None:
    """Name what undoing has left as it is, by kind."""
    if merge.state is not MergeState.UNDONE:
        return None
    found: list[str] = []
    for name in dict.fromkeys(str(one[0]) for one in merge.left):
        model = model_called(name)
        ids = [int(str(one[1])) for one in merge.left if one[0] == name]
        found.append(f"{title_of(model)}: {_told(_names(ctx, model, ids), ids)}")
    return "; ".join(found) or str(_("Nothing"))


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
        Told("forerunners", _("Merged into it"), (Merge.model, Merge.losers), _forerunners),
        Merge.moved,
        Merge.state,
        Merge.user,
        Merge.at,
    ],
    filters=[Merge.state, Merge.model, Merge.record, Merge.user, Merge.at],
    form=[
        Row(Shown("about", _("Record"), lambda _ctx, merge: merge.title, leads_to=_leads_to), Merge.state),
        Row(Shown("forerunners", _("Merged into it"), _own_forerunners), Merge.moved),
        Row(Merge.user, Merge.at),
        Row(Merge.undone_by, Merge.undone_at),
        Row(Shown("kept", _("Left as it is"), _left)),
    ],
    order_by=[Merge.at.desc()],
    tones={MergeState.DONE: "ok"},
    readonly=True,
    search=False,
)
