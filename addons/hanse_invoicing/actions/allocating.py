"""Settle open items against each other, and take that back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from sqlalchemy import or_, select

from hanse import BusinessError, Context, Records, _, action
from hanse.directory.models import Currency
from hanse_finance.actions.reversal import first_open_day
from hanse_invoicing.amounts import rounded
from hanse_invoicing.items import Item, Settling, take_back
from hanse_invoicing.models import Allocation, OpenItem
from hanse_invoicing.permissions import Invoicing


@action(
    OpenItem,
    name="allocate",
    label=_("Settle against each other"),
    permission=Invoicing.ALLOCATE,
    icon="arrows-join",
    labels={"on": _("Date")},
    done=_("%(count)s items were looked at"),
)
def allocate_items(ctx: Context, items: Records[OpenItem], *, on: date | None = None) -> list[int]:
    """Let debit and credit items of the same partner and currency settle each other, what is due first first.

    :param on: the day of the allocation; None: today, or the first open day
    :raises BusinessError: nothing fits together
    """
    settling = Settling.begin(ctx, items.ids, on or first_open_day(ctx))
    due = dict(zip(items.ids, items[OpenItem.due], strict=True))
    ordered = sorted(settling.items.values(), key=lambda one: (due[one.id], one.id))
    for debit in [one for one in ordered if one.open > 0]:
        for credit in ordered:
            same = (debit.partner, debit.ledger, debit.currency) == (credit.partner, credit.ledger, credit.currency)
            if same and debit.open > 0 > credit.open:
                settling.match(debit.id, credit.id, min(debit.open, -credit.open))
    if not settling.rows:
        raise BusinessError(_("Choose a debit and a credit item of one partner in one currency."))
    made = settling.finish()
    items.forget()
    return made


@action(
    OpenItem,
    name="allocate_across",
    label=_("Settle across currencies"),
    permission=Invoicing.ALLOCATE,
    icon="arrows-transfer-down",
    labels={"on": _("Date"), "debit_amount": _("Of the debit item"), "credit_amount": _("Of the credit item")},
    done=_("%(count)s items were looked at"),
)
def allocate_across(
    ctx: Context,
    items: Records[OpenItem],
    *,
    on: date | None = None,
    debit_amount: Decimal | None = None,
    credit_amount: Decimal | None = None,
) -> list[int]:
    """Let debit and credit items of one partner in different currencies settle each other, what is due first first.

    Without amounts, at the exchange rates of the day.  Each side gives off what it stands in the books for, and the
    difference is gained or lost.

    :param debit_amount: so much of the debit item, in its currency, and ``credit_amount`` of the credit item; only
        where one of each is chosen
    :raises BusinessError: nothing fits together, a rate is missing, or one amount is missing
    """
    settling = Settling.begin(ctx, items.ids, on or first_open_day(ctx))
    due = dict(zip(items.ids, items[OpenItem.due], strict=True))
    ordered = sorted(settling.items.values(), key=lambda one: (due[one.id], one.id))
    claims, offsets = [one for one in ordered if one.open > 0], [one for one in ordered if one.open < 0]
    if debit_amount is not None or credit_amount is not None:
        if len(claims) != 1 or len(offsets) != 1 or debit_amount is None or credit_amount is None:
            raise BusinessError(_("Choose one debit and one credit item, and enter both amounts or none."))
        settling.match(claims[0].id, offsets[0].id, debit_amount, credit_amount)
    else:
        _match_by_rates(ctx, settling, claims, offsets)
    if not settling.rows:
        raise BusinessError(_("Choose a debit and a credit item of one partner in two currencies."))
    made = settling.finish()
    items.forget()
    return made


def _match_by_rates(ctx: Context, settling: Settling, claims: Sequence[Item], offsets: Sequence[Item]) -> None:
    """Let items of two currencies settle each other at the rates of the day; the smaller one as a whole."""
    wanted = {one.currency for one in (*claims, *offsets)}
    places = dict(ctx.session.execute(select(Currency.id, Currency.places).where(Currency.id.in_(wanted))).all())
    rates = {one: settling.accounts.rate(one, None, settling.day) for one in wanted}
    for debit in claims:
        for credit in offsets:
            same = (debit.partner, debit.ledger) == (credit.partner, credit.ledger)
            if not same or debit.currency == credit.currency or not debit.open > 0 > credit.open:
                continue
            left, right = debit.open, -credit.open
            worth, other = left * rates[debit.currency], right * rates[credit.currency]
            if worth <= other:
                right = min(right, rounded(worth / rates[credit.currency], places[credit.currency]))
            else:
                left = min(left, rounded(other / rates[debit.currency], places[debit.currency]))
            if left and right:
                settling.match(debit.id, credit.id, left, right)


@action(
    OpenItem,
    name="unallocate",
    label=_("Take settlements back"),
    permission=Invoicing.ALLOCATE,
    icon="arrows-split",
    labels={"on": _("Date")},
    confirm=_("Take all settlements of these items back? Vouchers of differences are reversed in red."),
    done=_("Settlements of %(count)s items taken back"),
)
def unallocate_items(ctx: Context, items: Records[OpenItem], *, on: date | None = None) -> None:
    """Take back every allocation of items; both sides are open again.

    :param on: the day of the red vouchers; None: today, or the first open day
    :raises BusinessError: nothing of them is settled
    """
    chosen = items.ids
    there = or_(Allocation.debit_id.in_(chosen), Allocation.credit_id.in_(chosen))
    rows = list(ctx.all(Allocation, there, Allocation.taken_back.is_(None), order_by=[Allocation.id]))
    if not rows:
        raise BusinessError(_("Nothing of this is settled."))
    take_back(ctx, rows, on or first_open_day(ctx))
    items.forget()
