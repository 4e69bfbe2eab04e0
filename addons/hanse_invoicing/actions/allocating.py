"""Settle open items against each other, and take that back."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_

from hanse import BusinessError, Context, Records, _, action
from hanse_finance.actions.reversal import first_open_day
from hanse_invoicing.items import Settling, take_back
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
    rows = list(ctx.all(Allocation, or_(Allocation.debit_id.in_(chosen), Allocation.credit_id.in_(chosen))))
    if not rows:
        raise BusinessError(_("Nothing of this is settled."))
    take_back(ctx, rows, on or first_open_day(ctx))
    items.forget()
