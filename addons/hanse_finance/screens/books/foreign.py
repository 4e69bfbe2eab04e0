"""The foreign-currency ledger (外币明细账): amounts as they were written, the rate, and balances in both currencies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text
from typing_extensions import override

from hanse import BusinessError, Context, _
from hanse.directory.models import Currency
from hanse.i18n import Label
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn
from hanse_finance.chart import Chart
from hanse_finance.figures import ZERO, Asked, by_month
from hanse_finance.lines import Line, Slice
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.books.choosing import (
    FROM_ACCOUNT,
    TO_ACCOUNT,
    UNPOSTED,
    ZERO_ROWS,
    chosen_range,
    note_of,
)
from hanse_finance.screens.books.running import Book, Calendar, Section, Vector, add, read_book
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

_MONEY = Kind.MONEY
_USED = text(
    """
    SELECT c.code FROM core_currency c WHERE c.id <> :own AND (
        EXISTS (SELECT FROM finance_account a WHERE a.company_id = :company AND a.currency_id = c.id)
        OR c.id IN (SELECT b.currency_id FROM finance_balance b WHERE b.company_id = :company)
        OR EXISTS (SELECT FROM finance_voucher_line l WHERE l.company_id = :company AND l.foreign_currency_id = c.id)
    ) ORDER BY c.code
    """
)
#: What lines say that were written in the company's currency with an amount in another: no balance is kept of it.
_FOREIGN = text(
    """
    SELECT l.account_id, CASE WHEN p.year_id = :year THEN p.number ELSE 0 END,
        coalesce(sum(l.foreign_amount) FILTER (WHERE l.debit IS NOT NULL), 0),
        coalesce(sum(l.base) FILTER (WHERE l.debit IS NOT NULL), 0),
        coalesce(-sum(l.foreign_amount) FILTER (WHERE l.credit IS NOT NULL), 0),
        coalesce(-sum(l.base) FILTER (WHERE l.credit IS NOT NULL), 0)
    FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id
    JOIN finance_period p ON p.id = v.period_id
    WHERE l.company_id = :company AND l.account_id = ANY(:accounts) AND l.foreign_currency_id = :currency
        AND l.currency_id <> :currency AND l.day <= :end
        AND (v.state = 'posted' OR (:unposted AND v.state <> 'void'))
    GROUP BY 1, 2
    """
)


def _currencies(ctx: Context) -> Sequence[tuple[str, Label]]:
    codes = ctx.session.scalars(_USED, {"company": ctx.company.id, "own": ctx.company.currency_id})
    return [(code, code) for code in codes]


def _first_currency(ctx: Context) -> str:
    return next((code for code, _label in _currencies(ctx)), "")


class ForeignLedger(Book):
    """A vector is debit and credit in the other currency, then in the company's."""

    currency: str = ""

    @override
    def columns(self) -> list[ReportColumn]:
        own, other = self.ctx.company.currency, self.currency
        groups = (("debit", _("Debit")), ("credit", _("Credit")))
        columns = self.leading()
        columns += [ReportColumn("rate", _("Rate"), Kind.RATE)]
        for name, group in groups:
            columns.append(ReportColumn(f"{name}_foreign", other, _MONEY, group, small="sub"))
            columns.append(ReportColumn(name, own, _MONEY, group))
        balance = _("Balance")
        return [
            *columns,
            ReportColumn("side", _("Side"), group=balance, small="end"),
            ReportColumn("balance_foreign", other, _MONEY, balance, small="end"),
            ReportColumn("balance", own, _MONEY, balance, small="end"),
        ]

    @override
    def movement(self, line: Line) -> Vector:
        base, amount = line.base_pair, self._amount(line)
        return (amount, base[0], ZERO, ZERO) if line.debit is not None else (ZERO, ZERO, amount, base[1])

    def _amount(self, line: Line) -> Decimal:
        """Give the amount in the other currency on its side; negative where it is red."""
        if line.currency == self.currency:
            return (line.debit if line.debit is not None else line.credit) or ZERO
        if line.foreign == self.currency and line.foreign_amount is not None:
            return line.foreign_amount if line.debit is not None else -line.foreign_amount
        return ZERO

    @override
    def cells(self, section: Section, line: Line, so_far: Vector) -> list[Any]:
        moved: list[Decimal | None] = list(self.movement(line))
        moved[2:] = (None, None) if line.debit is not None else moved[2:]
        moved[:2] = (None, None) if line.debit is None else moved[:2]
        amount = self._amount(line)
        rate = line.foreign_rate if line.foreign_rate is not None else _implied(line.base, amount)
        heading = [section.label] if self.heading else []
        return [line.day, line.title, line.summary, *heading, rate, *moved, *self._balance(so_far)]

    @override
    def total(self, section: Section, label: Label, moved: Vector | None, so_far: Vector) -> list[Any]:
        heading = [section.label] if self.heading else []
        sides: Sequence[Any] = [None] * 4 if moved is None else moved
        return [None, None, label, *heading, None, *sides, *self._balance(so_far)]

    @staticmethod
    def _balance(so_far: Vector) -> list[Any]:
        """Give the side of the other currency's balance and both amounts; its base amount may be left over alone."""
        other, base = so_far[0] - so_far[2], so_far[1] - so_far[3]
        side, amount = side_and_amount(other or base)
        if not other:
            return [side, None, abs(base) if base else None]
        return [side, amount, base if other > 0 else -base]


def _implied(base: Decimal, amount: Decimal) -> Decimal | None:
    """Work out a rate that nobody noted, to six decimals."""
    return round(abs(base / amount), 6) if amount else None


def _sections(ctx: Context, given: Given, chart: Chart, span: Span, currency: int) -> list[Section]:
    """Make a section for each account that has figures in the currency."""
    unposted = given.flag("unposted")
    nodes = {node.id: node for node in chosen_range(ctx, given, chart) if node.leaf}
    kept = [key for key, node in nodes.items() if node.currency == currency]
    vectors = _vectors(ctx, Asked(span, list(nodes), currency=currency, unposted=unposted), currency)
    for account, base in by_month(ctx, Asked(span, kept, unposted=unposted)).items():
        own = vectors.setdefault(account, {})
        for number, (debit, credit) in base.items():
            other = own.get(number, (ZERO,) * 4)
            own[number] = (other[0], debit, other[2], credit)
    lines = Slice(span.start, span.end, unposted=unposted)
    found: list[Section] = []
    for account, months in vectors.items():
        only = None if account in kept else currency
        section = Section(
            str(account), nodes[account].title, replace(lines, accounts=[account], currency=only), months, 4
        )
        if given.flag("zero") or _has_figures(section, span):
            found.append(section)
    return sorted(found, key=lambda one: nodes[int(one.key)].codes)


def _has_figures(section: Section, span: Span) -> bool:
    opening = section.until(span.first, opening=True)
    moves = any(span.first <= key <= span.last for key in section.months)
    return moves or bool(opening[0] - opening[2] or opening[1] - opening[3])


def _vectors(ctx: Context, asked: Asked, currency: int) -> dict[int, dict[int, Vector]]:
    """Add up lines in the currency by account and period: out of balances, and what lines say beside their amount."""
    found: dict[int, dict[int, Vector]] = {}
    written, base = by_month(ctx, asked, original=True), by_month(ctx, asked)
    for account, months in written.items():
        for number, (debit, credit) in months.items():
            own = base[account][number]
            found.setdefault(account, {})[number] = (debit, own[0], credit, own[1])
    params = asked.params(ctx) | {"currency": currency, "unposted": asked.unposted}
    for account, number, *vector in ctx.session.execute(_FOREIGN, params):
        mine = found.setdefault(account, {})
        mine[number] = add(mine.get(number, (ZERO,) * 4), vector)
    return found


def _read(ctx: Context, given: Given) -> Reading:
    code = given.text("currency")
    currency = ctx.session.scalar(select(Currency.id).where(Currency.code == code)) if code else None
    if currency is None:
        raise BusinessError(_("There is no line in a foreign currency, and no account is kept in one."))
    chart, span = Chart.read(ctx), chosen_span(ctx, given)
    sections = _sections(ctx, given, chart, span, currency)
    book = ForeignLedger(ctx, chart, span, Calendar.read(ctx, span), empty_months=given.flag("zero"))
    book.currency, book.heading = code, len(sections) > 1
    note = _("%(currency)s, %(period)s", currency=code, period=note_of(span, unposted=given.flag("unposted")))
    return read_book(book, sections, given, note)


FOREIGN_LEDGER = Report(
    "foreign-ledger",
    title=_("Foreign-currency ledger"),
    menu="books",
    icon="coins",
    order=33,
    permission=Finance.REPORT,
    parameters=[
        Parameter("currency", _("Currency"), choices=_currencies, default=_first_currency),
        FROM_ACCOUNT,
        TO_ACCOUNT,
        *PARAMETERS,
        UNPOSTED,
        ZERO_ROWS,
    ],
    read=_read,
)
