"""What an administrator has changed about how documents are numbered."""

from __future__ import annotations

from datetime import date

from hanse.i18n import _
from hanse.models import Mapped, Model, Unique, choice, day, number, text
from hanse.sequences.rules import LONGEST, Counting, Reset


class Sequence(Model):
    """How one kind of number counts in a company; what is empty is as the addon declares it.

    The row is locked, shared, by whoever takes a number without gaps, so that rule and counter change together.
    """

    __tablename__ = "core_sequence"
    __display__ = ("key",)
    __general__ = False
    key: Mapped[str] = text(_("Key"), max_length=120)
    pattern: Mapped[str | None] = text(_("Pattern"), max_length=LONGEST)
    start: Mapped[int | None] = number(_("First number"))
    step: Mapped[int | None] = number(_("Step"))
    reset: Mapped[Reset | None] = choice(_("Begins anew"))
    counting: Mapped[Counting | None] = choice(_("Counting"))
    #: grows when counters of before no longer serve
    generation: Mapped[int] = number(_("Generation"), default=0, readonly=True)
    since: Mapped[date | None] = day(_("Since"), readonly=True)

    __rules__ = [Unique("key", error=_("There is a sequence with this key already."))]
