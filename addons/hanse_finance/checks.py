"""What stands against auditing, posting and reversing vouchers; asked for whole sets at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sqlalchemy import func, select

from hanse import BusinessError, Context, Records, _
from hanse_finance.models import Period, PeriodState, Reversal, Voucher, VoucherLine, VoucherState


def unauditable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers that the person made, unless a document vouches for them, and those that do not balance."""
    for voucher, maker, document in zip(
        vouchers.ids, vouchers[Voucher.maker_id], vouchers[Voucher.document], strict=True
    ):
        if maker == ctx.user.id and document is None:
            yield BusinessError(_("You made this voucher yourself; somebody else must audit it."), record=voucher)
    yield from unbalanced(ctx, vouchers.ids)


def unbalanced(ctx: Context, vouchers: Sequence[int]) -> Iterator[BusinessError]:
    """Find vouchers whose debit and credit differ, or that have no lines."""
    sums = (
        select(VoucherLine.voucher_id, func.sum(VoucherLine.base))
        .where(VoucherLine.voucher_id.in_(vouchers))
        .group_by(VoucherLine.voucher_id)
    )
    found = dict(ctx.session.execute(sums).all())
    for voucher in vouchers:
        difference = found.get(voucher)
        if difference is None:
            yield BusinessError(_("The voucher has no lines."), record=voucher)
        elif difference:
            yield BusinessError(
                _("Debit and credit differ by %(difference)s.", difference=abs(difference)), record=voucher
            )


def unpostable(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse vouchers whose period is closed."""
    wanted = set(vouchers[Voucher.period_id])
    closed = dict(
        ctx.session.execute(
            select(Period.id, Period.code).where(Period.id.in_(wanted), Period.state == PeriodState.CLOSED)
        ).all()
    )
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


def lock_periods(ctx: Context, periods: Iterable[int]) -> None:
    """Keep periods from being closed while vouchers are posted into them.

    :raises BusinessError: one is closed by now
    """
    rows = ctx.session.execute(
        select(Period.id, Period.code, Period.state)
        .where(Period.id.in_(list(periods)))
        .order_by(Period.id)
        .with_for_update(read=True)
    )
    for _key, code, state in rows:
        if state is PeriodState.CLOSED:
            raise BusinessError(
                _("Period %(period)s is closed. Have it reopened, or date the voucher in an open one.", period=code)
            )


def has_dimensions(ctx: Context, vouchers: Sequence[int]) -> bool:
    """Tell whether any line of the vouchers has dimensions."""
    return (
        ctx.session.scalar(
            select(VoucherLine.id)
            .where(VoucherLine.voucher_id.in_(vouchers), VoucherLine.details_id.is_not(None))
            .limit(1)
        )
        is not None
    )
