"""Ageing and statement of account as reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from itertools import groupby, pairwise

from sqlalchemy import select

from hanse import Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse_contacts.models import Partner
from hanse_finance.models import Period
from hanse_invoicing.models import Ledger
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.standing import BUCKETS, Moved, ageing, moved

ZERO = Decimal(0)
#: So many partners stand on a page of the ageing; files have all of them.
PAGE = 200


def _ledgers(_ctx: Context) -> Sequence[tuple[str, Label]]:
    return [(one.value, one.label) for one in Ledger]


def _ends(ctx: Context) -> Sequence[tuple[str, Label]]:
    """Offer today, and the ends of periods, the latest first."""
    codes = ctx.session.scalars(
        select(Period.code).where(Period.company_id == ctx.company.id).order_by(Period.start.desc())
    )
    return [("", _("today")), *((code, _("end of %(period)s", period=code)) for code in codes)]


def chosen_end(ctx: Context, given: Given) -> date:
    """Give the day that was chosen: the end of a period, else today."""
    code = given.text("at_end")
    query = select(Period.end).where(Period.company_id == ctx.company.id, Period.code == code)
    return (ctx.session.scalar(query) if code else None) or ctx.today


def _ledger(given: Given) -> Ledger:
    return Ledger.PAYABLE if given.text("ledger") == Ledger.PAYABLE.value else Ledger.RECEIVABLE


LEDGER = Parameter("ledger", _("Ledger"), choices=_ledgers, default=lambda ctx: Ledger.RECEIVABLE.value)
END = Parameter("at_end", _("As of"), choices=_ends)


def _bucket_labels() -> list[Label]:
    pairs = pairwise(BUCKETS)
    between = [_("%(first)s–%(last)s days", first=first + 1, last=last) for first, last in pairs]
    return [_("Not due"), *between, _("over %(days)s days", days=BUCKETS[-1])]


def _read_ageing(ctx: Context, given: Given) -> Reading:
    ledger, end = _ledger(given), chosen_end(ctx, given)
    sign = 1 if ledger is Ledger.RECEIVABLE else -1
    found = ageing(ctx, ledger, end)
    start = 0 if given.whole else given.number("at") or 0
    shown = found if given.whole else found[start : start + PAGE]
    rows = [
        ReportRow(
            [one.name, one.code, *(sign * amount or None for amount in one.buckets), sign * one.total],
            STATEMENT.to(partner=one.partner, ledger=ledger.value, at_end=given.text("at_end") or None),
        )
        for one in shown
    ]
    sums = [sum((sign * one.buckets[place] for one in found), ZERO) for place in range(len(BUCKETS) + 1)]
    money = Kind.MONEY
    labels = _bucket_labels()
    return Reading(
        [
            ReportColumn("partner", _("Partner"), small="title"),
            ReportColumn("code", _("Code"), small="lead"),
            ReportColumn("b0", labels[0], money, small="sub"),
            *(
                ReportColumn(f"b{place}", label, money, _("Overdue"), small="sub")
                for place, label in enumerate(labels[1:], start=1)
            ),
            ReportColumn("total", _("Open"), money, small="end"),
        ],
        rows,
        totals=[_("Total"), None, *sums, sum(sums, ZERO)],
        note=_("%(currency)s at %(day)s", currency=ctx.company.currency, day=end),
        before={"at": ""} if start else None,
        after={"at": str(start + PAGE)} if start + PAGE < len(found) and not given.whole else None,
    )


_KINDS = {
    "discount": _("Early-payment discount"),
    "write_off": _("Written off"),
    "match": _("Settled in another currency"),
}


def _read_statement(ctx: Context, given: Given) -> Reading:
    partner = given.record("partner")
    assert partner is not None  # it is required
    ledger, end = _ledger(given), chosen_end(ctx, given)
    visible = bool(ctx.visible(Partner, Partner.id == partner).ids)
    found = moved(ctx, ledger, end, partner) if visible else ()
    money = Kind.MONEY
    return Reading(
        [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("document", _("Document"), small="title"),
            ReportColumn("what", _("What"), small="sub"),
            ReportColumn("due", _("Due"), Kind.DAY, small="sub"),
            ReportColumn("currency", _("Currency"), small="lead"),
            ReportColumn("debit", _("Debit"), money, small="sub"),
            ReportColumn("credit", _("Credit"), money, small="sub"),
            ReportColumn("balance", _("Balance"), money, small="end"),
        ],
        list(_told(found)),
        note=_("up to %(day)s, debit positive", day=end),
    )


def _told(found: Iterable[Moved]) -> Iterator[ReportRow]:
    """Give a row for each movement with the balance after it, each currency apart and closed by its sum."""
    for currency, group in groupby(found, key=lambda one: one.currency):
        balance = debited = credited = ZERO
        for one in group:
            balance += one.amount
            debit, credit = (one.amount, None) if one.amount > 0 else (None, -one.amount)
            debited, credited = debited + (debit or ZERO), credited + (credit or ZERO)
            yield ReportRow(
                [one.day, one.document, _KINDS.get(one.kind), one.due, currency, debit, credit, balance], _to(one)
            )
        yield ReportRow([None, _("Total"), None, None, currency, debited, credited, balance], strong=True)


def _to(one: Moved) -> tuple[str, dict[str, str]] | None:
    if one.invoice is not None:
        return f"/invoicing/invoice/{one.invoice}", {}
    return None if one.payment is None else (f"/invoicing/payment/{one.payment}", {})


STATEMENT = Report(
    "statement",
    title=_("Statement of account"),
    menu="invoicing",
    icon="file-text",
    order=60,
    permission=Invoicing.REPORT,
    parameters=[Parameter("partner", _("Partner"), target=Partner, required=True), LEDGER, END],
    read=_read_statement,
    about={
        Partner: lambda partner: {
            "partner": str(partner.id),
            "ledger": (Ledger.PAYABLE if partner.is_supplier and not partner.is_customer else Ledger.RECEIVABLE).value,
        }
    },
)
AGEING = Report(
    "ageing",
    title=_("Ageing"),
    menu="invoicing",
    icon="report-analytics",
    order=50,
    permission=Invoicing.REPORT,
    parameters=[LEDGER, END],
    read=_read_ageing,
)
