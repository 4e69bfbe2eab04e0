"""Steps before a period is closed: each writes vouchers for the difference that is left, however often it is run.

Finance brings revaluation, profit and loss transfer and the transfer at the end of a year; addons register more, such
as depreciation before and taxes between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select, text

from hanse import BusinessError, Context, Records, _, action
from hanse.actions import Action
from hanse.i18n import Label, speaking
from hanse_finance.models import FinanceSettings, Period, Side, Voucher, VoucherKind, VoucherState, VoucherWord
from hanse_finance.permissions import Finance

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class ClosingStep:
    """A step.

    :ivar name: as it stands in the sources of its vouchers
    :ivar verb: name of the action on periods that runs it, such as ``finance.period.revalue``
    :ivar order: steps run in this order, each after the vouchers of those before it are posted
    :ivar draft: ``draft(ctx, period)`` gives the values of the vouchers that are still to be written
    :ivar due: ``due(ctx, period)`` tells whether this step is taken in a period at all
    """

    name: str
    label: Label
    addon: str
    verb: str
    order: int
    draft: Callable[[Context, Period], Sequence[Mapping[str, Any]]]
    due: Callable[[Context, Period], bool] = lambda ctx, period: True


_steps: dict[str, ClosingStep] = {}


def register_step(step: ClosingStep) -> ClosingStep:
    """Have a step taken before periods are closed."""
    return _steps.setdefault(step.name, step)


def steps(ctx: Context, period: Period) -> list[ClosingStep]:
    """Give the steps of a period in their order."""
    offered = [step for step in _steps.values() if step.addon in ctx.enabled and step.due(ctx, period)]
    return sorted(offered, key=lambda step: step.order)


def is_last(ctx: Context, period: Period) -> bool:
    """Tell whether a period is the last of its year."""
    return period.end == period.year.end


def take(ctx: Context, period: Period, step: ClosingStep) -> list[int]:
    """Write the vouchers of a step as drafts; give their ids.  Called inside an action.

    :raises BusinessError: vouchers of the period are not posted yet, so that what is left is not known
    """
    waiting = unposted(ctx, period)
    if waiting:
        raise BusinessError(
            _(
                "%(count)s vouchers up to %(period)s are not posted yet. "
                "Post them first: this step counts what is posted.",
                count=waiting,
                period=period.code,
            )
        )
    values = step.draft(ctx, period)
    if not values:
        raise BusinessError(_("%(step)s: nothing is left to do in %(period)s.", step=step.label, period=period.code))
    from hanse_finance.actions.entry import record_vouchers

    return list(ctx.run(record_vouchers, values=list(values)).done)


def step_action(step: ClosingStep, *, label: Label, icon: str, done: Label) -> Action[Period]:
    """Declare the action that takes a step in periods, the earliest first, and gives the ids of the drafts it wrote.

    Called in the module ``actions`` of the addon that brings the step.
    """

    def run(ctx: Context, periods: Records[Period]) -> list[int]:
        return [made for period in sorted(periods, key=lambda one: one.start) for made in take(ctx, period, step)]

    run.__module__, run.__doc__ = step.addon, f"Write the vouchers of the step {step.name} as drafts; give their ids."
    declare = action(
        Period, name=step.verb.rpartition(".")[2], label=label, permission=Finance.CLOSE, icon=icon, done=done
    )
    return declare(run)


def unposted(ctx: Context, period: Period) -> int:
    """Count the drafts and audited vouchers up to the end of a period."""
    query = select(func.count()).where(
        Voucher.company_id == ctx.company.id,
        Voucher.day <= period.end,
        Voucher.state.in_([VoucherState.DRAFT, VoucherState.AUDITED]),
    )
    return ctx.session.scalar(query) or 0


# --- writing vouchers -------------------------------------------------------------------------------------------------


_WRITTEN = text("SELECT count(*) FROM finance_voucher WHERE company_id = :company AND source LIKE :source")
_SIDES = text("SELECT id, side FROM finance_account WHERE company_id = :company AND id = ANY(:accounts)")
#: The series closing vouchers belong to, where there is one: 转.
_TRANSFERS = "转"


@dataclass(frozen=True, slots=True)
class Entry:
    """A line to write.

    :ivar amount: in the company's currency, debit positive
    :ivar side: the side it stands on, red if the amount is on the other; None: the side its account increases on
    :ivar details: id of the combination of dimensions
    :ivar currency: id of another currency it is written in
    :ivar original: the amount in it, debit positive
    :ivar foreign: id of the foreign currency that it revalues
    :ivar quantity: in the account's unit, debit positive
    """

    account: int
    amount: Decimal
    side: Side | None = None
    details: int | None = None
    currency: int | None = None
    original: Decimal = ZERO
    foreign: int | None = None
    quantity: Decimal = ZERO


def voucher(
    ctx: Context, period: Period, step: str, kind: VoucherKind, summary: Label, entries: Iterable[Entry], place: int = 0
) -> dict[str, Any]:
    """Write the values of a closing voucher at the end of a period.

    :param place: which of the step's vouchers it is
    """
    lines = list(entries)
    wanted = {"company": ctx.company.id, "accounts": [one.account for one in lines]}
    sides = {key: Side(side) for key, side in ctx.session.execute(_SIDES, wanted)}
    source = f"closing:{period.code}:{step}:"
    before = ctx.session.scalar(_WRITTEN, {"company": ctx.company.id, "source": f"{source}%"}) or 0
    with speaking(ctx.company.locale):
        said = str(summary)
    return {
        "day": period.end,
        "word": closing_word(ctx),
        "kind": kind,
        "source": f"{source}{before + place + 1}",
        "lines": [_line(one, one.side or sides[one.account], said) for one in lines],
    }


def _line(entry: Entry, side: Side, summary: str) -> dict[str, Any]:
    sign = 1 if side is Side.DEBIT else -1
    amount = entry.original if entry.currency is not None else entry.amount
    line: dict[str, Any] = {
        "summary": summary,
        "account": entry.account,
        "details": entry.details,
        "debit" if side is Side.DEBIT else "credit": sign * amount,
        "base": entry.amount,
    }
    if entry.currency is not None:
        line["currency"] = entry.currency
    if entry.foreign is not None:
        line |= {"foreign_currency": entry.foreign, "foreign_amount": ZERO}
    if entry.quantity:
        line["quantity"] = sign * entry.quantity
    return line


def closing_word(ctx: Context) -> int | None:
    """Give the series closing vouchers belong to; None where the company has no series."""
    chosen = ctx.settings(FinanceSettings).closing_word_id
    if chosen is not None:
        return chosen
    words = ctx.session.execute(
        select(VoucherWord.id, VoucherWord.code)
        .where(VoucherWord.company_id == ctx.company.id)
        .order_by(VoucherWord.position, VoucherWord.id)
    ).all()
    return next((key for key, code in words if code == _TRANSFERS), words[0][0] if words else None)


__all__ = [
    "ClosingStep",
    "Entry",
    "closing_word",
    "is_last",
    "register_step",
    "step_action",
    "steps",
    "take",
    "unposted",
    "voucher",
]
