"""What a cashier signs (出纳签字): vouchers that move cash; and provisional numbers put in order (凭证整理)."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select, text

from hanse import BusinessError, Context, Records, _, action
from hanse.actions.write import Each
from hanse_finance.models import Period, Voucher, VoucherState
from hanse_finance.permissions import Finance
from hanse_finance.setup import action as find

_CASH = text(
    "SELECT DISTINCT l.voucher_id FROM finance_voucher_line l "
    "JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id AND a.cash "
    "WHERE l.company_id = :company AND l.voucher_id = ANY(:vouchers)"
)


def moving_cash(ctx: Context, vouchers: Records[Voucher]) -> set[int]:
    """Give those of the vouchers that have a line on a cash or bank account."""
    asked = {"company": ctx.company.id, "vouchers": vouchers.ids}
    return {key for (key,) in ctx.session.execute(_CASH, asked)}


@action(
    Voucher,
    name="sign",
    label=_("Sign as cashier"),
    permission=Finance.SIGN,
    icon="writing",
    done=_("%(count)s vouchers signed"),
)
def sign_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Sign vouchers that move cash, before they are posted.

    :raises BusinessError: it moves no cash, is posted or void, or the person audited it (会计法 forbids both)
    """
    cash = moving_cash(ctx, vouchers)
    for voucher, state, auditor in zip(
        vouchers.ids, vouchers[Voucher.state], vouchers[Voucher.auditor_id], strict=True
    ):
        if state not in (VoucherState.DRAFT, VoucherState.AUDITED):
            raise BusinessError(_("Only vouchers that are not posted yet are signed."), record=voucher)
        if voucher not in cash:
            raise BusinessError(_("This voucher moves no cash; a cashier has nothing to sign."), record=voucher)
        if auditor == ctx.user.id:
            raise BusinessError(_("You audited this voucher; the cashier is somebody else."), record=voucher)
    ctx.update(vouchers, {"cashier": ctx.user.id})


@action(
    Voucher,
    name="unsign",
    label=_("Take signing back"),
    permission=Finance.SIGN,
    icon="arrow-back-up",
    done=_("%(count)s vouchers are unsigned again"),
)
def unsign_vouchers(ctx: Context, vouchers: Records[Voucher]) -> None:
    """Withdraw the acting person's signature from vouchers that are not posted.

    :raises BusinessError: it is posted, or somebody else signed it
    """
    for voucher, state, cashier in zip(
        vouchers.ids, vouchers[Voucher.state], vouchers[Voucher.cashier_id], strict=True
    ):
        if state is VoucherState.POSTED:
            raise BusinessError(_("Only vouchers that are not posted yet are signed."), record=voucher)
        if cashier != ctx.user.id:
            raise BusinessError(_("You have not signed this voucher."), record=voucher)
    ctx.update(vouchers, {"cashier": None})


def unsigned(ctx: Context, vouchers: Records[Voucher]) -> Iterator[BusinessError]:
    """Refuse to post vouchers that move cash and that no cashier has signed, of people; documents sign themselves."""
    cash = moving_cash(ctx, vouchers)
    for voucher, cashier, document in zip(
        vouchers.ids, vouchers[Voucher.cashier_id], vouchers[Voucher.document], strict=True
    ):
        if voucher in cash and cashier is None and document is None:
            yield BusinessError(_("The cashier has not signed this voucher yet."), record=voucher)


@action(
    Period,
    name="renumber",
    label=_("Put numbers in order"),
    permission="finance.voucher.update",
    icon="sort-ascending",
    labels={"drop_void": _("Delete void vouchers")},
    done=_("Numbers of %(count)s periods put in order"),
)
def renumber(ctx: Context, periods: Records[Period], *, drop_void: bool = True) -> int:
    """Give the vouchers that are not posted the numbers they will have if they are posted as they are, by date.

    Posted numbers stay.  The audit log says which number became which; give how many changed.
    """
    changed = 0
    for period in periods:
        if drop_void:
            void = ctx.all(Voucher, Voucher.period_id == period.id, Voucher.state == VoucherState.VOID)
            if void:
                ctx.run(find("finance.voucher.delete"), void.ids)
        changed += _renumber(ctx, period)
    return changed


def _renumber(ctx: Context, period: Period) -> int:
    last = dict(
        ctx.session.execute(
            select(Voucher.word_id, func.max(Voucher.number))
            .where(Voucher.company_id == ctx.company.id, Voucher.period_id == period.id)
            .group_by(Voucher.word_id)
        ).all()
    )
    waiting = ctx.session.execute(
        select(Voucher.id, Voucher.word_id, Voucher.provisional)
        .where(
            Voucher.company_id == ctx.company.id,
            Voucher.period_id == period.id,
            Voucher.state.in_([VoucherState.DRAFT, VoucherState.AUDITED]),
        )
        .order_by(Voucher.day, Voucher.provisional, Voucher.id)
    ).all()
    moved: dict[int, int] = {}
    for voucher, word, provisional in waiting:
        number = last[word] = (last.get(word) or 0) + 1
        if number != provisional:
            moved[voucher] = number
    if moved:
        ctx.update(sorted(moved), Voucher, {"provisional": Each([moved[key] for key in sorted(moved)])})
    return len(moved)
