"""The account ledger (明细账): every posted line of an account with the running balance, and the sums of each month."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlalchemy import text

from hanse import BusinessError, Context, NotFound, _
from hanse.i18n import Label, format_money
from hanse.models import Kind
from hanse.screens import Given, Parameter, Reading, Report, ReportColumn, ReportRow
from hanse_finance.models import Account
from hanse_finance.permissions import Finance
from hanse_finance.reports import Span
from hanse_finance.screens.sides import side_and_amount
from hanse_finance.screens.spans import PARAMETERS, chosen_span

PAGE = 200
ZERO = Decimal(0)

_FAMILY = text(
    """
    WITH RECURSIVE family AS (
        SELECT id FROM finance_account WHERE company_id = :company AND id = :account
        UNION SELECT a.id FROM finance_account a JOIN family f ON a.parent_id = f.id WHERE a.company_id = :company
    )
    SELECT id FROM family
    """
)
_MONTHS = text(
    """
    SELECT p.number, p.start, coalesce(sum(b.base_debit), 0), coalesce(sum(b.base_credit), 0)
    FROM (
        SELECT number, start FROM finance_period
        WHERE company_id = :company AND year_id = :year AND number > 0
        UNION ALL SELECT 0, NULL
    ) p
    LEFT JOIN finance_balance b ON b.company_id = :company AND b.year_id = :year AND b.number = p.number
        AND b.account_id = ANY(:accounts)
    WHERE p.number <= :last
    GROUP BY p.number, p.start ORDER BY p.number
    """
)
_POSTED = """
    FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id
    WHERE l.company_id = :company AND l.account_id = ANY(:accounts) AND l.day BETWEEN :start AND :end
        AND v.state = 'posted'
    ORDER BY l.day, v.number, v.id, l.number
"""
# Both are made of constants alone; values are bound.
_BEFORE = text(f"SELECT coalesce(sum(base), 0) FROM (SELECT l.base {_POSTED} LIMIT :skip) skipped")  # noqa: S608
_LINES = text(
    f"""
    SELECT p.voucher_id, p.day, w.code, p.voucher_number, p.summary, a.code, a.name, s.name,
           c.code, c.places, f.code, f.places, p.debit, p.credit, p.foreign_amount, p.base
    FROM (
        SELECT l.*, v.number AS voucher_number, v.word_id {_POSTED} OFFSET :skip LIMIT :most
    ) p
    JOIN finance_voucher_word w ON w.id = p.word_id
    JOIN finance_account a ON a.id = p.account_id
    JOIN core_currency c ON c.id = p.currency_id
    LEFT JOIN core_currency f ON f.id = p.foreign_currency_id
    LEFT JOIN finance_dimension_set s ON s.id = p.details_id
    ORDER BY p.day, p.voucher_number, p.voucher_id, p.number
    """  # noqa: S608
)


@dataclass(frozen=True, slots=True)
class Line:
    """A posted line."""

    voucher: int
    day: date
    word: str
    number: int
    summary: str
    account: str
    account_name: str
    details: str | None
    currency: str
    places: int
    foreign: str | None
    foreign_places: int | None
    debit: Decimal | None
    credit: Decimal | None
    foreign_amount: Decimal | None
    base: Decimal

    def original(self, company_currency: str) -> str | None:
        """Say the amount in the currency it was written in, where that is not the company's."""
        if self.foreign is not None and self.foreign_amount is not None and self.foreign_places is not None:
            return format_money(self.foreign_amount, self.foreign, self.foreign_places)
        if self.currency == company_currency:
            return None
        amount = self.debit if self.debit is not None else self.credit
        return format_money(amount or ZERO, self.currency, self.places)


@dataclass
class Months:
    """Movements of the account by period number; number 0 is what the year opened with."""

    numbers: list[int]
    starts: list[date]
    sums: Mapping[int, tuple[Decimal, Decimal]]

    def opening(self, number: int) -> Decimal:
        """Give the balance at the beginning of a period."""
        return sum((debit - credit for key, (debit, credit) in self.sums.items() if key < number), ZERO)

    def year_to(self, number: int) -> tuple[Decimal, Decimal]:
        """Give debit and credit of the year up to the end of a period, the opening left out."""
        own = [pair for key, pair in self.sums.items() if 0 < key <= number]
        return sum((debit for debit, _credit in own), ZERO), sum((credit for _debit, credit in own), ZERO)

    def number_of(self, day: date) -> int:
        """Give the number of the period that a day lies in."""
        return self.numbers[max(0, bisect_right(self.starts, day) - 1)]


@dataclass
class _Reader:
    """One page of a ledger on its way."""

    ctx: Context
    span: Span
    accounts: list[int]
    months: Months
    first: int
    skip: int
    whole: bool
    next: Mapping[str, str] | None = None

    def lines(self) -> Iterator[Line]:
        params: dict[str, Any] = self._params() | {"skip": self.skip, "most": None if self.whole else PAGE + 1}
        return (Line(*row) for row in self.ctx.session.execute(_LINES, params))

    def _params(self) -> dict[str, Any]:
        start = self.months.starts[self.months.numbers.index(self.first)]
        return {"company": self.ctx.company.id, "accounts": self.accounts, "start": start, "end": self.span.end}

    def balance(self) -> Decimal:
        """Give the balance before the first line of the page."""
        opening = self.months.opening(self.first)
        if not self.skip:
            return opening
        before: Decimal = self.ctx.session.execute(_BEFORE, self._params() | {"skip": self.skip}).scalar_one()
        return opening + before

    def page(self) -> list[Line]:
        """Read a page, and find out where the next one begins."""
        lines = list(islice(self.lines(), PAGE + 1))
        if len(lines) <= PAGE:
            return lines
        number = self.months.number_of(lines[PAGE].day)
        done = sum(self.months.number_of(line.day) == number for line in lines[:PAGE])
        self.next = {"at": f"{number}:{done + (self.skip if number == self.first else 0)}"}
        return lines[:PAGE]


def _read(ctx: Context, given: Given) -> Reading:
    account, span = given.record("account"), chosen_span(ctx, given)
    if account is None or not ctx.visible(Account, Account.id == account).ids:
        raise NotFound(_("This account is not there, or not for you."))
    accounts = list(ctx.session.scalars(_FAMILY, {"company": ctx.company.id, "account": account}))
    months = _months(ctx, span, accounts)
    first, skip = (span.first, 0) if given.whole else _place(given.text("at"), span)
    reader = _Reader(ctx, span, accounts, months, first, skip, given.whole)
    page: Sequence[Line] | None = None if given.whole else reader.page()
    writer = _Writer(ctx, reader, page, several=len(accounts) > 1)
    before = {"at": f"{first}:{max(0, skip - PAGE)}" if skip else ""} if (first, skip) != (span.first, 0) else None
    return Reading(
        writer.columns(),
        writer.rows(reader.lines() if page is None else page),
        note=span.label,
        after=reader.next,
        before=before,
    )


def _months(ctx: Context, span: Span, accounts: Sequence[int]) -> Months:
    rows = ctx.session.execute(
        _MONTHS, {"company": ctx.company.id, "year": span.year, "last": span.last, "accounts": list(accounts)}
    ).all()
    own = [(number, start) for number, start, _debit, _credit in rows if number]
    return Months(
        [number for number, _start in own],
        [start for _number, start in own],
        {number: (debit, credit) for number, _start, debit, credit in rows},
    )


def _place(at: str, span: Span) -> tuple[int, int]:
    """Read the place of a page: period number, and lines of it that stand on pages before.

    :raises BusinessError: somebody made it up
    """
    if not at:
        return span.first, 0
    number, _colon, skip = at.partition(":")
    if not (number.isdigit() and skip.isdigit() and span.first <= int(number) <= span.last and len(skip) < 10):
        raise BusinessError(_("There is no such page."))
    return int(number), int(skip)


class _Writer:
    """Rows and columns of a ledger; columns that the page does not need are left out."""

    def __init__(self, ctx: Context, reader: _Reader, page: Sequence[Line] | None, *, several: bool) -> None:
        self.ctx, self.reader, self.months = ctx, reader, reader.months
        self.several = several
        self.details = page is None or any(line.details for line in page)
        self.original = page is None or any(line.original(ctx.company.currency) for line in page)

    def columns(self) -> list[ReportColumn]:
        """Give the columns."""
        columns = [
            ReportColumn("day", _("Date"), Kind.DAY, small="sub"),
            ReportColumn("voucher", _("Voucher"), small="sub"),
            ReportColumn("summary", _("Summary"), small="title"),
        ]
        columns += [ReportColumn("account", _("Account"))] if self.several else []
        columns += [ReportColumn("details", _("Dimensions"))] if self.details else []
        columns += [ReportColumn("original", _("Original amount"))] if self.original else []
        return [
            *columns,
            ReportColumn("debit", _("Debit"), Kind.MONEY, small="sub"),
            ReportColumn("credit", _("Credit"), Kind.MONEY, small="sub"),
            ReportColumn("side", _("Side"), small="end"),
            ReportColumn("balance", _("Balance"), Kind.MONEY, small="end"),
        ]

    def rows(self, lines: Sequence[Line] | Iterator[Line]) -> Iterator[ReportRow]:
        """Give the rows: what was brought forward, the lines, and behind each month its sums."""
        balance = self.reader.balance()
        yield self._sum(self._first_label(), None, None, balance)
        number = self.reader.first
        seen = bool(self.reader.skip)
        for line in lines:
            here = self.months.number_of(line.day)
            if here != number and seen:
                yield from self._month(number)
            number, seen = here, True
            balance += line.base
            yield self._line(line, balance)
        if self.reader.next is None or int(self.reader.next["at"].partition(":")[0]) != number:
            yield from self._month(number)

    def _first_label(self) -> Label:
        if self.reader.skip or self.reader.first != self.reader.span.first:
            return _("Brought forward from the page before")
        return _("Brought forward from last year") if self.reader.first == 1 else _("Opening balance")

    def _month(self, number: int) -> Iterator[ReportRow]:
        debit, credit = self.months.sums.get(number, (ZERO, ZERO))
        closing = self.months.opening(number) + debit - credit
        yield self._sum(_("Total of the month"), debit, credit, closing)
        yield self._sum(_("Total of the year so far"), *self.months.year_to(number), closing)

    def _sum(self, label: Label, debit: Decimal | None, credit: Decimal | None, balance: Decimal) -> ReportRow:
        return ReportRow(
            [None, None, label, *self._between(None), debit, credit, *side_and_amount(balance)], strong=True
        )

    def _line(self, line: Line, balance: Decimal) -> ReportRow:
        debit, credit = (line.base, None) if line.debit is not None else (None, -line.base)
        values = [
            line.day,
            f"{line.word}-{line.number}",
            line.summary,
            *self._between(line),
            debit,
            credit,
            *side_and_amount(balance),
        ]
        return ReportRow(values, (f"/finance/voucher/{line.voucher}", {}))

    def _between(self, line: Line | None) -> list[str | None]:
        values = [] if not self.several else [f"{line.account} {line.account_name}" if line else None]
        values += [] if not self.details else [line.details if line else None]
        return values + ([] if not self.original else [line.original(self.ctx.company.currency) if line else None])


ACCOUNT_LEDGER = Report(
    "account-ledger",
    title=_("Account ledger"),
    menu="finance",
    icon="book",
    order=30,
    shortcut="l",
    permission=Finance.REPORT,
    parameters=[Parameter("account", _("Account"), target=Account, required=True), *PARAMETERS],
    read=_read,
    about={Account: lambda account: {"account": str(account.id)}},
)
