"""The screens of seals, and of what stands on each kind of document."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hanse.i18n import Label, _
from hanse.paper.kinds import paper_kinds
from hanse.paper.models import Paper, Seal
from hanse.screens import Row, Screen
from hanse.screens.formats import write_widget

if TYPE_CHECKING:
    from hanse.actions import Context


def _kinds(ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(kind.name, kind.label) for kind in paper_kinds(ctx.seen)]


def _kind(stored: str) -> str:
    """Write a kind of document in the reader's language; of an addon that is gone, its name."""
    return next((str(kind.label) for kind in paper_kinds() if kind.name == stored), stored)


write_widget("paper_kind", _kind)

SEALS = Screen(
    Seal,
    title=_("Company seals"),
    singular=_("Company seal"),
    menu="system",
    icon="rubber-stamp",
    order=15,
    list=[Seal.name, Seal.width, Seal.picture],
    form=[Row(Seal.name, Seal.width), Row(Seal.picture)],
    order_by=[Seal.name],
)

PAPERS = Screen(
    Paper,
    title=_("Letterheads by document"),
    singular=_("Letterhead of a document"),
    menu="system",
    icon="file-text",
    order=16,
    list=[Paper.kind, Paper.head, Paper.seal, Paper.seal_right, Paper.seal_down],
    form=[
        Row(Paper.kind, Paper.head),
        Row(Paper.seal),
        Row(Paper.seal_right, Paper.seal_down),
    ],
    order_by=[Paper.kind],
    suggest={"kind": _kinds},
)
