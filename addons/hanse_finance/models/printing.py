"""How a company prints vouchers, on which printers, and who has printed what."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import (
    AppendOnly,
    Check,
    Choice,
    Index,
    Mapped,
    Model,
    Section,
    Settings,
    Unique,
    _,
    choice,
    flag,
    link,
    moment,
    number,
    quantity,
    text,
)
from hanse.directory.models import User
from hanse_finance.models.vouchers import Voucher


class VoucherColumns(Choice):
    """The columns of a voucher on paper, see :data:`hanse_finance.printed.Columns`."""

    DETAILED = "detailed", _("General account and detail apart")
    COMPACT = "compact", _("Account in one column")
    FOREIGN = "foreign", _("With currency, original amount and rate")
    QUANTITY = "quantity", _("With quantity and unit price")


class VoucherPrintSettings(
    Settings,
    section=Section(
        _("Printing vouchers"),
        help=_("What holds where nobody chooses otherwise; each person's last choice is remembered."),
        icon="printer",
        order=26,
    ),
):
    """Settings of printed vouchers."""

    __tablename__ = "finance_print_settings"
    form: Mapped[str | None] = text(
        _("Layout"), max_length=40, widget="voucher_form", help=_("Empty: the first that an addon brings.")
    )
    columns: Mapped[VoucherColumns] = choice(_("Columns"), default=VoucherColumns.DETAILED)
    lines_per_page: Mapped[int | None] = number(
        _("Lines a page"), help=_("From 3 on. Empty: what is usual for the layout; never more than it has room for.")
    )
    subtotals: Mapped[bool] = flag(
        _("Carry sums from page to page"), help=_("Pages of a long voucher end and begin with the sums so far.")
    )
    strike_unused: Mapped[bool] = flag(_("Strike out unused lines"), help=_("By a slanted line through their amounts."))
    signatures: Mapped[bool] = flag(
        _("Print the names of those who signed"), default=True, help=_("Off: room to sign in ink.")
    )
    cells: Mapped[bool] = flag(_("A cell for each digit"), default=True, help=_("Where the columns leave room for it."))
    red: Mapped[bool] = flag(
        _("Negative amounts in red"), default=True, help=_("Off: with a minus, for printers that have black only.")
    )
    sheets_a_volume: Mapped[int | None] = number(
        _("Sheets a volume"), help=_("After how many pages of vouchers a new volume with a cover begins.")
    )
    responsible: Mapped[str | None] = text(
        _("Chief accountant"), max_length=80, help=_("Stands on vouchers and on covers.")
    )

    __rules__ = [
        Check("lines", "lines_per_page BETWEEN 3 AND 12", error=_("A page of a voucher has 3 to 12 lines.")),
        Check("sheets", "sheets_a_volume >= 1", error=_("A volume has one sheet at least.")),
    ]


class Printer(Model):
    """A printer, and how far it is off on pre-printed forms: what it prints is moved by this."""

    __tablename__ = "finance_printer"
    name: Mapped[str] = text(_("Name"), max_length=80, search=True, help=_("As people at the place call it."))
    move_right: Mapped[Decimal] = quantity(
        _("Move to the right"), unit="mm", default=Decimal(0), help=_("Negative: to the left.")
    )
    move_down: Mapped[Decimal] = quantity(_("Move down"), unit="mm", default=Decimal(0), help=_("Negative: up."))

    __rules__ = [
        Unique("name", error=_("There is a printer with this name already.")),
        Check(
            "moved",
            "move_right BETWEEN -50 AND 50 AND move_down BETWEEN -50 AND 50",
            error=_("Move by 50 mm at most."),
        ),
    ]


class VoucherPrint(Model):
    """That somebody printed a voucher, and on which layout."""

    __tablename__ = "finance_voucher_print"
    __display__ = ()
    __audited__ = False
    voucher: Mapped[Voucher] = link(_("Voucher"))
    user: Mapped[User] = link(_("Printed by"), index=False)
    at: Mapped[datetime] = moment(_("Printed at"))
    form: Mapped[str | None] = text(_("Layout"), max_length=40, widget="voucher_form")

    __rules__ = [AppendOnly(), Index("at")]

    if TYPE_CHECKING:
        voucher_id: Mapped[int]
        user_id: Mapped[int]


__all__ = ["Printer", "VoucherColumns", "VoucherPrint", "VoucherPrintSettings"]
