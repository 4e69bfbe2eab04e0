"""Open items and what settled them."""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from hanse import Context, Filter, Row, Screen, _
from hanse_invoicing.models import Allocation, Ledger, OpenItem, Payment


def _offered(ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer to a payment what is open with its partner."""
    if values.get("for") == "invoicing.run_line.item":
        return (OpenItem.open < 0) & (OpenItem.ledger == Ledger.PAYABLE)
    if values.get("for") != "invoicing.payment_line.item":
        return None
    of = values.get("of", "")
    if not of.isdigit() or int(of) >= 2**63:
        return OpenItem.open != 0
    there = list(ctx.visible(Payment, Payment.id == int(of)))
    if not there:
        return false()
    found = there[0]
    wanted: ColumnElement[bool] = OpenItem.open < 0 if found.direction.sign > 0 else OpenItem.open > 0
    return wanted & (OpenItem.partner_id == found.partner_id) & (OpenItem.ledger == found.settles())


ITEMS = Screen(
    OpenItem,
    title=_("Open items"),
    singular=_("Open item"),
    menu="invoicing",
    icon="list-check",
    order=30,
    readonly=True,
    list=[
        OpenItem.document,
        OpenItem.partner,
        OpenItem.ledger,
        OpenItem.day,
        OpenItem.due,
        OpenItem.amount,
        OpenItem.open,
    ],
    filters=[
        OpenItem.ledger,
        OpenItem.partner,
        OpenItem.due,
        OpenItem.currency,
        Filter(_("Open"), lambda ctx: OpenItem.open != 0, name="open"),
        Filter(_("Overdue"), lambda ctx: (OpenItem.open != 0) & (OpenItem.due < ctx.today), name="overdue"),
    ],
    order_by=[OpenItem.due],
    form=[
        Row(OpenItem.document, OpenItem.partner, OpenItem.ledger),
        Row(OpenItem.invoice, OpenItem.payment, OpenItem.entry),
        Row(OpenItem.day, OpenItem.due, OpenItem.currency),
        Row(OpenItem.amount, OpenItem.open),
        Row(OpenItem.base, OpenItem.open_base),
        Row(OpenItem.discount, OpenItem.discount_until),
        Row(OpenItem.account, OpenItem.details),
    ],
    sums=[OpenItem.open],
    complete=_offered,
)
ALLOCATIONS = Screen(
    Allocation,
    title=_("Settlements"),
    singular=_("Settlement"),
    menu="invoicing",
    icon="arrows-join",
    order=40,
    readonly=True,
    search=False,
    list=[
        Allocation.day,
        Allocation.kind,
        Allocation.debit,
        Allocation.credit,
        Allocation.amount,
        Allocation.credit_amount,
        Allocation.voucher,
        Allocation.taken_back,
    ],
    filters=[
        Allocation.kind,
        Allocation.day,
        Filter(_("In force"), lambda ctx: Allocation.taken_back.is_(None), name="in-force"),
    ],
    form=[
        Row(Allocation.day, Allocation.kind, Allocation.taken_back),
        Row(Allocation.debit, Allocation.credit),
        Row(Allocation.amount, Allocation.currency),
        Row(Allocation.credit_amount, Allocation.credit_currency),
        Row(Allocation.debit_base, Allocation.credit_base, Allocation.voucher),
    ],
    order_by=[Allocation.day.desc()],
    title_of=lambda one: _("Settlement of %(day)s", day=one.day),
)

__all__ = ["ALLOCATIONS", "ITEMS"]
