"""The multi-column ledger (多栏账): lines of an account, with a column for each account below or dimension value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from typing_extensions import override

from hanse import BusinessError, Context, NotFound, _, link_id
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO, Asked, Pair, by_month
from hanse_finance.lines import Line, Slice
from hanse_finance.models import Account, Dimension, DimensionSetValue, DimensionValue, Side
from hanse_finance.permissions import Finance
from hanse_finance.screens.books.choosing import UNPOSTED, ZERO_ROWS, chosen_account, note_of
from hanse_finance.screens.books.running import Book, Calendar, Section, Vector, add, read_book
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

#: More columns than this say less than the ledgers of the accounts themselves.
MOST_COLUMNS = 40
_MONEY = Kind.MONEY


@dataclass(frozen=True)
class Columns:
    """What the columns are, and to which of them an account or a set of dimension values belongs."""

    labels: Sequence[str]
    place: Mapping[int, int]
    by_set: bool


class MultiColumn(Book):
    """A vector is debit and credit, then the net of each column; the net is positive on the account's usual side."""

    shown: Columns
    sign: int = 1

    @override
    def columns(self) -> list[ReportColumn]:
        group = _("Debit side") if self.sign > 0 else _("Credit side")
        return [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
            ReportColumn("summary", _("Summary"), small="title"),
            ReportColumn("debit", _("Debit"), _MONEY, small="sub"),
            ReportColumn("credit", _("Credit"), _MONEY, small="sub"),
            ReportColumn("side", _("Side"), small="end"),
            ReportColumn("balance", _("Balance"), _MONEY, small="end"),
            *(ReportColumn(f"column{at}", label, _MONEY, group) for at, label in enumerate(self.shown.labels)),
        ]

    @override
    def movement(self, line: Line) -> Vector:
        return (*line.base_pair, *self._spread(line))

    def _spread(self, line: Line) -> list[Any]:
        columns = [ZERO] * len(self.shown.labels)
        key = line.details if self.shown.by_set else line.account
        place = self.shown.place.get(key) if key is not None else None
        if place is not None:
            columns[place] = line.base * self.sign
        return columns

    @override
    def cells(self, section: Section, line: Line, so_far: Vector) -> list[Any]:
        amount = line.base_pair
        sides = (amount[0], None) if line.debit is not None else (None, amount[1])
        balance = side_and_amount(so_far[0] - so_far[1])
        return [line.day, line.title, line.summary, *sides, *balance, *(one or None for one in self._spread(line))]

    @override
    def total(self, section: Section, label: Label, moved: Vector | None, so_far: Vector) -> list[Any]:
        sides: Sequence[Any] = (None, None) if moved is None else moved[:2]
        columns = so_far[2:] if moved is None else moved[2:]
        balance = side_and_amount(so_far[0] - so_far[1])
        return [None, None, label, *sides, *balance, *(one or None for one in columns)]


def _dimensions(ctx: Context) -> Sequence[tuple[str, Label]]:
    query = select(Dimension.id, Dimension.name).where(Dimension.company_id == ctx.company.id).order_by(Dimension.code)
    below: tuple[str, Label] = ("", _("accounts below"))
    return [below, *((str(key), name) for key, name in ctx.session.execute(query))]


def _read(ctx: Context, given: Given) -> Reading:
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    account = chosen_account(ctx, given)
    if account is None:
        raise NotFound(_("This account is not there, or not for you."))
    node, family, unposted = chart.nodes[account], chart.family(account), given.flag("unposted")
    asked = Asked(span, accounts=family, unposted=unposted)
    by_account = by_month(ctx, asked)
    if given.record("by") is None:
        figures, columns = by_account, _below(chart, account, by_account)
    else:
        figures = by_month(ctx, asked, sets=True)
        columns = _values(ctx, given.record("by") or 0, figures)
    if len(columns.labels) > MOST_COLUMNS:
        raise BusinessError(
            _(
                "This would have %(count)s columns; at most %(most)s can be shown.",
                count=len(columns.labels),
                most=MOST_COLUMNS,
            )
        )
    sign = 1 if node.side is Side.DEBIT else -1
    months = _months(by_account, figures, columns, sign)
    lines = Slice(span.start, span.end, accounts=family, unposted=unposted)
    section = Section(str(account), node.title, lines, months, 2 + len(columns.labels))
    book = MultiColumn(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    book.shown, book.sign = columns, sign
    return read_book(book, [section], given, note_of(span, unposted=unposted))


def _below(chart: Chart, account: int, moved: Mapping[int, object]) -> Columns:
    """Make a column for each account right below that has figures; the accounts further below belong to it."""
    labels: list[str] = []
    place: dict[int, int] = {}
    for child in chart.children(account) or [chart.nodes[account]]:
        family = chart.family(child.id)
        if any(one in moved for one in family):
            place |= dict.fromkeys(family, len(labels))
            labels.append(child.name)
    return Columns(labels, place, by_set=False)


def _values(ctx: Context, dimension: int, moved: Mapping[int, object]) -> Columns:
    """Make a column for each value of a dimension that has figures."""
    query = (
        select(link_id(DimensionSetValue.set), DimensionValue.code, DimensionValue.name)
        .join(DimensionValue, DimensionValue.id == link_id(DimensionSetValue.value))
        .where(
            DimensionSetValue.company_id == ctx.company.id,
            link_id(DimensionSetValue.dimension) == dimension,
            link_id(DimensionSetValue.set).in_(list(moved)),
        )
        .order_by(DimensionValue.code)
    )
    labels: dict[str, str] = {}
    codes: dict[int, str] = {}
    for key, code, name in ctx.session.execute(query):
        labels[code], codes[key] = name, code
    order = {code: at for at, code in enumerate(labels)}
    return Columns(list(labels.values()), {key: order[code] for key, code in codes.items()}, by_set=True)


def _months(
    accounts: Mapping[int, Mapping[int, Pair]], figures: Mapping[int, Mapping[int, Pair]], columns: Columns, sign: int
) -> dict[int, Vector]:
    """Add up movements by period: both sides of all accounts, and the net of each column."""
    width = 2 + len(columns.labels)
    found: dict[int, Vector] = {}
    for months in accounts.values():
        for number, (debit, credit) in months.items():
            own = (debit, credit, *[ZERO] * len(columns.labels))
            found[number] = add(found.get(number, (ZERO,) * width), own)
    for key, months in figures.items():
        if key not in columns.place:
            continue
        for number, (debit, credit) in months.items():
            net = [ZERO] * width
            net[2 + columns.place[key]] = (debit - credit) * sign
            found[number] = add(found.get(number, (ZERO,) * width), net)
    return found


MULTI_COLUMN = Report(
    "multi-column-ledger",
    title=_("Multi-column ledger"),
    menu="books",
    icon="columns-3",
    order=32,
    permission=Finance.REPORT,
    parameters=[
        Parameter("account", _("Account"), target=Account, required=True),
        Parameter("by", _("Columns are"), choices=_dimensions),
        *PARAMETERS,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read,
)
