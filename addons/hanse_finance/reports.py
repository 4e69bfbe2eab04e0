"""Trial balance and account ledger, out of the maintained balances: they cost the number of accounts, not of lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, text

from hanse import BusinessError, Context, _
from hanse_finance.models import FiscalYear, Period

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Span:
    """Periods of one fiscal year, from number ``first`` to ``last``."""

    year: int
    first: int
    last: int
    start: date
    end: date
    label: str


@dataclass(frozen=True, slots=True)
class TrialRow:
    """An account in a currency: opening and closing are debit positive, debit and credit follow the side written."""

    account_id: int
    code: str
    name: str
    name_en: str | None
    type: str
    currency: str
    places: int
    opening: Decimal
    debit: Decimal
    credit: Decimal
    base_opening: Decimal
    base_debit: Decimal
    base_credit: Decimal

    @property
    def closing(self) -> Decimal:
        """Opening plus debit minus credit."""
        return self.opening + self.debit - self.credit

    @property
    def base_closing(self) -> Decimal:
        """The closing balance in the company's currency."""
        return self.base_opening + self.base_debit - self.base_credit

    @property
    def is_zero(self) -> bool:
        """Whether all four columns are zero, whatever the base amounts say."""
        return not (self.opening or self.debit or self.credit or self.closing)

    def as_json(self) -> Mapping[str, str]:
        """Give the row as decimal strings."""
        return {
            "account": self.code,
            "currency": self.currency,
            "opening": plain(self.opening),
            "debit": plain(self.debit),
            "credit": plain(self.credit),
            "closing": plain(self.closing),
        }


def plain(value: Decimal) -> str:
    """Write a decimal without exponent."""
    return f"{value:f}" if value else "0"


def span_of(ctx: Context, code: str) -> Span:
    """Find a period (``2025-03``) or a whole year (``2025``) by its code.

    :raises BusinessError: the company has no such period
    """
    row = ctx.session.execute(
        select(Period.year_id, Period.number, Period.start, Period.end).where(
            Period.company_id == ctx.company.id, Period.code == code
        )
    ).first()
    return year_of(ctx, code) if row is None else Span(row[0], row[1], row[1], row[2], row[3], code)


def year_of(ctx: Context, name: str) -> Span:
    """Find a whole year by its name.

    :raises BusinessError: the company has no such year
    """
    year = ctx.session.execute(
        select(FiscalYear.id, FiscalYear.start, FiscalYear.end).where(
            FiscalYear.company_id == ctx.company.id, FiscalYear.name == name
        )
    ).first()
    if year is None:
        raise BusinessError(
            _("%(company)s has no period %(period)s.", company=ctx.company.name, period=name), field="period"
        )
    return Span(year[0], 1, 12, year[1], year[2], name)


_TRIAL = text(
    """
    SELECT a.id, a.code, a.name, a.name_en, a.type, c.code, c.places,
           b.opening, b.debit, b.credit, b.base_opening, b.base_debit, b.base_credit
    FROM (
        SELECT account_id, currency_id,
               coalesce(sum(debit - credit) FILTER (WHERE number < :first), 0) AS opening,
               coalesce(sum(debit) FILTER (WHERE number >= :first), 0) AS debit,
               coalesce(sum(credit) FILTER (WHERE number >= :first), 0) AS credit,
               coalesce(sum(base_debit - base_credit) FILTER (WHERE number < :first), 0) AS base_opening,
               coalesce(sum(base_debit) FILTER (WHERE number >= :first), 0) AS base_debit,
               coalesce(sum(base_credit) FILTER (WHERE number >= :first), 0) AS base_credit
        FROM finance_balance
        WHERE company_id = :company AND year_id = :year AND number <= :last
        GROUP BY account_id, currency_id
    ) b
    JOIN finance_account a ON a.id = b.account_id
    JOIN core_currency c ON c.id = b.currency_id
    ORDER BY a.code, c.code
    """
)


def trial_balance(ctx: Context, span: Span, *, with_zero: bool = False) -> list[TrialRow]:
    """Give the trial balance of a span, one row per account and currency, by account code.

    Rows that are zero in all columns are left out unless ``with_zero``.  One statement.
    """
    rows = ctx.session.execute(
        _TRIAL, {"company": ctx.company.id, "year": span.year, "first": span.first, "last": span.last}
    )
    found = [TrialRow(*row) for row in rows]
    return (
        found
        if with_zero
        else [
            row
            for row in found
            if row.opening or row.debit or row.credit or row.base_opening or row.base_debit or row.base_credit
        ]
    )


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """A posted line of one account, with the balance after it (debit positive)."""

    voucher: int
    day: date
    word: str
    number: int
    summary: str
    details: str | None
    currency: str
    debit: Decimal | None
    credit: Decimal | None
    balance: Decimal


_LEDGER = text(
    """
    SELECT v.id, l.day, w.code, v.number, l.summary, s.name, c.code, l.debit, l.credit, l.base
    FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN core_currency c ON c.id = l.currency_id
    LEFT JOIN finance_dimension_set s ON s.id = l.details_id
    WHERE l.company_id = :company AND l.account_id = :account AND l.day BETWEEN :start AND :end AND v.state = 'posted'
    ORDER BY l.day, v.number, l.number
    """
)
_OPENING = text(
    """
    SELECT coalesce(sum(base_debit - base_credit), 0) FROM finance_balance
    WHERE company_id = :company AND year_id = :year AND number < :first AND account_id = :account
    """
)


def account_ledger(ctx: Context, account: int, span: Span) -> tuple[Decimal, Iterator[LedgerLine]]:
    """Give an account's opening balance in the company's currency, and its posted lines with the running balance.

    Two statements; the lines are read as they are asked for.
    """
    params: dict[str, Any] = {
        "company": ctx.company.id,
        "account": account,
        "year": span.year,
        "first": span.first,
        "start": span.start,
        "end": span.end,
    }
    opening: Decimal = ctx.session.execute(_OPENING, params).scalar_one()
    return opening, _running(ctx, opening, params)


def _running(ctx: Context, opening: Decimal, params: Mapping[str, Any]) -> Iterator[LedgerLine]:
    balance = opening
    for row in ctx.session.execute(_LEDGER, dict(params)):
        facts: list[Any] = list(row)
        balance += facts[-1]
        facts[-1] = balance
        yield LedgerLine(*facts)
