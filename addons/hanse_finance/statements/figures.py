"""The figures that formulas read: by account, out of the maintained balances, so they cost the number of accounts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy import text

from hanse import Context
from hanse_finance.chart import Chart, Node
from hanse_finance.models import AccountType
from hanse_finance.statements.formula import Accounts

ZERO = Decimal(0)

# Opening balances that were entered as vouchers of the first period stand among its movements; where the year has an
# opening period, they stand before it already.
_OPENING_VOUCHERS = """
    SELECT {keys}, sum(l.base) AS base FROM finance_voucher v
    JOIN finance_period p ON p.id = v.period_id AND p.company_id = v.company_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.company_id = v.company_id
    WHERE v.company_id = :company AND p.year_id = :year AND p.number = 1 AND v.kind = 'opening' AND v.state = 'posted'
      AND NOT EXISTS (SELECT FROM finance_period o
                      WHERE o.company_id = :company AND o.year_id = :year AND o.number = 0)
    GROUP BY {keys}
"""
_BALANCES = text(
    f"""
    SELECT account_id, sum(closing), sum(opening), sum(debit), sum(credit) FROM (
        SELECT account_id, base_debit - base_credit AS closing,
               CASE WHEN number < :first THEN base_debit - base_credit ELSE 0 END AS opening,
               CASE WHEN number >= :first THEN base_debit ELSE 0 END AS debit,
               CASE WHEN number >= :first THEN base_credit ELSE 0 END AS credit
        FROM finance_balance WHERE company_id = :company AND year_id = :year AND number <= :last
        UNION ALL
        SELECT account_id, CASE WHEN :last < 1 THEN base ELSE 0 END, CASE WHEN :first <= 1 THEN base ELSE 0 END, 0, 0
        FROM ({_OPENING_VOUCHERS.format(keys="l.account_id")}) o
    ) b GROUP BY account_id
    """  # noqa: S608
)
_DETAILS = text(
    f"""
    SELECT account_id, sum(base) FROM (
        SELECT account_id, details_id, base_debit - base_credit AS base FROM finance_dimension_balance
        WHERE company_id = :company AND year_id = :year AND number <= :last AND account_id = ANY(:accounts)
        UNION ALL
        SELECT account_id, details_id, base
        FROM ({_OPENING_VOUCHERS.format(keys="l.account_id, l.details_id")}) o
        WHERE :last < 1 AND details_id IS NOT NULL AND account_id = ANY(:accounts)
    ) d GROUP BY account_id, details_id
    """  # noqa: S608
)
# What transfers moved; their reversals moved it back.
_TRANSFERRED = text(
    """
    WITH own AS (
        SELECT v.id FROM finance_voucher v
        JOIN finance_period p ON p.id = v.period_id AND p.company_id = v.company_id
        WHERE v.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last
          AND v.kind IN ('closing', 'year_end') AND v.state = 'posted'
        UNION ALL
        SELECT v.id FROM finance_voucher o
        JOIN finance_reversal r ON r.original_id = o.id AND r.company_id = o.company_id
        JOIN finance_voucher v ON v.id = r.voucher_id AND v.company_id = o.company_id
        JOIN finance_period p ON p.id = v.period_id AND p.company_id = v.company_id
        WHERE o.company_id = :company AND o.kind IN ('closing', 'year_end') AND v.state = 'posted'
          AND p.year_id = :year AND p.number BETWEEN :first AND :last
    )
    SELECT l.account_id, sum(l.base) FROM own
    JOIN finance_voucher_line l ON l.voucher_id = own.id AND l.company_id = :company
    GROUP BY l.account_id
    """
)
_CASH = text(
    """
    SELECT i.line, sum(b.amount) FROM finance_cash_balance b
    JOIN finance_period p ON p.id = b.period_id AND p.company_id = b.company_id
    JOIN finance_cash_item i ON i.id = b.item_id AND i.company_id = b.company_id
    WHERE b.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last
    GROUP BY i.line
    """
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Periods of one fiscal year; ``last`` before ``first`` is the moment the year began.

    :ivar year: id of the fiscal year
    """

    year: int
    first: int
    last: int


@dataclass
class Figures:
    """Base amounts of one column of a statement by account; debit is positive."""

    chart: Chart
    closing: dict[int, Decimal] = field(default_factory=dict[int, Decimal])
    opening: dict[int, Decimal] = field(default_factory=dict[int, Decimal])
    moved: dict[int, Decimal] = field(default_factory=dict[int, Decimal])
    transferred: dict[int, Decimal] = field(default_factory=dict[int, Decimal])
    details: dict[int, list[Decimal]] = field(default_factory=dict[int, list[Decimal]])
    cash: dict[int, Decimal] = field(default_factory=dict[int, Decimal])

    @classmethod
    def read(cls, ctx: Context, chart: Chart, stretch: Stretch, *, detailed: Iterable[int], cash: bool) -> Figures:
        """Read a column: two to four statements.

        :param detailed: accounts whose details are wanted one by one
        :param cash: whether items of the cash flow statement are wanted
        """
        params = {"company": ctx.company.id, "year": stretch.year, "first": stretch.first, "last": stretch.last}
        figures = cls(chart)
        for key, closing, opening, debit, credit in ctx.session.execute(_BALANCES, params):
            figures.closing[key], figures.opening[key], figures.moved[key] = closing, opening, debit - credit
        if stretch.first <= stretch.last:
            figures.transferred = {key: base for key, base in ctx.session.execute(_TRANSFERRED, params)}
        accounts = list(detailed)
        if accounts:
            for key, base in ctx.session.execute(_DETAILS, params | {"accounts": accounts}):
                figures.details.setdefault(key, []).append(base)
        if cash:
            figures.cash = {line: amount for line, amount in ctx.session.execute(_CASH, params)}
        return figures

    def contributions(self, function: str, wanted: Accounts) -> dict[int, Decimal]:
        """Give what each account adds to a term; accounts that add nothing are left out."""
        if function == "PL":
            return self._each(
                self.chart.of_types(AccountType.INCOME, AccountType.EXPENSE), lambda key: -self._closing(key)
            )
        amounts: dict[str, Callable[[int], Decimal]] = {
            "D": self._closing,
            "C": lambda key: -self._closing(key),
            "DD": lambda key: sum((one for one in self._details(key) if one > 0), ZERO),
            "CC": lambda key: -sum((one for one in self._details(key) if one < 0), ZERO),
            "R": lambda key: -self._earned(key),
            "X": self._earned,
            "MC": lambda key: -self.moved.get(key, ZERO),
            "OD": lambda key: self.opening.get(key, ZERO),
        }
        return self._each(self.chart.chosen(wanted), amounts[function])

    @staticmethod
    def _each(accounts: Sequence[Node], amount: Callable[[int], Decimal]) -> dict[int, Decimal]:
        found = {account.id: amount(account.id) for account in accounts}
        return {key: value for key, value in found.items() if value}

    def _closing(self, key: int) -> Decimal:
        return self.closing.get(key, ZERO)

    def _earned(self, key: int) -> Decimal:
        """Give debit less credit of the span without transfers."""
        return self.moved.get(key, ZERO) - self.transferred.get(key, ZERO)

    def _details(self, key: int) -> list[Decimal]:
        """Give the balance of each detail; what has no dimensions is one more."""
        details = self.details.get(key, [])
        rest = self._closing(key) - sum(details, ZERO)
        return [*details, rest] if rest else details

    def items(self, function: str, lines: Iterable[str]) -> Decimal:
        """Give the cash of items; what went out is positive for ``CO``."""
        total = sum((self.cash.get(int(line), ZERO) for line in lines), ZERO)
        return total if function == "CI" else -total
