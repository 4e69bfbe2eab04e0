"""What a company sets about receivables and payables."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Mapped, Section, Settings, _, choice, link, money, note, text
from hanse_finance.models import Account, VoucherWord


class TaxRounding(Choice):
    """Where tax is rounded."""

    LINE = "line", _("On each line")
    DOCUMENT = "document", _("Once for each rate")


class InvoicingSettings(
    Settings,
    section=Section(
        _("Receivables and payables"),
        help=_("Accounts and rules of invoices and payments."),
        icon="file-invoice",
        order=26,
    ),
):
    """Settings of receivables and payables.  Control accounts that nobody names are found by their dimensions."""

    receivable_account: Mapped[Account | None] = link(
        _("Receivables"), help=_("Empty: the first asset account that is kept by customer.")
    )
    payable_account: Mapped[Account | None] = link(
        _("Payables"), help=_("Empty: the first liability account that is kept by supplier.")
    )
    received_advance_account: Mapped[Account | None] = link(
        _("Advances from customers"), help=_("Empty: the first liability account that is kept by customer.")
    )
    paid_advance_account: Mapped[Account | None] = link(
        _("Advances to suppliers"), help=_("Empty: the first asset account that is kept by supplier.")
    )
    income_account: Mapped[Account | None] = link(
        _("Income of new lines"), help=_("Empty: the first income account of the chart.")
    )
    expense_account: Mapped[Account | None] = link(_("Expense of new lines"))
    discount_allowed_account: Mapped[Account | None] = link(_("Early-payment discounts to customers"))
    discount_received_account: Mapped[Account | None] = link(_("Early-payment discounts from suppliers"))
    write_off_account: Mapped[Account | None] = link(_("Small differences written off"))
    write_off_limit: Mapped[Decimal] = money(
        _("Written off at most"), default=Decimal(1), help=_("For one document, in the company's currency.")
    )
    tax_rounding: Mapped[TaxRounding] = choice(
        _("Tax is rounded"), default=TaxRounding.LINE, help=_("In China on each line.")
    )
    invoice_word: Mapped[VoucherWord | None] = link(
        _("Word of invoices"), help=_("Empty: 转 where there is such a series, else the first.")
    )
    receipt_word: Mapped[VoucherWord | None] = link(
        _("Word of money received"), help=_("Empty: 收 or 银收 where there is such a series, else the first.")
    )
    payment_word: Mapped[VoucherWord | None] = link(
        _("Word of money paid"), help=_("Empty: 付 or 银付 where there is such a series, else the first.")
    )
    our_account: Mapped[str | None] = text(
        _("Our account number or IBAN"),
        max_length=40,
        help=_("To which customers pay; it stands on electronic invoices."),
    )
    our_bic: Mapped[str | None] = text(_("BIC (SWIFT)"), max_length=11)
    footer: Mapped[str | None] = note(_("Below every invoice"), help=_("Bank account, tax number, conditions."))

    __rules__ = [Check("limit", "write_off_limit >= 0", error=_("A limit is not negative."))]

    if TYPE_CHECKING:
        receivable_account_id: Mapped[int | None]
        payable_account_id: Mapped[int | None]
        received_advance_account_id: Mapped[int | None]
        paid_advance_account_id: Mapped[int | None]
        income_account_id: Mapped[int | None]
        expense_account_id: Mapped[int | None]
        discount_allowed_account_id: Mapped[int | None]
        discount_received_account_id: Mapped[int | None]
        write_off_account_id: Mapped[int | None]
        invoice_word_id: Mapped[int | None]
        receipt_word_id: Mapped[int | None]
        payment_word_id: Mapped[int | None]
