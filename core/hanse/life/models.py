"""Merges: what was merged into what, every reference that was moved, and which record goes on for which."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import (
    Choice,
    Index,
    Mapped,
    Model,
    Scope,
    Unique,
    choice,
    link,
    moment,
    number,
    structure,
    text,
)


class MergeState(Choice):
    """What became of a merge."""

    DONE = "done", _("Merged")
    UNDONE = "undone", _("Undone")


class Merge(Model):
    """That duplicates were merged into one record, which ``record`` names."""

    __tablename__ = "core_merge"
    __general__ = False
    __display__ = ("title",)
    __scope__ = Scope(owner="user", about=True, open=("read", "undo"))
    model: Mapped[str] = text(_("Model"), max_length=80, readonly=True)
    record: Mapped[int] = number(_("Record"), readonly=True)
    title: Mapped[str] = text(_("Goes on"), max_length=400, readonly=True, search=True)
    losers: Mapped[list[int]] = structure(_("Merged records"), default=[], readonly=True)
    moved: Mapped[int] = number(_("References moved"), default=0, readonly=True)
    state: Mapped[MergeState] = choice(_("State"), default=MergeState.DONE, readonly=True)
    user: Mapped[User] = link(_("Merged by"), index=False, readonly=True)
    at: Mapped[datetime] = moment(_("Merged at"), readonly=True)
    undone_by: Mapped[User | None] = link(_("Undone by"), index=False, readonly=True)
    undone_at: Mapped[datetime | None] = moment(_("Undone at"), readonly=True)
    #: model and id of each record in which undoing has left something; named only to those who see it
    left: Mapped[list[list[object]]] = structure(_("Left as it is"), default=[], readonly=True)

    __rules__ = [Index("model", "record")]

    if TYPE_CHECKING:
        user_id: Mapped[int]
        undone_by_id: Mapped[int | None]


class MergeMove(Model):
    """What a merge changed in one record of a company: each field from what to what."""

    __tablename__ = "core_merge_move"
    __audited__ = False
    __general__ = False
    __display__ = ("model",)
    #: of a merge that another company may have done, so the database does not check it
    merge: Mapped[int] = number(_("Merge"))
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    changes: Mapped[dict[str, object]] = structure(_("Changes"), default={})

    __rules__ = [Index("merge")]


class Merged(Model, shared=True):
    """That a record was merged into another, which goes on for it."""

    __tablename__ = "core_merged"
    __audited__ = False
    __general__ = False
    __display__ = ("model",)
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    survivor: Mapped[int] = number(_("Goes on"))
    merge: Mapped[int] = number(_("Merge"))

    __rules__ = [
        Unique("model", "record", error=_("This record was merged into another already.")),
        Index("model", "survivor"),
    ]
