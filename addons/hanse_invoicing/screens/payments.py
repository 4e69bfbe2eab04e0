"""Money in and out."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select

from hanse import Computed, Context, Lines, Row, Screen, Shown, Tab, _, link_id
from hanse.i18n import Label
from hanse.models import Kind, Model
from hanse_finance.models import Account, Voucher
from hanse_finance.numbering import voucher_title
from hanse_invoicing.models import OpenItem, Payment, PaymentLine, PaymentState, PaymentVoucher


def _left(_model: type[Model]) -> Any:
    """Say what of a payment settles nothing yet."""
    return (
        select(func.abs(OpenItem.open))
        .where(link_id(OpenItem.payment) == Payment.id)
        .correlate(Payment)
        .scalar_subquery()
    )


def _voucher(ctx: Context, payment: Payment) -> Voucher | None:
    query = select(Voucher).join(PaymentVoucher, link_id(PaymentVoucher.voucher) == Voucher.id)
    return ctx.session.scalar(query.where(link_id(PaymentVoucher.payment) == payment.id))


def _voucher_title(ctx: Context, payment: Payment) -> Label | None:
    found = _voucher(ctx, payment)
    return None if found is None else voucher_title(found)


def _voucher_record(ctx: Context, payment: Payment) -> tuple[type[Model], int] | None:
    found = _voucher(ctx, payment)
    return None if found is None else (Voucher, found.id)


def _defaults(ctx: Context) -> dict[str, Any]:
    """Begin with today and the account that was used last, else the first one that holds cash."""
    banks = ctx.all(Payment, order_by=[Payment.id.desc()], limit=1)[Payment.bank_id] or (
        ctx.all(Account, Account.cash.is_(True), Account.postable.is_(True), order_by=[Account.code], limit=1).ids
    )
    found: dict[str, Any] = {"day": ctx.today, "currency": ctx.company.currency_id}
    return found | {"bank": banks[0]} if banks else found


PAYMENTS = Screen(
    Payment,
    title=_("Payments"),
    singular=_("Payment"),
    menu="invoicing",
    icon="cash",
    order=20,
    shortcut="y",
    list=[
        Payment.number,
        Payment.day,
        Payment.partner,
        Payment.direction,
        Payment.bank,
        Payment.amount,
        Computed("left", _("Not settled"), Kind.MONEY, _left),
        Payment.state,
    ],
    filters=[Payment.direction, Payment.state, Payment.partner, Payment.bank, Payment.day, Payment.advance],
    order_by=[Payment.day.desc()],
    form=[
        Row(Payment.direction, Payment.partner, Payment.ledger),
        Row(Payment.day, Payment.bank, Payment.advance),
        Row(Payment.amount, Payment.currency, Payment.rate),
        Row(Payment.reference, Payment.bank_account),
        Lines(
            Payment.lines,
            columns=[
                PaymentLine.item,
                PaymentLine.amount,
                PaymentLine.settled,
                PaymentLine.discount,
                PaymentLine.write_off,
            ],
            widths={"amount": "m", "settled": "m", "discount": "m", "write_off": "m"},
            optional=["settled", "discount", "write_off"],
        ),
        Row(Shown("voucher", _("Voucher"), _voucher_title, _voucher_record)),
    ],
    tabs=[
        Tab(_("Account"), Row(Payment.account, Payment.base)),
        Tab(_("People"), Row(Payment.maker, Payment.poster, Payment.posted_at)),
    ],
    sums=[Payment.amount],
    editable=lambda payment: payment.state is PaymentState.DRAFT,
    possible={"delete": lambda _ctx, payment: payment.state is PaymentState.DRAFT},
    defaults=_defaults,
    carries=[Payment.direction, Payment.day, Payment.bank],
    tones={PaymentState.POSTED: "ok"},
    title_of=lambda payment: payment.title(),
)
