"""Figures of the maintained balances, by month or for a span; what is not posted yet is added from its lines if asked.

All of it costs the number of balances, never of posted lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import text

from hanse import Context
from hanse_finance.reports import Span

ZERO = Decimal(0)
Pair = tuple[Decimal, Decimal]
Key = Literal["account_id", "details_id", "currency_id"]
_TABLES = {False: "finance_balance", True: "finance_dimension_balance"}
#: Drafts and audited vouchers as rows of a balance: those of earlier years as the net that the year opens with.
_WITH_UNPOSTED = """(
    SELECT company_id, year_id, number, account_id{details}, currency_id, debit, credit, base_debit, base_credit,
        debit_quantity, credit_quantity
    FROM {table}
    UNION ALL
    SELECT v.company_id, CAST(:year AS bigint), CASE WHEN p.year_id = :year THEN p.number ELSE 0 END,
        l.account_id{line_details}, l.currency_id,
        CASE WHEN p.year_id = :year THEN coalesce(l.debit, 0) ELSE coalesce(l.debit, 0) - coalesce(l.credit, 0) END,
        CASE WHEN p.year_id = :year THEN coalesce(l.credit, 0) ELSE 0 END,
        CASE WHEN l.debit IS NOT NULL OR p.year_id <> :year THEN l.base ELSE 0 END,
        CASE WHEN l.credit IS NOT NULL AND p.year_id = :year THEN -l.base ELSE 0 END,
        CASE WHEN l.debit IS NOT NULL THEN coalesce(l.quantity, 0)
             WHEN p.year_id <> :year THEN -coalesce(l.quantity, 0) ELSE 0 END,
        CASE WHEN l.credit IS NOT NULL AND p.year_id = :year THEN coalesce(l.quantity, 0) ELSE 0 END
    FROM finance_voucher v
    JOIN finance_period p ON p.id = v.period_id
    JOIN finance_voucher_line l ON l.company_id = v.company_id AND l.voucher_id = v.id{dimensioned}
    WHERE v.company_id = :company AND v.state <> 'posted' AND v.state <> 'void' AND v.day <= :end
)"""


def source(*, unposted: bool, dimensioned: bool = False) -> str:
    """Give the SQL of the rows that figures are added up from; it takes the parameters company, year and end."""
    table = _TABLES[dimensioned]
    if not unposted:
        return table
    return _WITH_UNPOSTED.format(
        table=table,
        details=", details_id" if dimensioned else "",
        line_details=", l.details_id" if dimensioned else "",
        dimensioned=" AND l.details_id IS NOT NULL" if dimensioned else "",
    )


@dataclass(frozen=True, slots=True)
class Asked:
    """Which figures: of which accounts or sets of dimension values (None: all), in which currency the lines were."""

    span: Span
    accounts: Sequence[int] | None = None
    sets: Sequence[int] | None = None
    currency: int | None = None
    unposted: bool = False

    @property
    def dimensioned(self) -> bool:
        """Whether the balances by dimensions are asked."""
        return self.sets is not None

    def where(self) -> str:
        """Give the SQL of the conditions."""
        conditions = ["m.company_id = :company", "m.year_id = :year", "m.number <= :last"]
        conditions += ["m.account_id = ANY(:accounts)"] if self.accounts is not None else []
        conditions += ["m.details_id = ANY(:sets)"] if self.sets is not None else []
        conditions += ["m.currency_id = :currency"] if self.currency is not None else []
        return " AND ".join(conditions)

    def params(self, ctx: Context) -> dict[str, Any]:
        """Give the values that are bound."""
        found: dict[str, Any] = {
            "company": ctx.company.id,
            "year": self.span.year,
            "first": self.span.first,
            "last": self.span.last,
            "end": self.span.end,
        }
        found |= {"accounts": list(self.accounts)} if self.accounts is not None else {}
        found |= {"sets": list(self.sets)} if self.sets is not None else {}
        return found | ({"currency": self.currency} if self.currency is not None else {})


def by_month(ctx: Context, asked: Asked, *, original: bool = False, sets: bool = False) -> dict[int, dict[int, Pair]]:
    """Give debit and credit by account, or set of dimension values, and number of the period; one statement.

    Number 0 is what the year opened with: the net balance as debit.

    :param original: in the currency of the lines instead of the company's
    """
    names = ("debit", "credit") if original else ("base_debit", "base_credit")
    key = "details_id" if sets else "account_id"
    rows = ctx.session.execute(
        text(
            f"SELECT m.{key}, m.number, sum(m.{names[0]}), sum(m.{names[1]}) "  # noqa: S608  made of constants alone
            f"FROM {source(unposted=asked.unposted, dimensioned=asked.dimensioned or sets)} m "
            f"WHERE {asked.where()} GROUP BY 1, 2"
        ),
        asked.params(ctx),
    )
    found: dict[int, dict[int, Pair]] = {}
    for account, number, debit, credit in rows:
        found.setdefault(account, {})[number] = (debit, credit)
    return found


@dataclass(slots=True)
class Figures:
    """Opening and movements of a span, and movements since the year began; opening is debit positive."""

    opening: Decimal = ZERO
    debit: Decimal = ZERO
    credit: Decimal = ZERO
    year_debit: Decimal = ZERO
    year_credit: Decimal = ZERO

    @property
    def closing(self) -> Decimal:
        """Opening plus debit minus credit; debit is positive."""
        return self.opening + self.debit - self.credit

    @property
    def moved(self) -> bool:
        """Whether anything stands in it."""
        return bool(self.opening or self.debit or self.credit or self.year_debit or self.year_credit)

    def add(self, other: Figures) -> None:
        """Add the figures of another."""
        self.opening += other.opening
        self.debit += other.debit
        self.credit += other.credit
        self.year_debit += other.year_debit
        self.year_credit += other.year_credit


def by_span(
    ctx: Context, asked: Asked, *keys: Key, original: bool = False, dimensioned: bool = False
) -> Iterator[tuple[tuple[int, ...], Figures]]:
    """Give the figures of the span for each combination of ``keys``, in no order; one statement."""
    debit, credit = ("debit", "credit") if original else ("base_debit", "base_credit")
    columns = ", ".join(f"m.{key}" for key in keys)
    rows = ctx.session.execute(
        text(
            f"SELECT {columns}, "  # noqa: S608  made of constants alone
            f"coalesce(sum(m.{debit} - m.{credit}) FILTER (WHERE m.number < :first), 0), "
            f"coalesce(sum(m.{debit}) FILTER (WHERE m.number >= :first), 0), "
            f"coalesce(sum(m.{credit}) FILTER (WHERE m.number >= :first), 0), "
            f"coalesce(sum(m.{debit}) FILTER (WHERE m.number > 0), 0), "
            f"coalesce(sum(m.{credit}) FILTER (WHERE m.number > 0), 0) "
            f"FROM {source(unposted=asked.unposted, dimensioned=dimensioned or asked.dimensioned)} m "
            f"WHERE {asked.where()} GROUP BY {columns}"
        ),
        asked.params(ctx),
    )
    width = len(keys)
    for row in rows:
        yield tuple(row[:width]), Figures(*row[width:])


__all__ = ["ZERO", "Asked", "Figures", "Pair", "by_month", "by_span", "source"]
