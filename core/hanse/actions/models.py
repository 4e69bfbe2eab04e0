"""Actions that wait."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import Choice, Index, Mapped, Model, choice, link, moment, structure, text
from hanse.models.fields import NOBODY


class HeldState(Choice):
    """What became of a held action."""

    WAITING = "waiting", _("Waiting")
    RELEASED = "released", _("Released")
    DROPPED = "dropped", _("Dropped")


class HeldAction(Model):
    """An action on some records that waits to be released, and is then run as the person who asked."""

    __tablename__ = "core_held_action"
    __general__ = False
    __display__ = ("action",)
    action: Mapped[str] = text(_("Action"), max_length=120)
    model: Mapped[str] = text(_("Model"), max_length=80)
    records: Mapped[list[int]] = structure(_("Records"))
    revs: Mapped[list[int]] = structure(_("Versions"))
    params: Mapped[dict[str, object]] = structure(_("Parameters"), read=NOBODY)
    requester: Mapped[User] = link(_("Asked by"))
    at: Mapped[datetime] = moment(_("Asked at"))
    state: Mapped[HeldState] = choice(_("State"), default=HeldState.WAITING)

    __rules__ = [Index("model", where="state = 'waiting'")]

    if TYPE_CHECKING:
        requester_id: Mapped[int]
