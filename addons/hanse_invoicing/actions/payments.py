"""Money in and out: drafts, what they shall settle, and posting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.generic import check_rights, save
from hanse.actions.values import WrongValue, convert
from hanse.directory.models import Currency
from hanse_finance.entry import key_of
from hanse_invoicing.accounts import Accounts
from hanse_invoicing.amounts import ZERO, rounded
from hanse_invoicing.models import OpenItem, Payment, PaymentLine, PaymentState

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
    there = _Currencies(ctx, (line.get("item") for value in values for line in value.get("lines") or ()))
    return ctx.insert(Payment, [_complete(ctx, value, there) | {"maker": ctx.user.id} for value in values])


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
        currencies = _Currencies(ctx, (line.get("item") for line in lines))
        save(ctx, one, _complete(ctx, {**there, **values, "lines": lines}, currencies))
    payments.forget()


def _line_values(line: PaymentLine) -> dict[str, Any]:
    return {"id": line.id, "item": line.item_id} | {name: getattr(line, name) for name in _LINE}


class _Currencies:
    """The currencies of open items, what is open of them, and decimals: read for many payments at once."""

    def __init__(self, ctx: Context, items: Iterable[Any]) -> None:
        wanted = {key_of(item) for item in items if item is not None}
        query = (
            select(OpenItem.id, OpenItem.currency_id, OpenItem.open, Currency.places)
            .join(Currency, Currency.id == OpenItem.currency_id)
            .where(OpenItem.company_id == ctx.company.id, OpenItem.id.in_(wanted))
        )
        self._there = {row[0]: row[1:] for row in ctx.session.execute(query)} if wanted else {}

    def foreign(self, item: Any, own: int) -> tuple[int, Decimal, int] | None:
        """Give currency, what is open, and decimals of an item that has another currency."""
        found = None if item is None else self._there.get(key_of(item))
        return found if found is not None and found[0] != own else None


def _complete(ctx: Context, given: Mapping[str, Any], there: _Currencies) -> dict[str, Any]:
    value = dict(given)
    value["day"] = value.get("day") or ctx.today
    value["currency"] = value.get("currency") or ctx.company.currency_id
    value["lines"] = lines = [dict(line) for line in value.get("lines") or ()]
    for place, line in enumerate(lines):
        for name in _LINE:
            stated = line.get(name)
            usual = None if name == "settled" else 0
            line[name] = _converted(PaymentLine, name, usual if stated is None else stated, f"lines.{place}.{name}")
    _convert_across(ctx, value, lines, there)
    settled = sum((line["amount"] for line in lines), ZERO)
    stated = value.get("amount")
    value["amount"] = settled if stated in (None, "", 0) else _converted(Payment, "amount", stated, "amount")
    if settled > value["amount"]:
        raise BusinessError(
            _("The lines settle %(settled)s, more than is paid: %(amount)s.", settled=settled, amount=value["amount"]),
            field="amount",
        )
    return value


def _convert_across(
    ctx: Context, value: Mapping[str, Any], lines: Sequence[dict[str, Any]], there: _Currencies
) -> None:
    """Complete lines that settle items of another currency: what they settle, or what is paid for it.

    At the rates of the payment's day, and never more than is open.
    """
    own = key_of(value["currency"])
    convert: Rates | None = None
    for line in lines:
        foreign = there.foreign(line.get("item"), own)
        if foreign is None:
            line["settled"] = None
            continue
        currency, left, places = foreign
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


def discount_on(item: OpenItem, day: date, left: Decimal | None = None) -> Decimal:
    """Give the discount that whoever pays an item on a day may take: only where nothing of it is settled yet.

    :param left: what is open of it by now; None: what is stored
    """
    untouched = (item.open if left is None else left) == item.amount
    if item.discount is None or item.discount_until is None or day > item.discount_until or not untouched:
        return ZERO
    return abs(item.discount)
