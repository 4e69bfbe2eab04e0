"""Assign cash to the items of the cash flow statement, and put that right."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hanse import BusinessError, Context, Records, _, action
from hanse_finance import cash
from hanse_finance.models import CashFlow, CashItem, Period, PeriodState
from hanse_finance.permissions import Finance


@action(CashItem, name="load", label=_("Load items"), permission=Finance.CASH, creates=True, icon="download")
def load_items(ctx: Context, items: Records[CashItem]) -> list[int]:
    """Add the items of the standard's cash flow statement that the company lacks."""
    cash.load_items(ctx)
    return []


@action(
    Period,
    name="assign_cash",
    label=_("Assign cash flow"),
    permission=Finance.CASH,
    icon="cash",
    done=_("Cash of %(count)s periods assigned"),
)
def assign_cash(ctx: Context, periods: Records[Period]) -> int:
    """Propose an item for each line on a cash account that has none; give how many parts were written.

    :raises BusinessError: a period is closed
    """
    cash.load_items(ctx)
    written = 0
    for period in periods:
        _refuse_closed(ctx, [period.id])
        rows = cash.propose(ctx, period)
        if rows:
            written += len(ctx.insert(CashFlow, rows))
            cash.refresh(ctx, [period.id])
    return written


@action(CashFlow, name="update", label=_("Save"), permission=Finance.CASH, hidden=True)
def reassign(ctx: Context, flows: Records[CashFlow], *, values: Mapping[str, Any]) -> None:
    """Give parts another item.

    :raises BusinessError: the period is closed, or something else than the item would change
    """
    if strange := values.keys() - {"item"}:
        raise BusinessError(_("Only the item can be changed; split a part to change amounts."), field=min(strange))
    _refuse_closed(ctx, flows[CashFlow.period_id])
    ctx.update(flows, {"item": values.get("item"), "proposed": False})
    cash.refresh(ctx, flows[CashFlow.period_id])


@action(
    CashFlow,
    name="split",
    label=_("Split"),
    permission=Finance.CASH,
    icon="arrows-split",
    labels={"amount": _("Amount"), "item": _("Item")},
    done=_("%(count)s parts split"),
)
def split(ctx: Context, flows: Records[CashFlow], *, amount: Decimal, item: CashItem) -> list[int]:
    """Take an amount out of a part, and give it another item; the new part has the same direction.

    :raises BusinessError: the period is closed, or the amount is not less than the part
    """
    _refuse_closed(ctx, flows[CashFlow.period_id])
    made: list[int] = []
    for flow in list(flows):
        taken = abs(amount).copy_sign(flow.amount)
        if not amount or abs(taken) >= abs(flow.amount):
            raise BusinessError(
                _("Take less than %(whole)s, and more than nothing.", whole=abs(flow.amount)), field="amount"
            )
        ctx.update([flow.id], CashFlow, {"amount": flow.amount - taken, "proposed": False})
        row = {
            "period": flow.period_id,
            "voucher": flow.voucher_id,
            "number": flow.number,
            "item": item,
            "amount": taken,
            "proposed": False,
        }
        made += ctx.insert(CashFlow, [row])
    flows.forget()
    cash.refresh(ctx, flows[CashFlow.period_id])
    return made


@action(CashFlow, name="delete", label=_("Take back"), permission=Finance.CASH, icon="arrow-back-up")
def forget_parts(ctx: Context, flows: Records[CashFlow]) -> None:
    """Forget parts; their lines have no item then.

    :raises BusinessError: the period is closed
    """
    periods = list(flows[CashFlow.period_id])
    _refuse_closed(ctx, periods)
    ctx.delete(flows)
    cash.refresh(ctx, periods)


def _refuse_closed(ctx: Context, periods: Any) -> None:
    closed = ctx.all(Period, Period.id.in_(set(periods)), Period.state == PeriodState.CLOSED)[Period.code]
    if closed:
        raise BusinessError(
            _("Period %(period)s is closed. Have it reopened, or date the voucher in an open one.", period=closed[0])
        )
