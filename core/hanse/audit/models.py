"""Who did what, when, to which record, from what to what."""

from __future__ import annotations

from datetime import datetime

from hanse.directory.models import User
from hanse.i18n import _
from hanse.models import AppendOnly, Index, Mapped, Model, link, moment, number, structure, text


class AuditEntry(Model):
    """One record in one run of an action.  ``changes`` holds field → [from, to], lines nested by field."""

    __audited__ = False
    __tablename__ = "core_audit"
    __display__ = ("action",)
    run: Mapped[str] = text(_("Run"), max_length=36)
    outer_run: Mapped[str | None] = text(_("Part of run"), max_length=36)
    at: Mapped[datetime] = moment(_("When"))
    user: Mapped[User] = link(_("Who"), index=False, checked=False)
    behalf: Mapped[User | None] = link(_("On behalf of"), index=False, checked=False)
    via: Mapped[str] = text(_("Via"), max_length=20)
    action: Mapped[str] = text(_("Action"), max_length=120)
    model: Mapped[str] = text(_("Model"), max_length=80)
    record: Mapped[int] = number(_("Record"))
    changes: Mapped[dict[str, object]] = structure(_("Changes"))

    __rules__ = [Index("model", "record"), AppendOnly()]
