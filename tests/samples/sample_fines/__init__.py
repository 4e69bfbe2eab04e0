"""Fines, and the hooks that the tests of run() need."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hanse import Addon, BusinessError, Context, Records, WorkEntry, WorkSection, _, hook

if TYPE_CHECKING:
    from hanse.actions import Action

ADDON = Addon(name="sample_fines", key="fines", title=_("Fines"), needs=["sample_library"])
#: fees from which lending must wait
DEAR = 100


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError]:
    """Refuse what is overdue, and everything on a fee that is negative."""
    if action.name != "library.loan.lend":
        return
    if params["fee"] < 0:
        yield BusinessError(_("A fee is not negative."), field="fee")
    for loan in records:
        if loan.book.title == "Lost":
            yield BusinessError(_("“%(title)s” is lost.", title=loan.book.title), record=loan.id)


@hook
def hold(ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]) -> Iterable[int]:
    """Let dear loans wait, unless somebody decides just now."""
    if action.name != "library.loan.lend" or params["fee"] < DEAR or ctx.via == "release":
        return []
    return [loan.id for loan in records if loan.book.title.startswith("Rare")]


@hook
def my_work(ctx: Context) -> Iterable[WorkSection]:
    """Show loans that are to be fetched back."""
    from sample_library.models import Loan, LoanState

    late = ctx.visible(Loan, Loan.state == LoanState.OUT, Loan.due < ctx.today, order_by=[Loan.due], limit=5)
    lines = [WorkEntry(loan.number, f"/library/loan/{loan.id}", str(loan.due), "bad") for loan in late]
    yield WorkSection(_("To fetch back"), lines, path="/library/loan")
