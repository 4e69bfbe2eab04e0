"""What the reports of closed periods said."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from hanse import AppendOnly, Index, Mapped, Model, _, link, moment, note, text
from hanse.directory.models import User
from hanse_finance.models.periods import Period


class ClosedReport(Model):
    """The figures of a report when its period was closed, and their hash: later they must still be the same."""

    __tablename__ = "finance_closed_report"
    __display__ = ("report",)
    __audited__ = False
    period: Mapped[Period] = link(_("Period"), index=False)
    report: Mapped[str] = text(_("Report"), max_length=40)
    digest: Mapped[str] = text(_("Hash"), max_length=64)
    figures: Mapped[str] = note(_("Figures"))
    user: Mapped[User] = link(_("Closed by"), index=False)
    at: Mapped[datetime] = moment(_("Closed at"))

    __rules__ = [Index("period_id", "report"), AppendOnly()]

    if TYPE_CHECKING:
        period_id: Mapped[int]
        user_id: Mapped[int]
