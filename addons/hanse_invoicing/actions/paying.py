"""Post payments: number, voucher and open item of each, and what its lines settle, in one go for many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action, sequence
from hanse.actions.write import Each
from hanse_contacts.models import Partner
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.actions.payments import discount_on
from hanse_invoicing.amounts import ZERO, rounded
from hanse_invoicing.items import Item, Settling, held
from hanse_invoicing.models import (
    AllocationKind,
    Direction,
    Ledger,
    OpenItem,
    Payment,
    PaymentLine,
    PaymentState,
    PaymentVoucher,
)
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.vouchers import Booking, Entry, enter_all

_SEQUENCES = {
    Direction.IN: sequence("invoicing.receipt", title=_("Money received"), pattern="REC{year}-{number:5}"),
    Direction.OUT: sequence("invoicing.payment", title=_("Money paid"), pattern="PAY{year}-{number:5}"),
}
_TITLES = {Direction.IN: _("Money received"), Direction.OUT: _("Money paid")}


@action(
    Payment,
    name="post",
    label=_("Post"),
    permission=Invoicing.PAY,
    moves=(PaymentState.DRAFT, PaymentState.POSTED),
    primary=True,
    icon="book",
    confirm=_("Post? A posted payment can never be changed again; what it settles can be taken back."),
    done=_("%(count)s payments posted"),
)
def post_payments(ctx: Context, payments: Records[Payment]) -> None:
    """Give numbers in the order of days, write vouchers, and settle what the lines say; the rest stays as an advance.

    :raises BusinessError: the period is closed, an account or rate is missing, an item is not open any more
    """
    chosen = sorted(payments, key=lambda one: (one.day, one.id))
    lines: dict[int, list[PaymentLine]] = {one.id: [] for one in chosen}
    for line in ctx.all(PaymentLine, PaymentLine.payment_id.in_(lines), order_by=[PaymentLine.id]):
        lines[line.payment_id].append(line)
    items = held(ctx, [line.item_id for own in lines.values() for line in own])  # before any counter or balance
    _Batch(ctx, chosen, lines, items).post()
    payments.forget()


@dataclass
class _Paid:
    """One payment on its way into the books; amounts of its item are debit positive.

    :ivar account: what it stands on until it settles something, with its combination in ``details``
    :ivar bank_details: the combination of the account the money moves on
    """

    payment: Payment
    lines: Sequence[PaymentLine]
    ledger: Ledger
    rate: Decimal
    base: Decimal
    account: int
    details: int | None = None
    bank_details: int | None = None
    number: str = ""
    item: int = 0

    @property
    def sign(self) -> int:
        """That of its item."""
        return self.payment.direction.sign


class _Batch:
    """Payments that are posted together: what they need is read once, what they write is written at once."""

    def __init__(
        self,
        ctx: Context,
        payments: Sequence[Payment],
        lines: Mapping[int, Sequence[PaymentLine]],
        items: Mapping[int, Item],
    ) -> None:
        self.ctx, self.places = ctx, ctx.company.places
        self.settled = items
        self.accounts = Accounts(ctx)
        self.accounts.read_partners(one.partner_id for one in payments)
        partners = ctx.all(Partner, Partner.id.in_({one.partner_id for one in payments}))
        self.names = dict(zip(partners.ids, partners[Partner.name], strict=True))
        self.paid = [self._paid(one, lines[one.id]) for one in payments]

    def _paid(self, payment: Payment, lines: Sequence[PaymentLine]) -> _Paid:
        ledger = payment.settles()
        rate = self.accounts.rate(payment.currency_id, payment.rate, payment.day)
        account = payment.account_id or self.accounts.control(ledger, payment.partner_id, advance=payment.advance)
        return _Paid(payment, lines, ledger, rate, rounded(payment.amount * rate, self.places), account)

    def post(self) -> None:
        self._keep_details()
        self._number()
        bookings = [self._booking(one) for one in self.paid]
        rows = [self._item(one) for one in self.paid]
        ids, groups = [one.payment.id for one in self.paid], self._groups()
        vouchers = enter_all(self.ctx, bookings)
        links = [{"payment": one, "voucher": made} for one, made in zip(ids, vouchers, strict=True) if made is not None]
        for one, item in zip(self.paid, self.ctx.insert(OpenItem, rows), strict=True):
            one.item = item
        for group in groups:
            _settle(self.ctx, group)
        self._store(ids)
        if links:
            self.ctx.insert(PaymentVoucher, links)

    def _keep_details(self) -> None:
        """Find the combinations of all lines at once."""
        wanted = [
            (account, one.payment.partner_id, None)
            for one in self.paid
            for account in (one.account, one.payment.bank_id)
        ]
        found = iter(self.accounts.all_details(wanted))
        for one in self.paid:
            one.details, one.bank_details = next(found), next(found)

    def _number(self) -> None:
        """Give numbers without gaps, those of each direction in the order of days."""
        for direction, usual in _SEQUENCES.items():
            own = [one for one in self.paid if one.payment.direction is direction]
            numbers = self.ctx.numbers_on(usual.key, [one.payment.day for one in own])
            for one, number in zip(own, numbers, strict=True):
                one.number = number

    def _booking(self, one: _Paid) -> Booking:
        payment = one.payment
        foreign = payment.currency_id if payment.currency_id != self.ctx.company.currency_id else None
        amount, stated = (payment.amount, one.rate) if foreign else (ZERO, None)
        sign = one.sign
        bank = Entry(payment.bank_id, one.bank_details, -sign * one.base, None, foreign, -sign * amount, stated)
        control = Entry(one.account, one.details, sign * one.base, None, foreign, sign * amount, stated)
        title, received = _TITLES[payment.direction], payment.direction is Direction.IN
        name = self.names[payment.partner_id]
        return Booking(
            day=payment.day,
            maker=payment.maker_id,
            summary=_("%(partner)s %(document)s", partner=name, document=payment.reference or title),
            document=f"{title} {one.number}",
            entries=[bank, control] if received else [control, bank],
            word=self.accounts.receipt_word if received else self.accounts.payment_word,
            record=payment.id,
        )

    def _item(self, one: _Paid) -> dict[str, Any]:
        payment = one.payment
        amount, base = one.sign * payment.amount, one.sign * one.base
        return {
            "ledger": one.ledger,
            "document": one.number,
            "payment": payment.id,
            "partner": payment.partner_id,
            "account": one.account,
            "details": one.details,
            "day": payment.day,
            "due": payment.day,
            "currency": payment.currency_id,
            "amount": amount,
            "base": base,
            "open": amount,
            "open_base": base,
        }

    def _groups(self) -> list[list[_Paid]]:
        """Give the payments that settle something, those of one day and maker together.

        One that settles an item of a later day is on its own, as that moves the day of the settlement.
        """
        groups: dict[tuple[Any, ...], list[_Paid]] = {}
        for one in self.paid:
            day = one.payment.day
            if one.lines:
                alone = any(self.settled[line.item_id].day > day for line in one.lines)
                groups.setdefault((day, one.payment.maker_id, one.payment.id if alone else 0), []).append(one)
        return list(groups.values())

    def _store(self, ids: Sequence[int]) -> None:
        own = self.ctx.company.currency_id
        values: dict[str, Any] = {
            "number": Each([one.number for one in self.paid]),
            "ledger": Each([one.ledger for one in self.paid]),
            "rate": Each([None if one.payment.currency_id == own else one.rate for one in self.paid]),
            "base": Each([one.base for one in self.paid]),
            "account": Each([one.account for one in self.paid]),
            "details": Each([one.details for one in self.paid]),
            "poster": self.ctx.user.id,
            "posted_at": self.ctx.now,
            "state": PaymentState.POSTED,
        }
        self.ctx.update(list(ids), Payment, values)


def _settle(ctx: Context, group: Sequence[_Paid]) -> None:
    """Settle what the lines of payments of one day and maker say.

    :raises BusinessError: a discount comes too late, more is written off than the settings allow
    """
    first = group[0].payment
    settled = {line.item_id for one in group for line in one.lines}
    settling = Settling.begin(ctx, [*(one.item for one in group), *settled], first.day, maker=first.maker_id)
    stored = {one.id: one for one in ctx.all(OpenItem, OpenItem.id.in_(settled))}
    for paid in group:
        for line in paid.lines:
            _settle_line(settling, paid, line, stored[line.item_id])
    settling.finish()


def _settle_line(settling: Settling, paid: _Paid, line: PaymentLine, item: OpenItem) -> None:
    payment = paid.payment
    if line.discount > discount_on(item, payment.day, settling.items[item.id].open):
        raise BusinessError(
            _("%(document)s: no such discount can be taken any more.", document=item.document), record=payment.id
        )
    if line.amount:
        settling.match(paid.item, item.id, line.amount, line.settled)
    receivable = item.ledger is Ledger.RECEIVABLE
    if line.discount:
        setting = "discount_allowed_account" if receivable else "discount_received_account"
        settling.let_off(item.id, line.discount, AllocationKind.DISCOUNT, settling.accounts.chosen(setting))
    if line.write_off:
        _check_limit(settling, line.write_off, item.currency_id, payment)
        account = settling.accounts.chosen("write_off_account")
        settling.let_off(item.id, line.write_off, AllocationKind.WRITE_OFF, account)


def _check_limit(settling: Settling, amount: Decimal, currency: int, payment: Payment) -> None:
    given = payment.rate if currency == payment.currency_id else None
    rate = settling.accounts.rate(currency, given, payment.day)
    limit = settling.accounts.settings.write_off_limit
    if rounded(amount * rate, settling.ctx.company.places) > limit:
        raise BusinessError(
            _("At most %(limit)s of a document is written off, not %(amount)s.", limit=limit, amount=amount),
            record=payment.id,
        )
