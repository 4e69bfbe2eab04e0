"""What a company sets about its books."""

from __future__ import annotations

from hanse import Check, Mapped, Section, Settings, _, text


class LedgerSettings(
    Settings, section=Section(_("Ledgers"), help=_("How the books are read."), icon="books", order=25)
):
    """Settings of ledgers."""

    __tablename__ = "finance_ledger_settings"
    ageing_days: Mapped[str] = text(
        _("Ageing"),
        max_length=60,
        default="30/60/90/180/365",
        help=_("After how many days a receivable or payable comes into the next column, such as 30/60/90."),
    )

    __rules__ = [
        Check(
            "ageing_days",
            "ageing_days ~ '^[1-9][0-9]{0,3}(/[1-9][0-9]{0,3}){0,7}$'",
            error=_("Write up to eight numbers of days with a slash between them, such as 30/60/90."),
        )
    ]
