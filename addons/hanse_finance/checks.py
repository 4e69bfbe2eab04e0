"""What stands against auditing, posting and reversing vouchers; asked for whole sets at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import select, text

from hanse import BusinessError, Context, Records, _
from hanse_finance.models import (
    FinanceSettings,
    Opening,
    OpeningState,
    Period,
    PeriodState,
    Reversal,
    Voucher,
    VoucherState,
)

# Asked for every voucher; written SQL takes half the time of a query that is put together each time.
_SUMS = text(
    "SELECT voucher_id, sum(base) FROM finance_voucher_line "
    "WHERE company_id = :company AND voucher_id = ANY(:vouchers) GROUP BY voucher_id"
)
_PERIODS = text(
    "SELECT id, code, state FROM finance_period WHERE company_id = :company AND id = ANY(:periods) ORDER BY id"
)
_HELD = text(f"{_PERIODS.text} FOR SHARE")


def unauditable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers that the person made or signed, unless a document vouches for them, and those out of balance."""
    for voucher, maker, cashier, document in zip(
        vouchers.ids, vouchers[Voucher.maker_id], vouchers[Voucher.cashier_id], vouchers[Voucher.document], strict=True
    ):
        if cashier == ctx.user.id and document is None:
            yield BusinessError(_("You signed this voucher as cashier; somebody else must audit it."), record=voucher)
        if maker == ctx.user.id and document is None:
            yield BusinessError(_("You made this voucher yourself; somebody else must audit it."), record=voucher)
    yield from unbalanced(ctx, vouchers.ids)


def unbalanced(ctx: Context, vouchers: Sequence[int]) -> Iterator[BusinessError]:
    """Find vouchers whose debit and credit differ, or that have no lines."""
    rows = ctx.session.execute(_SUMS, {"company": ctx.company.id, "vouchers": list(vouchers)})
    found = {voucher: amount for voucher, amount in rows}
    for voucher in vouchers:
        difference = found.get(voucher)
        if difference is None:
            yield BusinessError(_("The voucher has no lines."), record=voucher)
        elif difference:
            yield BusinessError(
                _("Debit and credit differ by %(difference)s.", difference=abs(difference)), record=voucher
            )


def unpostable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers whose period is closed, or that lack the cashier's signature where the company asks for one."""
    if ctx.settings(FinanceSettings).cashier_signs:
        from hanse_finance.actions.signing import unsigned  # actions import the checks

        yield from unsigned(ctx, vouchers)
    wanted = {"company": ctx.company.id, "periods": list(set(vouchers[Voucher.period_id]))}
    closed = {key: code for key, code, state in ctx.session.execute(_PERIODS, wanted) if state == PeriodState.CLOSED}
    for voucher, period in zip(vouchers.ids, vouchers[Voucher.period_id], strict=True):
        if period in closed:
            yield BusinessError(
                _(
                    "Period %(period)s is closed. Have it reopened, or date the voucher in an open one.",
                    period=closed[period],
                ),
                record=voucher,
            )


def unauditable_or_unpostable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse what stands against either half of auditing and posting in one step."""
    yield from unauditable(ctx, vouchers)
    yield from unpostable(ctx, vouchers)


def unreversible(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers that are reversed already."""
    there = dict(
        ctx.session.execute(
            select(Reversal.original_id, Voucher.summary)
            .join(Voucher, Voucher.id == Reversal.voucher_id)
            .where(Reversal.original_id.in_(vouchers.ids))
        ).all()
    )
    for voucher in there:
        yield BusinessError(_("This voucher is reversed already."), record=voucher)


def undeletable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers that somebody has audited or posted."""
    for voucher, state in zip(vouchers.ids, vouchers[Voucher.state], strict=True):
        if state is VoucherState.AUDITED:
            yield BusinessError(_("This voucher is audited. Undo the audit before you delete it."), record=voucher)
        elif state is VoucherState.POSTED:
            yield BusinessError(
                _("A posted voucher cannot be changed or deleted. Reverse it in red instead."), record=voucher
            )


def unclosable(ctx: Context, periods: Records[Period]) -> Iterator[BusinessError]:
    """Refuse to close periods while opening balances are still being entered."""
    waiting = ctx.session.scalar(
        select(Opening.id).where(Opening.company_id == ctx.company.id, Opening.state == OpeningState.DRAFT)
    )
    if waiting is not None:
        message = _("Opening balances are still being entered. Open the books with them first, or give up taking over.")
        yield from (BusinessError(message, record=period) for period in periods.ids)


def unreopenable(ctx: Context, periods: Records[Period]) -> Iterator[BusinessError]:
    """Refuse to reopen periods that lie before the books of a company that took them over."""
    start = ctx.session.execute(
        select(Period.start, Period.code)
        .join(Opening, Opening.first_id == Period.id)
        .where(Opening.company_id == ctx.company.id)
    ).first()
    for period, begins in zip(periods.ids, periods[Period.start], strict=True) if start is not None else ():
        if start is not None and begins < start[0]:
            yield BusinessError(
                _("The books begin with %(first)s; what lies before was taken over and stays closed.", first=start[1]),
                record=period,
            )


def lock_periods(ctx: Context, periods: Iterable[int]) -> None:
    """Keep periods from being closed while vouchers are posted into them.

    :raises BusinessError: one is closed by now
    """
    for _key, code, state in ctx.session.execute(_HELD, {"company": ctx.company.id, "periods": list(periods)}):
        if state == PeriodState.CLOSED:
            raise BusinessError(
                _("Period %(period)s is closed. Have it reopened, or date the voucher in an open one.", period=code)
            )
