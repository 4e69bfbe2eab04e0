"""Money in and out: drafts, what they shall settle, and posting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action, sequence
from hanse.actions.generic import check_rights, save
from hanse.actions.values import WrongValue, convert
from hanse.directory.models import Currency
from hanse_finance.entry import key_of
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.amounts import ZERO, rounded
from hanse_invoicing.items import Settling, held
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
from hanse_invoicing.vouchers import Entry, enter

_SEQUENCES = {
    Direction.IN: sequence("invoicing.receipt", title=_("Money received"), pattern="REC{year}-{number:5}"),
    Direction.OUT: sequence("invoicing.payment", title=_("Money paid"), pattern="PAY{year}-{number:5}"),
}
_LINE = ("amount", "settled", "discount", "write_off")
_FIELDS = ("direction", "ledger", "day", "rate", "amount", "advance", "reference")
_LINKS = ("partner", "bank", "currency", "account", "bank_account")


@action(
    Payment,
    name="create",
    label=_("New payment"),
    permission="invoicing.payment.create",
    creates=True,
    hidden=True,
    fills=("day", "currency", "amount"),
)
def create_payments(ctx: Context, payments: Records[Payment], *, values: list[Mapping[str, Any]]) -> list[int]:
    """Write drafts; without an amount a payment is as large as what its lines settle.

    :raises BusinessError: its lines settle more than it brings, or nothing is paid at all
    """
    check_rights(ctx, Payment, values)
    return ctx.insert(Payment, [_complete(ctx, value) | {"maker": ctx.user.id} for value in values])


@action(Payment, name="update", label=_("Save"), permission="invoicing.payment.update", hidden=True)
def update_payments(ctx: Context, payments: Records[Payment], *, values: Mapping[str, Any]) -> None:
    """Change drafts; of posted ones only the reference and the partner's bank account.

    :raises BusinessError: it is posted, or its lines settle more than it brings
    """
    check_rights(ctx, Payment, [values], records=payments.ids)
    for payment in list(payments):
        one = Records(ctx.session, Payment, ids=[payment.id])
        if values.keys() <= {"reference", "bank_account"}:
            save(ctx, one, values)
            continue
        if payment.state is not PaymentState.DRAFT:
            raise BusinessError(_("This is posted and cannot be changed."), record=payment.id)
        stored = {line.id: _line_values(line) for line in payment.lines}
        lines = [{**stored.get(line.get("id") or 0, {}), **line} for line in values.get("lines", stored.values())]
        there = {name: getattr(payment, name) for name in _FIELDS} | {
            name: getattr(payment, f"{name}_id") for name in _LINKS
        }
        save(ctx, one, _complete(ctx, {**there, **values, "lines": lines}))
    payments.forget()


def _line_values(line: PaymentLine) -> dict[str, Any]:
    return {"id": line.id, "item": line.item_id} | {name: getattr(line, name) for name in _LINE}


def _complete(ctx: Context, given: Mapping[str, Any]) -> dict[str, Any]:
    value = dict(given)
    value["day"] = value.get("day") or ctx.today
    value["currency"] = value.get("currency") or ctx.company.currency_id
    value["lines"] = lines = [dict(line) for line in value.get("lines") or ()]
    for place, line in enumerate(lines):
        for name in _LINE:
            stated = line.get(name)
            usual = None if name == "settled" else 0
            line[name] = _converted(PaymentLine, name, usual if stated is None else stated, f"lines.{place}.{name}")
    _convert_across(ctx, value, lines)
    settled = sum((line["amount"] for line in lines), ZERO)
    stated = value.get("amount")
    value["amount"] = settled if stated in (None, "", 0) else _converted(Payment, "amount", stated, "amount")
    if settled > value["amount"]:
        raise BusinessError(
            _("The lines settle %(settled)s, more than is paid: %(amount)s.", settled=settled, amount=value["amount"]),
            field="amount",
        )
    return value


def _convert_across(ctx: Context, value: Mapping[str, Any], lines: Sequence[dict[str, Any]]) -> None:
    """Complete lines that settle items of another currency: what they settle, or what is paid for it.

    At the rates of the payment's day, and never more than is open.
    """
    wanted = {key_of(line["item"]) for line in lines if line.get("item") is not None}
    own = key_of(value["currency"])
    query = (
        select(OpenItem.id, OpenItem.currency_id, OpenItem.open, Currency.places)
        .join(Currency, Currency.id == OpenItem.currency_id)
        .where(OpenItem.company_id == ctx.company.id, OpenItem.id.in_(wanted))
    )
    there = {row[0]: row[1:] for row in ctx.session.execute(query)} if wanted else {}
    foreign = {key for key, (currency, _open, _places) in there.items() if currency != own}
    convert: Rates | None = None
    for line in lines:
        if line.get("item") is None or key_of(line["item"]) not in foreign:
            line["settled"] = None
            continue
        currency, left, places = there[key_of(line["item"])]
        convert = convert or Rates.of_payment(ctx, value)
        if line["settled"] is None and line["amount"]:
            most = abs(left) - line["discount"] - line["write_off"]
            line["settled"] = min(rounded(line["amount"] / convert.factor(currency), places), most)
        elif line["settled"] and not line["amount"]:
            line["amount"] = rounded(line["settled"] * convert.factor(currency), convert.places)


@dataclass(frozen=True, slots=True)
class Rates:
    """What amounts of other currencies are worth in that of a payment, at the rates of its day.

    :ivar rate: company currency for one unit of the payment's, ``places`` its decimals
    """

    accounts: Accounts
    currency: int
    rate: Decimal
    places: int
    day: date

    @classmethod
    def of_payment(cls, ctx: Context, value: Mapping[str, Any]) -> Rates:
        """Read them for a payment's values.

        :raises BusinessError: there is no rate
        """
        accounts, currency = Accounts(ctx), key_of(value["currency"])
        stated, day = value.get("rate"), _converted(Payment, "day", value["day"], "day")
        given = None if stated is None else _converted(Payment, "rate", stated, "rate")
        places = ctx.session.scalar(select(Currency.places).where(Currency.id == currency))
        return cls(accounts, currency, accounts.rate(currency, given, day), 2 if places is None else places, day)

    def factor(self, currency: int) -> Decimal:
        """Give what one unit of a currency is worth in the payment's.

        :raises BusinessError: there is no rate
        """
        if currency == self.currency:
            return Decimal(1)
        return self.accounts.rate(currency, None, self.day) / self.rate


def _converted(model: Any, name: str, given: Any, place: str) -> Any:
    try:
        return convert(model.__fields__[name], given)
    except WrongValue as error:
        raise BusinessError(error.message, field=place) from None


@action(
    Payment,
    name="propose",
    label=_("Propose what to settle"),
    permission="invoicing.payment.update",
    icon="bolt",
    done=_("%(count)s payments have lines now"),
    offered=lambda payment: payment.state is PaymentState.DRAFT,
)
def propose_lines(ctx: Context, payments: Records[Payment]) -> None:
    """Fill the lines of drafts with what is due first, with discounts that are still in time.

    Where nothing is open in the payment's currency, items of other currencies are proposed at the rates of the day.

    :raises BusinessError: nothing is open, or a rate is missing
    """
    for payment in list(payments):
        if payment.state is not PaymentState.DRAFT:
            raise BusinessError(_("This is posted and cannot be changed."), record=payment.id)
        items = list(
            ctx.all(
                OpenItem,
                OpenItem.ledger == payment.settles(),
                OpenItem.partner_id == payment.partner_id,
                OpenItem.open < 0 if payment.direction.sign > 0 else OpenItem.open > 0,
                order_by=[OpenItem.due, OpenItem.id],
            )
        )
        own = [one for one in items if one.currency_id == payment.currency_id]
        value = {"currency": payment.currency_id, "rate": payment.rate, "day": payment.day}
        lines = proposed(payment, own or items, None if own else Rates.of_payment(ctx, value))
        if not lines:
            raise BusinessError(_("Nothing is open with this partner."), record=payment.id)
        save(ctx, Records(ctx.session, Payment, ids=[payment.id]), {"lines": lines})
    payments.forget()


def proposed(payment: Payment, items: Sequence[OpenItem], rates: Rates | None = None) -> list[dict[str, Any]]:
    """Share an amount out to items in their order; a discount is taken where all that is left is paid in time.

    :param rates: by which items of other currencies are converted
    """
    left = payment.amount
    lines: list[dict[str, Any]] = []
    for item in items:
        factor = Decimal(1) if rates is None else rates.factor(item.currency_id)
        across = item.currency_id != payment.currency_id
        discount = discount_on(item, payment.day)
        settled = abs(item.open) - discount
        due = rounded(settled * factor, payment.currency.places) if across else settled
        if left < due:
            discount, settled = ZERO, abs(item.open)
            due = min(left, rounded(settled * factor, payment.currency.places) if across else settled)
            settled = min(rounded(due / factor, item.currency.places), settled)
        if due <= 0:
            break
        lines.append({"item": item.id, "amount": due, "discount": discount} | ({"settled": settled} if across else {}))
        left -= due
    return lines


def discount_on(item: OpenItem, day: Any) -> Decimal:
    """Give the discount that whoever pays an item on a day may take: only where nothing of it is settled yet."""
    if item.discount is None or item.discount_until is None or day > item.discount_until or item.open != item.amount:
        return ZERO
    return abs(item.discount)


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
    """Give numbers, write vouchers, and settle what the lines say; the rest stays open as an advance.

    :raises BusinessError: the period is closed, an account or rate is missing, an item is not open any more
    """
    accounts = Accounts(ctx)
    held(ctx, [line.item_id for payment in payments for line in payment.lines])  # before any counter or balance
    for payment in sorted(payments, key=lambda one: (one.day, one.id)):
        _post(ctx, payment, accounts)
    payments.forget()


def _post(ctx: Context, payment: Payment, accounts: Accounts) -> None:
    ledger = payment.settles()
    rate = accounts.rate(payment.currency_id, payment.rate, payment.day)
    base = rounded(payment.amount * rate, ctx.company.places)
    account = payment.account_id or accounts.control(ledger, payment.partner_id, advance=payment.advance)
    details = accounts.details(account, payment.partner_id)
    foreign = payment.currency_id if payment.currency_id != ctx.company.currency_id else None
    sign = payment.direction.sign
    amount, stated = (payment.amount, rate) if foreign else (ZERO, None)
    bank_details = accounts.details(payment.bank_id, payment.partner_id)
    bank = Entry(payment.bank_id, bank_details, -sign * base, None, foreign, -sign * amount, stated)
    control = Entry(account, details, sign * base, None, foreign, sign * amount, stated)
    (number,) = ctx.next_numbers(_SEQUENCES[payment.direction].key, on=payment.day)
    title = _("Money received") if payment.direction is Direction.IN else _("Money paid")
    received = payment.direction is Direction.IN
    voucher = enter(
        ctx,
        day=payment.day,
        maker=payment.maker_id,
        summary=_("%(partner)s %(document)s", partner=payment.partner.name, document=payment.reference or title),
        document=f"{title} {number}",
        entries=[bank, control] if received else [control, bank],
        word=accounts.receipt_word if received else accounts.payment_word,
    )
    posted = {"poster": ctx.user.id, "posted_at": ctx.now, "state": PaymentState.POSTED}
    stored = {"number": number, "ledger": ledger, "rate": stated, "base": base, "account": account, "details": details}
    lines = [Settled(line.item_id, line.amount, line.settled, line.discount, line.write_off) for line in payment.lines]
    ctx.update([payment.id], Payment, stored | posted)
    if voucher is not None:
        ctx.insert(PaymentVoucher, [{"payment": payment.id, "voucher": voucher}])
    item = _item(ctx, payment, number, ledger, account, details, sign * payment.amount, sign * base)
    _settle(ctx, payment, item, lines)


def _item(
    ctx: Context,
    payment: Payment,
    number: str,
    ledger: Ledger,
    account: int,
    details: int | None,
    amount: Decimal,
    base: Decimal,
) -> int:
    row = {
        "ledger": ledger,
        "document": number,
        "payment": payment.id,
        "partner": payment.partner_id,
        "account": account,
        "details": details,
        "day": payment.day,
        "due": payment.day,
        "currency": payment.currency_id,
        "amount": amount,
        "base": base,
        "open": amount,
        "open_base": base,
    }
    return ctx.insert(OpenItem, [row])[0]


class Settled(NamedTuple):
    """What a payment's line settles: an amount of the payment, ``across`` of the item if that has another currency."""

    item: int
    amount: Decimal
    across: Decimal | None
    discount: Decimal
    write_off: Decimal


def _settle(ctx: Context, payment: Payment, own: int, lines: Sequence[Settled]) -> None:
    """Settle what the lines say.

    :raises BusinessError: a discount comes too late, more is written off than the settings allow
    """
    if not lines:
        return
    settling = Settling.begin(ctx, [own, *(line.item for line in lines)], payment.day, maker=payment.maker_id)
    stored = {one.id: one for one in ctx.all(OpenItem, OpenItem.id.in_([line.item for line in lines]))}
    for line in lines:
        item = stored[line.item]
        if line.discount > discount_on(item, payment.day):
            raise BusinessError(
                _("%(document)s: no such discount can be taken any more.", document=item.document), record=payment.id
            )
        if line.amount:
            settling.match(own, item.id, line.amount, line.across)
        receivable = item.ledger is Ledger.RECEIVABLE
        if line.discount:
            setting = "discount_allowed_account" if receivable else "discount_received_account"
            settling.let_off(item.id, line.discount, AllocationKind.DISCOUNT, settling.accounts.chosen(setting))
        if line.write_off:
            _check_limit(settling, line.write_off, item.currency_id, payment)
            account = settling.accounts.chosen("write_off_account")
            settling.let_off(item.id, line.write_off, AllocationKind.WRITE_OFF, account)
    settling.finish()


def _check_limit(settling: Settling, amount: Decimal, currency: int, payment: Payment) -> None:
    given = payment.rate if currency == payment.currency_id else None
    rate = settling.accounts.rate(currency, given, payment.day)
    limit = settling.accounts.settings.write_off_limit
    if rounded(amount * rate, settling.ctx.company.places) > limit:
        raise BusinessError(
            _("At most %(limit)s of a document is written off, not %(amount)s.", limit=limit, amount=amount),
            record=payment.id,
        )
