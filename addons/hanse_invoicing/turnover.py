"""What was invoiced: posted documents added up by month, partner, country, article, tax or account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from hanse import Choice, Context, _
from hanse_invoicing.models import InvoiceKind


class By(Choice):
    """What turnover is broken down by."""

    MONTH = "month", _("Month")
    PARTNER = "partner", _("Partner")
    COUNTRY = "country", _("Country")
    ARTICLE = "article", _("Description")
    TAX = "tax", _("Tax")
    ACCOUNT = "account", _("Account")


#: Key and name of a group, and what must be joined to know them.
_GROUPS: Mapping[By, tuple[str, str, str]] = {
    By.MONTH: ("to_char(i.day, 'YYYY-MM')", "to_char(i.day, 'YYYY-MM')", ""),
    By.PARTNER: ("i.partner_id", "p.name", "JOIN contacts_partner p ON p.id = i.partner_id"),
    By.COUNTRY: (
        "p.country_id",
        "n.name",
        "JOIN contacts_partner p ON p.id = i.partner_id LEFT JOIN core_country n ON n.id = p.country_id",
    ),
    By.ARTICLE: ("l.description", "l.description", ""),
    By.TAX: ("l.tax_id", "t.name", "LEFT JOIN invoicing_tax t ON t.id = l.tax_id AND t.company_id = l.company_id"),
    By.ACCOUNT: (
        "l.account_id",
        "concat_ws(' ', a.code, a.name)",
        "LEFT JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id",
    ),
}
_SIGN = "CASE WHEN i.kind IN ('credit_note', 'bill_credit') THEN -1 ELSE 1 END"
_TURNOVER = """
    SELECT {key}, {name}, count(DISTINCT i.id) FILTER (WHERE i.kind IN ('invoice', 'bill')),
           count(DISTINCT i.id) FILTER (WHERE i.kind IN ('credit_note', 'bill_credit')),
           sum({sign} * l.quantity), sum({sign} * l.base_net), sum({sign} * l.base_tax)
    FROM invoicing_invoice i
    JOIN invoicing_invoice_line l ON l.invoice_id = i.id AND l.company_id = i.company_id
    {joins}
    WHERE i.company_id = :company AND i.state = 'posted' AND i.kind = ANY(:kinds)
      AND i.day BETWEEN :first AND :last
    GROUP BY 1, 2 ORDER BY {order}
"""


@dataclass(frozen=True, slots=True)
class Turnover:
    """What was invoiced to one group, in the company's currency; credit notes take off.

    :ivar key: id of the record, or the month or description itself; None: it has none
    :ivar documents: invoices or bills; ``credits``: credit notes
    """

    key: object
    name: str | None
    documents: int
    credits: int
    quantity: Decimal
    net: Decimal
    tax: Decimal

    @property
    def gross(self) -> Decimal:
        """Net and tax."""
        return self.net + self.tax


def turnover(ctx: Context, by: By, first: date, last: date, *, sells: bool = True) -> Sequence[Turnover]:
    """Add up the lines of documents posted between two days; months in order, the rest by amount."""
    key, name, joins = _GROUPS[by]
    order = "1" if by is By.MONTH else "6 DESC, 2"
    query = _TURNOVER.format(key=key, name=name, joins=joins, sign=_SIGN, order=order)
    kinds = [kind.value for kind in InvoiceKind if kind.sells is sells]
    asked = {"company": ctx.company.id, "kinds": kinds, "first": first, "last": last}
    return [Turnover(*row) for row in ctx.session.execute(text(query), asked)]
