"""The account summary (科目汇总表): debit and credit of each account, of some days or of vouchers by their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import TextClause, text

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO, Figures
from hanse_finance.permissions import Finance
from hanse_finance.reports import span_of
from hanse_finance.screens.books.choosing import FROM_LEVEL, TO_LEVEL, UNPOSTED, in_levels
from hanse_finance.screens.books.chronological import WORD
from hanse_finance.screens.books.three_columns import ACCOUNT_LEDGER
from hanse_finance.screens.spans import latest, period_on

_MONTH = 31
_SIDES = """
    coalesce(sum(l.base) FILTER (WHERE l.debit IS NOT NULL), 0),
    coalesce(-sum(l.base) FILTER (WHERE l.credit IS NOT NULL), 0)
"""
#: Whole periods inside the days, out of the balances.
_PERIODS = text(
    """
    SELECT b.account_id, sum(b.base_debit), sum(b.base_credit)
    FROM finance_period p
    JOIN finance_balance b ON b.company_id = p.company_id AND b.year_id = p.year_id AND b.number = p.number
    WHERE p.company_id = :company AND p.number > 0 AND p.start >= :start AND p."end" <= :end
    GROUP BY 1
    """
)
_INSIDE = text(
    'SELECT min(start), max("end") FROM finance_period '
    'WHERE company_id = :company AND number > 0 AND start >= :start AND "end" <= :end'
)
#: The days before and after them, account by account through the index, posted or not.
_DAYS = text(
    f"""
    SELECT a.id, s.debit, s.credit
    FROM finance_account a CROSS JOIN LATERAL (
        SELECT {_SIDES} FROM finance_voucher_line l
        WHERE l.company_id = :company AND l.account_id = a.id AND l.day BETWEEN :start AND :end
    ) s(debit, credit)
    WHERE a.company_id = :company
    """  # noqa: S608  made of constants alone
)
#: Vouchers by number, and what is not posted, voucher by voucher.
_VOUCHERS = """
    SELECT l.account_id, {sides}
    FROM finance_voucher v JOIN finance_voucher_line l ON l.company_id = v.company_id AND l.voucher_id = v.id
    WHERE v.company_id = :company AND v.day BETWEEN :start AND :end AND {chosen}
    GROUP BY 1
"""
_COUNT = """
    SELECT count(*), coalesce(sum(v.attachments), 0) FROM finance_voucher v
    WHERE v.company_id = :company AND v.day BETWEEN :start AND :end AND {chosen}
"""


@dataclass(frozen=True)
class _Chosen:
    """Days, and vouchers among those of these days."""

    start: date
    end: date
    unposted: bool
    word: int | None
    first: int | None
    last: int | None

    @property
    def by_voucher(self) -> bool:
        """Whether not all vouchers of the days are wanted."""
        return (self.word, self.first, self.last) != (None, None, None)

    def params(self, ctx: Context) -> dict[str, Any]:
        """Give the values that are bound."""
        found: dict[str, Any] = {"company": ctx.company.id, "start": self.start, "end": self.end}
        names = (("word", self.word), ("first", self.first), ("last", self.last))
        return found | {name: value for name, value in names if value is not None}

    def vouchers(self) -> str:
        """Give the SQL of the conditions on vouchers."""
        number = "coalesce(v.number, v.provisional)"
        conditions = ["v.state <> 'void'" if self.unposted else "v.state = 'posted'"]
        conditions += ["v.word_id = :word"] if self.word is not None else []
        conditions += [f"{number} >= :first"] if self.first is not None else []
        conditions += [f"{number} <= :last"] if self.last is not None else []
        return " AND ".join(conditions)


def summed(ctx: Context, chosen: _Chosen) -> dict[int, Figures]:
    """Add up debit and credit by account: whole periods out of the balances, other days and vouchers from lines."""
    found: dict[int, Figures] = {}
    params = chosen.params(ctx)

    def take(statement: TextClause, **bound: date) -> None:
        for account, debit, credit in ctx.session.execute(statement, params | bound):
            found.setdefault(account, Figures()).add(Figures(debit=debit, credit=credit))

    def days(start: date, end: date) -> None:
        """Add the lines of some days that are posted: all of them less the few that are not."""
        take(_DAYS, start=start, end=end)
        less = text(_VOUCHERS.format(sides=_SIDES, chosen="v.state <> 'posted'"))
        for account, debit, credit in ctx.session.execute(less, params | {"start": start, "end": end}):
            found.setdefault(account, Figures()).add(Figures(debit=-debit, credit=-credit))

    if chosen.by_voucher:
        take(text(_VOUCHERS.format(sides=_SIDES, chosen=chosen.vouchers())))
        return found
    if chosen.unposted:
        only = "v.state <> 'posted' AND v.state <> 'void'"
        take(text(_VOUCHERS.format(sides=_SIDES, chosen=only)))
    first, last = ctx.session.execute(_INSIDE, params).one()
    if first is None:
        days(chosen.start, chosen.end)
        return found
    take(_PERIODS)
    if chosen.start < first:
        days(chosen.start, first - timedelta(days=1))
    if chosen.end > last:
        days(last + timedelta(days=1), chosen.end)
    return found


def _read(ctx: Context, given: Given) -> Reading:
    start, end = given.day("from"), given.day("until")
    if start is None or end is None or start > end:
        raise BusinessError(_("Choose the first and the last day."), field="from")
    chosen = _Chosen(
        start, end, given.flag("unposted"), given.record("word"), given.number("first"), given.number("last")
    )
    chart = Chart.read(ctx)
    own = {key: one for key, one in summed(ctx, chosen).items() if one.moved}
    rows = _rows(chart, own, given, period_on(ctx, start).code, period_on(ctx, end).code)
    debit = sum((one.debit for one in own.values()), ZERO)
    credit = sum((one.credit for one in own.values()), ZERO)
    return Reading(_COLUMNS, rows, totals=[None, _("Total"), debit, credit], note=_counted(ctx, chosen))


def _counted(ctx: Context, chosen: _Chosen) -> Label:
    """Say how many vouchers these are, with how many documents; not for more than a month, where it would take long."""
    if (chosen.end - chosen.start).days > _MONTH:
        return ""
    statement = text(_COUNT.format(chosen=chosen.vouchers()))
    count, attachments = ctx.session.execute(statement, chosen.params(ctx)).one()
    return _("%(count)s vouchers, %(attachments)s attached documents", count=count, attachments=attachments)


def _rows(chart: Chart, own: Mapping[int, Figures], given: Given, first: str, last: str) -> list[ReportRow]:
    sums: dict[int, Figures] = {}
    for account, figures in own.items():
        for node in chart.path(account):
            sums.setdefault(node.id, Figures()).add(figures)
    nodes = in_levels(chart.sorted(sums), given)
    span = {"period": first, "to": None if first == last else last, "unposted": given.text("unposted") or None}
    return [
        ReportRow(
            [
                node.code,
                "\N{EM SPACE}" * (node.level - 1) + node.name,
                sums[node.id].debit or None,
                sums[node.id].credit or None,
            ],
            ACCOUNT_LEDGER.to(account=node.id, **span),
        )
        for node in nodes
    ]


_COLUMNS = [
    ReportColumn("code", _("Code"), small="lead"),
    ReportColumn("name", _("Account"), small="title"),
    ReportColumn("debit", _("Debit"), Kind.MONEY, small="sub"),
    ReportColumn("credit", _("Credit"), Kind.MONEY, small="sub"),
]


def _first_day(ctx: Context) -> str:
    code = latest(ctx)
    return span_of(ctx, code).start.isoformat() if code else ""


def _last_day(ctx: Context) -> str:
    code = latest(ctx)
    return span_of(ctx, code).end.isoformat() if code else ""


ACCOUNT_SUMMARY = Report(
    "account-summary",
    title=_("Account summary"),
    menu="books",
    icon="clipboard-list",
    order=39,
    permission=Finance.REPORT,
    parameters=[
        Parameter("from", _("From"), kind=Kind.DAY, default=_first_day),
        Parameter("until", _("to"), kind=Kind.DAY, default=_last_day),
        WORD,
        Parameter("first", _("Number from"), kind=Kind.NUMBER),
        Parameter("last", _("to"), kind=Kind.NUMBER),
        FROM_LEVEL,
        TO_LEVEL,
        UNPOSTED,
    ],
    read=_read,
)
