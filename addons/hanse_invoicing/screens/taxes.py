"""Taxes and payment terms."""

from __future__ import annotations

from sqlalchemy import ColumnElement

from hanse import Context, Filter, Lines, Row, Screen, _
from hanse_invoicing.models import Tax, Term, TermPart


def _offered(ctx: Context, _words: str, values: dict[str, str]) -> ColumnElement[bool] | None:
    """Offer taxes that hold today where a document asks for one."""
    return Tax.holds(ctx.today) if values.get("for", "").startswith("invoicing.") else None


TAXES = Screen(
    Tax,
    title=_("Taxes"),
    singular=_("Tax"),
    menu="invoicing_settings",
    icon="receipt-tax",
    order=10,
    list=[Tax.code, Tax.name, Tax.use, Tax.percent, Tax.account, Tax.valid_from, Tax.valid_until],
    filters=[Tax.use, Filter(_("In force"), lambda ctx: Tax.holds(ctx.today), name="in-force")],
    form=[
        Row(Tax.code, Tax.name),
        Row(Tax.use, Tax.percent, Tax.account),
        Row(Tax.category, Tax.reason),
        Row(Tax.valid_from, Tax.valid_until),
    ],
    order_by=[Tax.code],
    complete=_offered,
)
TERMS = Screen(
    Term,
    title=_("Payment terms"),
    singular=_("Payment terms"),
    menu="invoicing_settings",
    icon="calendar-event",
    order=20,
    list=[Term.name, Term.discount_percent, Term.discount_days],
    form=[
        Row(Term.name),
        Row(Term.discount_percent, Term.discount_days),
        Lines(
            Term.parts,
            columns=[TermPart.percent, TermPart.fixed, TermPart.days, TermPart.end_of_month],
            widths={"days": "s", "end_of_month": "m"},
            blank=1,
        ),
    ],
    order_by=[Term.name],
)
