"""Hand out, take back, remind."""

from __future__ import annotations

from acme_loans.models import AlreadyOut, Loan, LoanState
from acme_loans.permissions import Loans
from hanse import Context, Records, _, action, days, scheduled


@action(
    Loan,
    label=_("Hand out"),
    permission=Loans.HAND_OUT,
    moves=(LoanState.DRAFT, LoanState.OUT),
    primary=True,
    icon="arrow-right",
    done=_("%(count)s handed out"),
)
def hand_out(ctx: Context, loans: Records[Loan]) -> None:
    """Put each thing into its borrower's hands.

    :raises AlreadyOut: somebody else has it; the message says who and until when
    """
    taken = ctx.all(Loan, Loan.state == LoanState.OUT, Loan.equipment.in_(loans[Loan.equipment]))
    if taken:  # a kind message; the index is the guarantee
        raise AlreadyOut(taken.first())


@action(
    Loan,
    label=_("Take back"),
    permission=Loans.HAND_OUT,
    moves=(LoanState.OUT, LoanState.BACK),
    icon="arrow-back",
    labels={"damage": _("Damage")},
    done=_("%(count)s taken back"),
)
def take_back(ctx: Context, loans: Records[Loan], *, damage: str | None = None) -> None:
    """Note the return; damage becomes a comment that everybody sees who sees the loan."""
    if damage:
        for loan in loans:
            ctx.comment(loan, damage)


@scheduled(every=days(1), at="07:00")
def remind(ctx: Context) -> None:
    """Say of each loan that is overdue, every morning, since when."""
    for loan in ctx.all(Loan, Loan.state == LoanState.OUT, Loan.until < ctx.today):
        ctx.comment(loan, _("%(thing)s was due on %(day)s.", thing=loan.equipment.name, day=loan.until))
