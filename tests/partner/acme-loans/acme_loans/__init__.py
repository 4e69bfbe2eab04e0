"""A book of lent equipment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from hanse import Addon, BusinessError, Context, Records, _, hook

if TYPE_CHECKING:
    from hanse.actions import Action

ADDON = Addon(
    "acme_loans",
    key="loans",
    title=_("Equipment loans"),
    needs=["hanse_contacts"],
    departments=["office"],
    description=_("Who has what, until when."),
)


@hook
def validate(
    ctx: Context, action: Action[Any], records: Records[Any], params: Mapping[str, Any]
) -> Iterable[BusinessError] | None:
    """Keep partners who still have something from being archived, whichever addon archives them."""
    if action.name != "contacts.partner.archive":
        return None
    from acme_loans.models import Loan, LoanState

    out = ctx.all(Loan, Loan.state == LoanState.OUT, Loan.borrower.in_(records.ids))
    return [
        BusinessError(
            _("%(name)s still has %(thing)s.", name=loan.borrower.name, thing=loan.equipment.name),
            record=loan.borrower.id,
        )
        for loan in out
    ]
