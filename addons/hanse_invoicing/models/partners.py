"""What a company knows of a partner as customer or supplier."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hanse import Mapped, _, link
from hanse_contacts.models import Partner
from hanse_finance.models import Account
from hanse_invoicing.models.terms import Term


class InvoicingPartner(Partner, extends=True):
    """A partner that owes, or is owed."""

    receivable_account: Mapped[Account | None] = link(
        _("Receivable account"), per_company=True, help=_("Empty: that of the settings.")
    )
    payable_account: Mapped[Account | None] = link(
        _("Payable account"), per_company=True, help=_("Empty: that of the settings.")
    )
    customer_term: Mapped[Term | None] = link(_("Terms as customer"), per_company=True)
    supplier_term: Mapped[Term | None] = link(_("Terms as supplier"), per_company=True)

    if TYPE_CHECKING:
        receivable_account_id: Mapped[int | None]
        payable_account_id: Mapped[int | None]
        customer_term_id: Mapped[int | None]
        supplier_term_id: Mapped[int | None]
