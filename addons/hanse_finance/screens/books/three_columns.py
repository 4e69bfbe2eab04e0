"""Books with debit, credit and balance (三栏式): the account ledger and the cash and bank journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from sqlalchemy import text
from typing_extensions import override

from hanse import BusinessError, Context, _
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn
from hanse_finance.chart import Chart, Node
from hanse_finance.figures import ZERO, Asked, Pair, by_month
from hanse_finance.lines import Line, Slice, Spot, uses
from hanse_finance.models import Account
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books.choosing import (
    FROM_ACCOUNT,
    TO_ACCOUNT,
    UNPOSTED,
    ZERO_ROWS,
    chosen_account,
    chosen_range,
    note_of,
)
from hanse_finance.screens.books.running import Book, Calendar, Section, Vector, add, read_book, sums_before
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

_MONEY = Kind.MONEY


class ThreeColumns(Book):
    """Debit, credit, side and balance; columns that no account of the book needs are left out."""

    #: which of the columns between summary and amounts there are
    account: bool = False
    details: bool = False
    original: bool = False
    counter: ClassVar[bool] = False

    @override
    def columns(self) -> list[ReportColumn]:
        columns = self.leading()
        columns += [ReportColumn("account", _("Account"))] if self.account else []
        columns += [ReportColumn("counter", _("Counter accounts"))] if self.counter else []
        columns += [ReportColumn("details", _("Dimensions"))] if self.details else []
        columns += [ReportColumn("original", _("Original amount"))] if self.original else []
        return [
            *columns,
            ReportColumn("debit", _("Debit"), _MONEY, small="sub"),
            ReportColumn("credit", _("Credit"), _MONEY, small="sub"),
            ReportColumn("side", _("Side"), small="end"),
            ReportColumn("balance", _("Balance"), _MONEY, small="end"),
        ]

    @override
    def movement(self, line: Line) -> Vector:
        return line.base_pair

    @override
    def before(self, section: Section, number: int, spot: Spot) -> Vector:
        return sums_before(self, section, number, spot)

    @override
    def cells(self, section: Section, line: Line, so_far: Vector) -> list[Any]:
        amount = line.base_pair
        sides = (amount[0], None) if line.debit is not None else (None, amount[1])
        first = [line.day, line.title, line.summary, *self._between(section, line)]
        return [*first, *sides, *side_and_amount(so_far[0] - so_far[1])]

    @override
    def total(self, section: Section, label: Label, moved: Vector | None, so_far: Vector) -> list[Any]:
        sides = (None, None) if moved is None else moved
        return [None, None, label, *self._between(section, None), *sides, *side_and_amount(so_far[0] - so_far[1])]

    def counters(self, line: Line) -> str:
        """Name the accounts on the other side of a line."""
        raise NotImplementedError

    def _between(self, section: Section, line: Line | None) -> list[Label | None]:
        values: list[Label | None] = [section.label] if self.heading else []
        values += [self.chart.nodes[line.account].title if line else None] if self.account else []
        values += [self.counters(line) if line else None] if self.counter else []
        values += [line.details_name if line else None] if self.details else []
        return values + ([line.original(self.ctx.company.currency) if line else None] if self.original else [])


def section_of(
    node: Node, family: Sequence[int], moved: Mapping[int, Mapping[int, Pair]], span: Span, *, unposted: bool
) -> Section:
    """Make the section of an account with all accounts below it."""
    months: dict[int, Vector] = {}
    for account in family:
        for number, pair in moved.get(account, {}).items():
            months[number] = add(months.get(number, (ZERO, ZERO)), pair)
    lines = Slice(span.start, span.end, accounts=family, unposted=unposted)
    return Section(str(node.id), node.title, lines, months)


def account_sections(ctx: Context, given: Given, chart: Chart, span: Span) -> list[Section]:
    """Give the sections of a ledger: one account with those below it, or the last accounts from one to another.

    Accounts of a range that have neither balance nor movement are left out, unless they are wanted.
    """
    unposted = given.flag("unposted")
    account = chosen_account(ctx, given)
    if account is not None and given.record("through") is None:
        family = chart.family(account)
        moved = by_month(ctx, Asked(span, accounts=family, unposted=unposted))
        return [section_of(chart.nodes[account], family, moved, span, unposted=unposted)]
    nodes = [node for node in chosen_range(ctx, given, chart) if node.leaf]
    moved = by_month(ctx, Asked(span, accounts=[node.id for node in nodes], unposted=unposted))
    sections = [section_of(node, [node.id], moved, span, unposted=unposted) for node in nodes]
    return [one for one in sections if given.flag("zero") or one.has_figures(span)]


def _read(ctx: Context, given: Given) -> Reading:
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    sections = account_sections(ctx, given, chart, span)
    book = ThreeColumns(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    _fit(book, sections)
    return read_book(book, sections, given, note_of(span, unposted=given.flag("unposted")))


def _fit(book: ThreeColumns, sections: Sequence[Section]) -> None:
    accounts = sorted({account for one in sections for account in one.lines.accounts or ()})
    book.heading = len(sections) > 1
    book.account = len(sections) == 1 and len(accounts) > 1
    book.details, book.original = uses(book.ctx, accounts)


ACCOUNT_LEDGER = Report(
    "account-ledger",
    title=_("Account ledger"),
    menu="books",
    icon="book",
    order=31,
    shortcut="l",
    permission=Finance.REPORT,
    parameters=[FROM_ACCOUNT, TO_ACCOUNT, *PARAMETERS, UNPOSTED, ZERO_ROWS],
    read=_read,
    about={Account: lambda account: {"account": str(account.id)}},
)


# --- cash and bank ----------------------------------------------------------------------------------------------------

_COUNTERS = text(
    """
    SELECT l.voucher_id, l.account_id, l.debit IS NOT NULL
    FROM finance_voucher_line l WHERE l.company_id = :company AND l.voucher_id = ANY(:vouchers)
    ORDER BY l.voucher_id, l.number
    """
)


class Journal(ThreeColumns):
    """A cash or bank account day by day, with the accounts on the other side and the sums of each day."""

    daily = True
    counter = True

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._vouchers: dict[int, list[tuple[int, bool]]] = {}

    @override
    def prepare(self, lines: Sequence[Line]) -> None:
        self._vouchers = {}
        wanted = sorted({line.voucher for line in lines})
        params = {"company": self.ctx.company.id, "vouchers": wanted}
        for voucher, account, debit in self.ctx.session.execute(_COUNTERS, params):
            self._vouchers.setdefault(voucher, []).append((account, debit))

    @override
    def counters(self, line: Line) -> str:
        others = [(account, debit) for account, debit in self._vouchers[line.voucher] if account != line.account]
        across = [account for account, debit in others if debit != (line.debit is not None)]
        names = dict.fromkeys(across or [account for account, _debit in others])
        return ", ".join(self.chart.nodes[account].title for account in names)


def _cash_accounts(ctx: Context) -> list[tuple[str, Label]]:
    chart = Chart.read(ctx)
    cash = {one.id for node in chart.nodes.values() if node.cash for one in chart.path(node.id)}
    return [(str(node.id), node.title) for node in chart.sorted(cash)]


def _first_cash(ctx: Context) -> str:
    return next((key for key, _title in _cash_accounts(ctx)), "")


def _read_journal(ctx: Context, given: Given) -> Reading:
    if not given.text("account"):
        raise BusinessError(_("No account is marked as cash or bank. Mark them in the chart of accounts first."))
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    sections = account_sections(ctx, given, chart, span)
    book = Journal(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    _fit(book, sections)
    book.details = False
    return read_book(book, sections, given, note_of(span, unposted=given.flag("unposted")))


JOURNAL = Report(
    "journal",
    title=_("Cash and bank journal"),
    menu="books",
    icon="wallet",
    order=34,
    permission=Finance.REPORT,
    parameters=[
        Parameter("account", _("Account"), choices=_cash_accounts, default=_first_cash),
        *PARAMETERS,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read_journal,
)

__all__ = ["ACCOUNT_LEDGER", "JOURNAL", "Journal", "ThreeColumns", "account_sections", "section_of"]
