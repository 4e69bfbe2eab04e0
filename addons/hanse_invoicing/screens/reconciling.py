"""Open items beside the accounts they stand on, and the entries that make a difference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from hanse import Context, Given, Parameter, Reading, Report, ReportColumn, ReportRow, _
from hanse.models import Kind
from hanse_finance.models import Account
from hanse_invoicing.checks import Compared, Strange, compared, strange
from hanse_invoicing.permissions import Invoicing
from hanse_invoicing.screens.standing import END, chosen_end

ZERO = Decimal(0)


def _read(ctx: Context, given: Given) -> Reading:
    end = chosen_end(ctx, given)
    found = compared(ctx, end, given.record("account"))
    money = Kind.MONEY
    return Reading(
        [
            ReportColumn("account", _("Account"), small="sub"),
            ReportColumn("partner", _("Partner"), small="title"),
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
            ReportColumn("summary", _("Summary"), small="sub"),
            ReportColumn("currency", _("Currency"), small="lead"),
            ReportColumn("owed", _("Open items"), money, small="sub"),
            ReportColumn("booked", _("Vouchers"), money, small="sub"),
            ReportColumn("difference", _("Difference"), money, small="end"),
        ],
        list(_rows(found, strange(ctx, end, found))),
        note=_(
            "At %(day)s, debit positive. Below each difference stand the entries that no document made: take them over "
            "under Open items, or correct them by another voucher.",
            day=end,
        )
        if found
        else _("At %(day)s open items are what stands on the accounts.", day=end),
    )


def _rows(found: Sequence[Compared], entries: Sequence[Strange]) -> Iterator[ReportRow]:
    """Give each difference with the entries that make it, and what they do not explain."""
    for one in found:
        head = [one.title, one.partner, None, None, None, one.currency]
        yield ReportRow([*head, one.owed, one.booked, one.booked - one.owed], strong=True)
        left = one.booked - one.owed
        for entry in entries:
            if entry.key == one.key:
                left -= entry.amount
                told = [None, None, entry.day, entry.number, entry.summary, one.currency]
                to: tuple[str, dict[str, str]] = (f"/finance/voucher/{entry.voucher}", {})
                yield ReportRow([*told, None, None, entry.amount], to)
        if left:
            said = _("Not explained by entries")
            yield ReportRow([None, None, None, None, said, one.currency, None, None, left])


RECONCILIATION = Report(
    "reconciliation",
    title=_("Open items and accounts"),
    menu="invoicing",
    icon="checks",
    order=65,
    permission=Invoicing.REPORT,
    parameters=[END, Parameter("account", _("Account"), target=Account)],
    read=_read,
)

__all__ = ["RECONCILIATION"]
