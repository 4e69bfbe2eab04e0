"""Ageing of receivables and payables (往来账龄): how old is what customers and suppliers owe, or are owed.

Until payments are matched with what they pay, the oldest amounts are taken as paid first (FIFO).  So what is open are
the newest amounts up to the balance, and whatever the lines of the buckets do not explain is older than all of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO
from hanse_finance.models import DimensionSource, LedgerSettings
from hanse_finance.permissions import Finance
from hanse_finance.screens.books.choosing import FROM_ACCOUNT, TO_ACCOUNT, UNPOSTED, ZERO_ROWS, chosen_range
from hanse_finance.screens.books.dimensions import DIMENSION_LEDGER, Value, dimensions, no_dimension, values_of
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import period_on

_SOURCES = (DimensionSource.CUSTOMERS, DimensionSource.SUPPLIERS)
#: Which accounts have dimensions at all.
_ANALYSED = text(
    """
    SELECT account_id FROM finance_account_dimension WHERE company_id = :company AND account_id = ANY(:accounts)
    UNION
    SELECT account_id FROM finance_dimension_balance
    WHERE company_id = :company AND year_id = :year AND account_id = ANY(:accounts)
    """
)
#: What stands before the period of the day: what the year opened with, and whole periods.
_BALANCES = text(
    """
    SELECT b.account_id, b.details_id, sum(b.base_debit - b.base_credit)
    FROM finance_dimension_balance b
    WHERE b.company_id = :company AND b.year_id = :year AND b.number < :number AND b.account_id = ANY(:accounts)
        AND b.details_id = ANY(:sets)
    GROUP BY 1, 2
    """
)
#: Lines of some days: what raises a debt and what lowers it.
_MOVED = """
    SELECT l.account_id, l.details_id,
        coalesce(sum(l.base) FILTER (WHERE l.base > 0), 0), coalesce(-sum(l.base) FILTER (WHERE l.base < 0), 0)
    FROM {tables}
    WHERE l.company_id = :company AND l.account_id = ANY(:accounts) AND l.details_id = ANY(:sets)
        AND l.day BETWEEN :start AND :end{conditions}
    GROUP BY 1, 2
"""
#: All lines, posted or not, and those that do not count, which are few: so no voucher of the others is asked.
_ALL = text(_MOVED.format(tables="finance_voucher_line l", conditions=""))
_HIDDEN = text(
    _MOVED.format(
        tables="finance_voucher v JOIN finance_voucher_line l ON l.company_id = v.company_id AND l.voucher_id = v.id",
        conditions=" AND v.company_id = :company AND v.day BETWEEN :start AND :end AND v.state <> 'posted' "
        "AND (v.state = 'void' OR NOT :unposted)",
    )
)
_UNPOSTED_BEFORE = text(
    """
    SELECT l.account_id, l.details_id, sum(l.base)
    FROM finance_voucher v JOIN finance_voucher_line l ON l.company_id = v.company_id AND l.voucher_id = v.id
    WHERE v.company_id = :company AND v.state <> 'posted' AND v.state <> 'void' AND v.day < :start
        AND l.details_id = ANY(:sets) AND l.account_id = ANY(:accounts)
    GROUP BY 1, 2
    """
)


@dataclass(slots=True)
class Debt:
    """What somebody owes on an account; negative: is owed.

    :ivar raised: amounts by bucket that raise it, the newest first
    :ivar lowered: amounts by bucket that lower it
    """

    balance: Decimal
    raised: list[Decimal]
    lowered: list[Decimal]

    @property
    def amounts(self) -> list[Decimal]:
        """The amounts that it is made of."""
        return self.raised if self.balance > 0 else self.lowered

    def aged(self) -> list[Decimal]:
        """Give what is open by bucket, the newest first; what is older than all of them is the last."""
        left = abs(self.balance)
        found: list[Decimal] = []
        for amount in self.amounts:
            found.append(min(left, amount))
            left -= found[-1]
        found.append(left)
        return found if self.balance > 0 else [-one for one in found]


def edges_of(ctx: Context) -> list[int]:
    """Give the days after which an amount comes into the next column, rising.

    :raises BusinessError: the setting does not rise
    """
    edges = [int(one) for one in ctx.settings(LedgerSettings).ageing_days.split("/")]
    if edges != sorted(set(edges)):
        raise BusinessError(_("The days of the ageing must rise, such as 30/60/90: see Settings, Ledgers."))
    return edges


def debts(
    ctx: Context,
    accounts: Sequence[int],
    of_set: Mapping[int, int],
    day: date,
    edges: Sequence[int],
    *,
    unposted: bool,
) -> dict[tuple[int, int], Debt]:
    """Give what is owed on a day by value of a dimension and account, with what raised and lowered it by age.

    Lines are read age by age, and only for those whose balance the newer ones do not explain yet.

    :param accounts: ids
    :param of_set: the value by the id of a set of dimension values
    :param edges: days, rising: bucket 0 is up to the first, bucket 1 up to the second …
    :raises BusinessError: the day is in no period
    """
    period = period_on(ctx, day)
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "year": period.year,
        "number": period.number,
        "start": period.start,
        "end": day,
        "accounts": list(accounts),
        "sets": list(of_set),
        "unposted": unposted,
    }
    params["accounts"] = list(ctx.session.scalars(_ANALYSED, params))
    found: dict[tuple[int, int], Debt] = {}

    def of(account: int, details: int) -> Debt:
        return found.setdefault((of_set[details], account), Debt(ZERO, [ZERO] * len(edges), [ZERO] * len(edges)))

    for statement in (_BALANCES, *([_UNPOSTED_BEFORE] if unposted else [])):
        for account, details, balance in ctx.session.execute(statement, params):
            of(account, details).balance += balance
    for account, details, raised, lowered in _moved(ctx, params):
        of(account, details).balance += raised - lowered
    newest = 0
    for bucket, edge in enumerate(edges):
        still = {key[0] for key, one in found.items() if sum(one.amounts, ZERO) < abs(one.balance)}
        sets = [details for details, value in of_set.items() if value in still]
        days = {"start": day - timedelta(days=edge), "end": day - timedelta(days=newest), "sets": sets}
        newest = edge + 1
        for account, details, raised, lowered in _moved(ctx, params | days) if sets else ():
            own = of(account, details)
            own.raised[bucket] += raised
            own.lowered[bucket] += lowered
    return found


def _moved(ctx: Context, params: Mapping[str, Any]) -> Iterator[tuple[int, int, Decimal, Decimal]]:
    """Give what lines of some days raise and lower by account and set: all lines, and less those that do not count."""
    for account, details, raised, lowered in ctx.session.execute(_ALL, params):
        yield account, details, raised, lowered
    for account, details, raised, lowered in ctx.session.execute(_HIDDEN, params):
        yield account, details, -raised, -lowered


def _read(ctx: Context, given: Given) -> Reading:
    dimension = given.record("dimension")
    if dimension is None:
        raise no_dimension()
    day = given.day("day") or ctx.today
    chart, edges = Chart.read(ctx), edges_of(ctx)
    values = values_of(ctx, dimension)
    accounts = [node.id for node in chosen_range(ctx, given, chart)]
    of_set = {key: value.id for value in values.values() for key in value.sets}
    by_value = debts(ctx, accounts, of_set, day, edges, unposted=given.flag("unposted"))
    shown = {key: own for key, own in by_value.items() if own.balance or given.flag("zero")}
    order = {node.id: place for place, node in enumerate(chart.sorted(chart.nodes))}
    rank = {value: place for place, value in enumerate(values)}
    ordered = sorted(shown, key=lambda key: (rank[key[0]], order[key[1]]))
    code = period_on(ctx, day).code
    rows = [_row(values[value], chart, account, shown[value, account], code) for value, account in ordered]
    total = [sum(column, ZERO) for column in zip(*(shown[key].aged() for key in ordered), strict=True)]
    sums = [None, _("Total"), None, *side_and_amount(sum(total, ZERO)), *(one or None for one in total)]
    return Reading(_columns(edges), rows, totals=sums, note=_("as of %(day)s", day=day))


def _row(value: Value, chart: Chart, account: int, own: Debt, period: str) -> ReportRow:
    to = DIMENSION_LEDGER.to(value=value.id, account=account, period=period)
    amounts = [one or None for one in own.aged()]
    return ReportRow([value.code, value.name, chart.nodes[account].title, *side_and_amount(own.balance), *amounts], to)


def _columns(edges: Sequence[int]) -> list[ReportColumn]:
    return [
        ReportColumn("code", _("Code"), small="lead"),
        ReportColumn("value", _("Customer or supplier"), small="title"),
        ReportColumn("account", _("Account"), small="sub"),
        ReportColumn("side", _("Side"), small="end"),
        ReportColumn("balance", _("Balance"), Kind.MONEY, small="end"),
        *(
            ReportColumn(f"age{at}", label, Kind.MONEY, _("Days old"), small="sub")
            for at, label in enumerate(_ages(edges))
        ),
    ]


def _ages(edges: Sequence[int]) -> Iterator[Label]:
    start = 0
    for edge in edges:
        yield f"{start}–{edge}"
        start = edge + 1
    yield _("over %(days)s", days=edges[-1])


def _offered(ctx: Context) -> Sequence[tuple[str, Label]]:
    return dimensions(ctx, *_SOURCES) or dimensions(ctx)


AGEING = Report(
    "ageing",
    title=_("Ageing of receivables and payables"),
    menu="books",
    icon="clock",
    order=38,
    permission=Finance.REPORT,
    parameters=[
        Parameter(
            "dimension",
            _("Dimension"),
            choices=_offered,
            default=lambda ctx: next((key for key, _name in _offered(ctx)), ""),
        ),
        Parameter("day", _("As of"), kind=Kind.DAY, default=lambda ctx: ctx.today.isoformat()),
        FROM_ACCOUNT,
        TO_ACCOUNT,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read,
)
