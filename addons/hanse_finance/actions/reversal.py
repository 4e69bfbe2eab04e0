"""Reverse posted vouchers in red: same side, negative amount, so that no turnover is blown up."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import select

from hanse import BusinessError, Context, Records, _, action
from hanse.i18n import speaking
from hanse_finance.models import Period, PeriodState, Reversal, Voucher, VoucherKind, VoucherState
from hanse_finance.permissions import Finance


@action(
    Voucher,
    name="reverse",
    label=_("Reverse in red"),
    permission=Finance.REVERSE,
    icon="arrow-back-up",
    labels={"on": _("Date of the reversal")},
    done=_("%(count)s vouchers reversed; the red vouchers are drafts"),
)
def reverse_vouchers(ctx: Context, vouchers: Records[Voucher], *, on: date | None = None) -> list[int]:
    """Write a red draft for each posted voucher, linked to it; give their ids.

    :param on: its date; None: today where today's period is open, else the first day that is
    :raises BusinessError: a voucher is not posted, or reversed already; no period is open
    """
    day = on or first_open_day(ctx)
    values: list[dict[str, Any]] = []
    originals = list(vouchers)
    for voucher in originals:
        if voucher.state is not VoucherState.POSTED:
            raise BusinessError(
                _("Only a posted voucher is reversed; this one can still be changed."), record=voucher.id
            )
        with speaking(ctx.company.locale):  # books are kept in one language, whoever writes
            values.append(red_voucher(voucher, day))
    from hanse_finance.actions.entry import record_vouchers

    made = ctx.run(record_vouchers, values=values).done
    ctx.insert(
        Reversal, [{"voucher": red, "original": voucher.id} for red, voucher in zip(made, originals, strict=True)]
    )
    return list(made)


def red_voucher(voucher: Voucher, day: date) -> dict[str, Any]:
    """Write the values of the red voucher, in the language of the moment."""
    summary = str(
        _(
            "Reversal of %(period)s %(word)s-%(number)s",
            period=voucher.period.code,
            word=voucher.word.code,
            number=voucher.number,
        )
    )
    return {
        "day": day,
        "word": voucher.word_id,
        "kind": VoucherKind.REVERSAL,
        "attachments": voucher.attachments,
        "source": f"reversal:{voucher.id}",
        "lines": [
            {
                "summary": summary,
                "account": line.account_id,
                "details": line.details_id,
                "currency": line.currency_id,
                "debit": None if line.debit is None else -line.debit,
                "credit": None if line.credit is None else -line.credit,
                "base": -line.base,
                "foreign_currency": line.foreign_currency_id,
                "foreign_amount": None if line.foreign_amount is None else -line.foreign_amount,
                "foreign_rate": line.foreign_rate,
                "cash_item": line.cash_item_id,
                "quantity": None if line.quantity is None else -line.quantity,
            }
            for line in voucher.lines
        ],
    }


def first_open_day(ctx: Context) -> date:
    """Give today where its period is open, else the first open day after it, else the last open day.

    :raises BusinessError: no period is open
    """
    today = ctx.today
    opened = ctx.session.execute(
        select(Period.start, Period.end)
        .where(Period.company_id == ctx.company.id, Period.state == PeriodState.OPEN, Period.number > 0)
        .order_by(Period.start)
    ).all()
    if not opened:
        raise BusinessError(_("No period is open. Open a year, or reopen the last period."))
    for start, end in opened:
        if today <= end:
            return max(today, start)
    return opened[-1][1]


@action(Reversal, name="link", label=_("Link reversals"), permission=Finance.RECORD, creates=True, hidden=True)
def link_reversals(ctx: Context, reversals: Records[Reversal], *, pairs: list[tuple[str, str]]) -> list[int]:
    """Note which imported vouchers reverse which, by their sources; what is reversed already is passed over."""
    sources = {source for pair in pairs for source in pair}
    found = dict(
        ctx.session.execute(
            select(Voucher.source, Voucher.id).where(Voucher.company_id == ctx.company.id, Voucher.source.in_(sources))
        ).all()
    )
    there = set(ctx.session.scalars(select(Reversal.original_id).where(Reversal.original_id.in_(list(found.values())))))
    rows: dict[int, int] = {}
    for source, original in pairs:
        if source in found and original in found and found[original] not in there:
            rows.setdefault(found[original], found[source])
    return ctx.insert(Reversal, [{"voucher": voucher, "original": original} for original, voucher in rows.items()])
