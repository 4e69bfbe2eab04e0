"""The accounts of the stock, and which document made which voucher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Choice, Mapped, Model, Section, Settings, Unique, _, choice, link
from hanse_finance.models import Account, Voucher, VoucherWord
from hanse_inventory.models import StockEntry


class Recognition(Choice):
    """When the cost of what is bought becomes an expense."""

    ON_SALE = "on_sale", _("When goods leave (perpetual, China and most countries)")
    ON_PURCHASE = "on_purchase", _("When they are bought (continental: the stock shows as its change)")


class StockAccountsSettings(
    Settings,
    section=Section(
        _("Stock in the books"),
        help=_("Accounts that nobody names are those of the accounting standard."),
        icon="building-warehouse",
        order=25,
    ),
):
    """Accounts of the stock; those of products stand on their categories."""

    recognition: Mapped[Recognition] = choice(_("Cost of goods"), default=Recognition.ON_SALE)
    received_account: Mapped[Account | None] = link(
        _("Received, not billed"), help=_("In China 应付暂估; nothing is left there once all bills have come.")
    )
    variation_account: Mapped[Account | None] = link(
        _("Change of stock"), help=_("For the continental way: the other side of receipts and deliveries.")
    )
    transit_account: Mapped[Account | None] = link(_("Goods in transit"))
    variance_account: Mapped[Account | None] = link(_("Price differences"))
    consumption_account: Mapped[Account | None] = link(_("Consumption"))
    production_account: Mapped[Account | None] = link(_("Production"))
    waste_account: Mapped[Account | None] = link(_("Waste"))
    difference_account: Mapped[Account | None] = link(_("Count differences"))
    opening_account: Mapped[Account | None] = link(_("Opening stock"))
    word: Mapped[VoucherWord | None] = link(_("Voucher word"), help=_("Empty: 转, else the first."))

    if TYPE_CHECKING:
        word_id: Mapped[int | None]


class EntryVoucher(Model):
    """That a stock document made a voucher; costs that change later make further ones."""

    __tablename__ = "inventoryfinance_entry_voucher"
    __general__ = False
    __display__ = ()
    __trail__ = ("entry", "voucher")
    entry: Mapped[StockEntry] = link(_("Stock document"), index=False)
    voucher: Mapped[Voucher] = link(_("Voucher"))

    __rules__ = [Unique("entry", "voucher", error=_("The document has this voucher already."))]

    if TYPE_CHECKING:
        entry_id: Mapped[int]
        voucher_id: Mapped[int]


__all__ = ["EntryVoucher", "Recognition", "StockAccountsSettings"]
