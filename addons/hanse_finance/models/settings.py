"""What a company sets about its books."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Section, Settings, _, choice, flag, link, text
from hanse_finance.models.accounts import Account
from hanse_finance.models.vouchers import VoucherWord


class ProfitVouchers(Choice):
    """How profit and loss are transferred."""

    TWO = "two", _("Income and expense apart")
    ONE = "one", _("In one voucher")


class Transfers(Choice):
    """How often profit and loss are transferred."""

    MONTHLY = "monthly", _("Every month")
    YEARLY = "yearly", _("Once a year")


class FinanceSettings(
    Settings, section=Section(_("Finance"), help=_("How periods and years are closed."), icon="calculator", order=24)
):
    """Settings of finance.  Accounts that nobody names are those the accounting standard names."""

    profit_account: Mapped[Account | None] = link(
        _("Profit of the year"), help=_("Income and expense are transferred to it.")
    )
    retained_account: Mapped[Account | None] = link(
        _("Retained earnings"), help=_("The profit of a year goes there when the year is closed.")
    )
    exchange_gain_account: Mapped[Account | None] = link(_("Exchange gains"))
    exchange_loss_account: Mapped[Account | None] = link(_("Exchange losses"))
    closing_word: Mapped[VoucherWord | None] = link(
        _("Word of closing vouchers"), help=_("Empty: 转 where there is such a series, else the first.")
    )
    profit_vouchers: Mapped[ProfitVouchers] = choice(_("Profit and loss transfer"), default=ProfitVouchers.TWO)
    transfers: Mapped[Transfers | None] = choice(
        _("Profit and loss are transferred"),
        help=_("Statements are the same. Empty: as the accounting standard has it, in China every month."),
    )

    cashier_signs: Mapped[bool] = flag(
        _("A cashier signs vouchers that move cash"), help=_("Until then they are not posted.")
    )

    count_files: Mapped[bool] = flag(
        _("Attached documents are counted from the files"),
        help=_("New vouchers begin so; on each the number can be typed instead."),
    )

    if TYPE_CHECKING:
        profit_account_id: Mapped[int | None]
        retained_account_id: Mapped[int | None]
        exchange_gain_account_id: Mapped[int | None]
        exchange_loss_account_id: Mapped[int | None]
        closing_word_id: Mapped[int | None]


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
