"""Open items: what invoices ask for and payments bring, and what of both is not settled yet."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Choice, Index, Mapped, Model, Unique, _, choice, link, money, text
from hanse.directory.models import Currency
from hanse.models import kinds
from hanse_contacts.models import Partner
from hanse_finance.models import Account, DimensionSet, Voucher, VoucherLine
from hanse_invoicing.models.invoices import Invoice
from hanse_invoicing.models.payments import Ledger, Payment


class OpenItem(Model):
    """A part of an invoice that falls due on a day, a payment, or an entry made by hand; debit positive.

    ``open`` and ``open_base`` are what is left of ``amount`` and ``base`` after allocations: maintained, rebuildable.
    """

    __tablename__ = "invoicing_open_item"
    __display__ = ("document",)
    __general__ = False
    ledger: Mapped[Ledger] = choice(_("Ledger"), readonly=True)
    document: Mapped[str] = text(_("Document"), max_length=80, readonly=True, search=True)
    invoice: Mapped[Invoice | None] = link(_("Invoice"), readonly=True)
    payment: Mapped[Payment | None] = link(_("Payment"), readonly=True)
    # Not checked: lines of posted vouchers cannot go, and checking would need another index over all lines there are.
    entry: Mapped[VoucherLine | None] = link(
        _("Entry"), readonly=True, checked=False, help=_("The line of a voucher that it was taken over from.")
    )
    number: Mapped[int] = kinds.number(_("Part"), readonly=True, default=1)
    partner: Mapped[Partner] = link(_("Partner"), readonly=True)
    account: Mapped[Account] = link(_("Account"), readonly=True, index=False)
    details: Mapped[DimensionSet | None] = link(_("Dimensions"), readonly=True, index=False)
    day: Mapped[date] = kinds.day(_("Date"), readonly=True)
    due: Mapped[date] = kinds.day(_("Due"), readonly=True)
    currency: Mapped[Currency] = link(_("Currency"), readonly=True, index=False)
    amount: Mapped[Decimal] = money(_("Amount"), currency="currency", readonly=True)
    base: Mapped[Decimal] = money(_("Base amount"), readonly=True)
    open: Mapped[Decimal] = money(_("Open"), currency="currency", readonly=True)
    open_base: Mapped[Decimal] = money(_("Open base amount"), readonly=True)
    discount: Mapped[Decimal | None] = money(_("Early-payment discount"), currency="currency", readonly=True)
    discount_until: Mapped[date | None] = kinds.day(_("Discount until"), readonly=True)

    __rules__ = [
        Unique("invoice", "number", error=_("The invoice has this part already.")),
        Unique("payment", error=_("The payment is an open item already.")),
        Unique("entry", error=_("The entry is an open item already.")),
        Index("due"),
        Index("due", "ledger", where="open <> 0"),
        # All that ageing reads, so that it need not look at the rows.
        Index("ledger", "partner_id", "due", "day", "open_base", where="open <> 0"),
        Index("account_id", "day"),
        Check(
            "one_origin", "num_nonnulls(invoice_id, payment_id, entry_id) = 1", error=_("An item is of one document.")
        ),
        Check(
            "never_exceeded",
            "open * sign(amount) BETWEEN 0 AND abs(amount)",
            error=_("More would be allocated than is open."),
        ),
    ]

    if TYPE_CHECKING:
        invoice_id: Mapped[int | None]
        payment_id: Mapped[int | None]
        entry_id: Mapped[int | None]
        partner_id: Mapped[int]
        account_id: Mapped[int]
        details_id: Mapped[int | None]
        currency_id: Mapped[int]


class AllocationKind(Choice):
    """Why an item is settled."""

    MATCH = "match", _("Matched")
    DISCOUNT = "discount", _("Early-payment discount")
    WRITE_OFF = "write_off", _("Written off")


class Allocation(Model):
    """That a debit item and a credit item settle each other, or that one of them is let off.

    What is taken back stays, so that an earlier day can be told: it counts from ``day`` until before ``taken_back``.

    :ivar amount: in the currency of the items, above zero; of the debit item where they have two
    :ivar credit_amount: what the credit item gives off in its currency, where that is another one than the debit item's
    :ivar debit_base: what the debit item gives off in the company's currency, ``credit_base`` likewise
    """

    __tablename__ = "invoicing_allocation"
    __display__ = ()
    __general__ = False
    kind: Mapped[AllocationKind] = choice(_("Kind"), default=AllocationKind.MATCH)
    day: Mapped[date] = kinds.day(_("Date"))
    debit: Mapped[OpenItem | None] = link(_("Debit item"))
    credit: Mapped[OpenItem | None] = link(_("Credit item"))
    currency: Mapped[Currency] = link(_("Currency"), index=False)
    amount: Mapped[Decimal] = money(_("Amount"), currency="currency")
    credit_currency: Mapped[Currency | None] = link(_("Currency of the credit item"), index=False)
    credit_amount: Mapped[Decimal | None] = money(_("Amount of the credit item"), currency="credit_currency")
    debit_base: Mapped[Decimal] = money(_("Base of the debit item"), default=Decimal(0))
    credit_base: Mapped[Decimal] = money(_("Base of the credit item"), default=Decimal(0))
    voucher: Mapped[Voucher | None] = link(
        _("Voucher"), index=False, help=_("Of exchange differences, discounts, and transfers between accounts.")
    )
    taken_back: Mapped[date | None] = kinds.day(_("Taken back on"), help=_("Since then it does not count any more."))

    __rules__ = [
        Index("day"),
        Index("taken_back", where="taken_back IS NOT NULL"),
        Check("amount", "amount > 0", error=_("An allocation is above zero.")),
        Check(
            "two_currencies",
            "num_nonnulls(credit_currency_id, credit_amount) IN (0, 2) "
            "AND (credit_amount IS NULL "
            "OR (kind = 'match' AND credit_amount > 0 AND credit_currency_id <> currency_id))",
            error=_("Two currencies have two amounts."),
        ),
        Check("taken_back", "taken_back >= day", error=_("It is taken back after it was made.")),
        Check(
            "sides",
            "(kind = 'match' AND num_nonnulls(debit_id, credit_id) = 2) "
            "OR (kind <> 'match' AND num_nonnulls(debit_id, credit_id) = 1)",
            error=_("A match has two items, what is let off one."),
        ),
    ]

    if TYPE_CHECKING:
        debit_id: Mapped[int | None]
        credit_id: Mapped[int | None]
        currency_id: Mapped[int]
        credit_currency_id: Mapped[int | None]
        voucher_id: Mapped[int | None]


class PaymentLine(Model):
    """What a payment shall settle: an open item, how much of it, and what is let off."""

    __tablename__ = "invoicing_payment_line"
    __display__ = ()
    payment: Mapped[Payment] = link(_("Payment"), ondelete="CASCADE")
    item: Mapped[OpenItem] = link(_("Open item"))
    amount: Mapped[Decimal] = money(_("Amount"), currency="payment.currency")
    settled: Mapped[Decimal | None] = money(
        _("Of the item"),
        currency="item.currency",
        help=_("Where the item has another currency: so much of it. Empty: by the rates of the day."),
    )
    discount: Mapped[Decimal] = money(_("Early-payment discount"), currency="item.currency", default=Decimal(0))
    write_off: Mapped[Decimal] = money(_("Written off"), currency="item.currency", default=Decimal(0))

    __rules__ = [
        Unique("payment", "item", error=_("The payment settles this item already.")),
        Check(
            "amounts",
            "amount >= 0 AND discount >= 0 AND write_off >= 0 AND amount + discount + write_off > 0",
            error=_("Enter amounts above zero."),
        ),
        Check(
            "settled",
            "settled IS NULL OR (settled > 0 AND amount > 0)",
            error=_("Enter what is paid, and what of the item it settles."),
        ),
    ]

    if TYPE_CHECKING:
        payment_id: Mapped[int]
        item_id: Mapped[int]
