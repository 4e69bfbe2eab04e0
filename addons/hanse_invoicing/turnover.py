"""What was invoiced: posted documents added up by month, partner, country, article, tax, account, and as addons say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlalchemy import text

from hanse import Context, _
from hanse.directory.names import country_name
from hanse.i18n import Label
from hanse.screens.spans import last_day
from hanse_invoicing.models import InvoiceKind

Query = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class By:
    """What turnover is broken down by.

    ``i`` is the document and ``l`` its line in all SQL, which is the addon's own and never typed by anybody.

    :ivar key: SQL of what tells groups apart, NULL for lines that belong to none
    :ivar name: SQL of what people call a group
    :ivar joins: what must be joined to know both
    :ivar narrow: gives the query of the list of documents that leaves those with the group; None: it leads nowhere
    :ivar said: says a name in the reader's language
    :ivar in_order: groups stand in the order of their keys instead of by amount
    :ivar addon: it is there where this addon is seen
    :ivar permission: it is there for those who hold it; None: for all who read the report
    """

    value: str
    label: Label
    key: str
    name: str
    joins: str = ""
    narrow: Callable[[Turnover], Query] | None = None
    said: Callable[[str], Label] | None = None
    in_order: bool = False
    addon: str = "hanse_invoicing"
    permission: str | None = None


_breakdowns: dict[str, By] = {}


def register_breakdown(by: By) -> By:
    """Have turnover broken down by something else as well."""
    _breakdowns[by.value] = by
    return by


def breakdowns(ctx: Context) -> list[By]:
    """Give what somebody may break turnover down by."""
    return [
        one
        for one in _breakdowns.values()
        if one.addon in ctx.seen and (one.permission is None or ctx.may(one.permission))
    ]


def _of_month(one: Turnover) -> Query:
    first = date.fromisoformat(f"{one.key}-01")
    return {"f-day": first.isoformat(), "f-day-to": last_day(first, "month").isoformat()}


_MONTH = "to_char(i.day, 'YYYY-MM')"
_PARTNER = "JOIN contacts_partner p ON p.id = i.partner_id"
MONTH = register_breakdown(By("month", _("Month"), _MONTH, _MONTH, narrow=_of_month, in_order=True))
PARTNER = register_breakdown(
    By("partner", _("Partner"), "i.partner_id", "p.name", _PARTNER, narrow=lambda one: {"f-partner": str(one.key)})
)
COUNTRY = register_breakdown(
    By(
        "country",
        _("Country"),
        "p.country_id",
        "n.name",
        f"{_PARTNER} LEFT JOIN core_country n ON n.id = p.country_id",
        said=country_name,
    )
)
ARTICLE = register_breakdown(By("article", _("Description"), "l.description", "l.description"))
TAX = register_breakdown(
    By(
        "tax",
        _("Tax"),
        "l.tax_id",
        "t.name",
        "LEFT JOIN invoicing_tax t ON t.id = l.tax_id AND t.company_id = l.company_id",
    )
)
ACCOUNT = register_breakdown(
    By(
        "account",
        _("Account"),
        "l.account_id",
        "concat_ws(' ', a.code, a.name)",
        "LEFT JOIN finance_account a ON a.id = l.account_id AND a.company_id = l.company_id",
    )
)
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
    order = "1" if by.in_order else "6 DESC, 2"
    query = _TURNOVER.format(key=by.key, name=by.name, joins=by.joins, sign=_SIGN, order=order)
    kinds = [kind.value for kind in InvoiceKind if kind.sells is sells]
    asked = {"company": ctx.company.id, "kinds": kinds, "first": first, "last": last}
    return [Turnover(*row) for row in ctx.session.execute(text(query), asked)]
