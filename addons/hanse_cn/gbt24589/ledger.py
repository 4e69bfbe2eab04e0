"""Balances and vouchers of a year, as the interface asks for them: in the company's currency and in the original.

The original currency of a line is its foreign one where it names one, else its own; balances follow the same rule, so
that they are what the vouchers add up to in every currency.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Result, select, text

from hanse import Context
from hanse.directory.models import User
from hanse_finance.analyses import Analyses
from hanse_finance.reports import Span

ZERO: Final = Decimal(0)
CHUNK: Final = 2_000
_RATE_PLACES: Final = 6
_LINES_OF_BOOKS: Final = """
    FROM finance_voucher v
    JOIN finance_period p ON p.id = v.period_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id
    WHERE v.company_id = :company AND v.state = 'posted'
"""
# Maintained balances, the part of each account that has no dimensions as what is left over, and what lines with a
# foreign amount move from their own currency to the foreign one.  Number 0 is what was brought forward.
_BALANCES = text(
    f"""
    WITH year AS (SELECT start, "end" FROM finance_fiscal_year WHERE id = :year AND company_id = :company),
    exchanged AS (
        SELECT CASE WHEN p.year_id = :year THEN p.number ELSE 0 END AS number,
               l.account_id, l.details_id, l.currency_id, l.foreign_currency_id, l.debit, l.credit,
               CASE WHEN l.debit IS NOT NULL THEN l.quantity END AS received,
               CASE WHEN l.debit IS NULL THEN l.quantity END AS issued,
               CASE WHEN l.debit IS NOT NULL THEN l.foreign_amount ELSE -l.foreign_amount END AS original,
               CASE WHEN l.debit IS NOT NULL THEN l.base ELSE -l.base END AS base
        {_LINES_OF_BOOKS} AND p."end" <= (SELECT "end" FROM year) AND l.foreign_currency_id IS NOT NULL
    ),
    moved AS (
        SELECT number, account_id, details_id, currency_id, debit, credit, base_debit, base_credit,
               debit_quantity AS received, credit_quantity AS issued
        FROM finance_dimension_balance WHERE company_id = :company AND year_id = :year
        UNION ALL
        SELECT number, account_id, NULL, currency_id, -debit, -credit, -base_debit, -base_credit,
               -debit_quantity, -credit_quantity
        FROM finance_dimension_balance WHERE company_id = :company AND year_id = :year
        UNION ALL
        SELECT number, account_id, NULL, currency_id, debit, credit, base_debit, base_credit,
               debit_quantity, credit_quantity
        FROM finance_balance WHERE company_id = :company AND year_id = :year
        UNION ALL
        SELECT number, account_id, details_id, currency_id, -coalesce(debit, 0), -coalesce(credit, 0),
               CASE WHEN debit IS NOT NULL THEN -base ELSE 0 END, CASE WHEN debit IS NULL THEN -base ELSE 0 END,
               -coalesce(received, 0), -coalesce(issued, 0)
        FROM exchanged
        UNION ALL
        SELECT number, account_id, details_id, foreign_currency_id,
               CASE WHEN debit IS NOT NULL THEN original ELSE 0 END, CASE WHEN debit IS NULL THEN original ELSE 0 END,
               CASE WHEN debit IS NOT NULL THEN base ELSE 0 END, CASE WHEN debit IS NULL THEN base ELSE 0 END,
               coalesce(received, 0), coalesce(issued, 0)
        FROM exchanged
    )
    SELECT a.code AS account, m.details_id, c.code AS currency, c.places, m.number, a.unit,
           sum(m.debit) AS debit, sum(m.credit) AS credit,
           sum(m.base_debit) AS base_debit, sum(m.base_credit) AS base_credit,
           sum(m.received) AS received, sum(m.issued) AS issued
    FROM moved m JOIN finance_account a ON a.id = m.account_id JOIN core_currency c ON c.id = m.currency_id
    GROUP BY a.code, a.unit, m.account_id, m.details_id, c.code, c.places, m.number
    ORDER BY a.code, m.account_id, m.details_id NULLS FIRST, c.code, m.number
    """  # noqa: S608
)
_VOUCHER_LINES = text(
    f"""
    SELECT v.day, p.number AS period, w.code AS word, v.number, v.attachments, v.maker_id, v.auditor_id, v.poster_id,
           l.number AS line, l.summary, a.code AS account, l.details_id, l.debit, l.credit, l.base, l.foreign_rate,
           l.foreign_amount, c.code AS currency, c.places, f.code AS foreign_currency, a.unit, l.quantity
    {
        _LINES_OF_BOOKS.replace(
            "WHERE",
            '''
    JOIN finance_voucher_word w ON w.id = v.word_id
    JOIN finance_account a ON a.id = l.account_id
    JOIN core_currency c ON c.id = l.currency_id
    LEFT JOIN core_currency f ON f.id = l.foreign_currency_id
    WHERE''',
        )
    } AND p.year_id = :year
    ORDER BY p.number, w.position, w.code, v.number, l.number
    """
)
_CURRENCIES = text(
    f"""
    SELECT currency_id FROM finance_balance WHERE company_id = :company AND year_id = :year
    UNION
    SELECT l.foreign_currency_id {_LINES_OF_BOOKS} AND p."end" <= :end AND l.foreign_currency_id IS NOT NULL
    """  # noqa: S608
)


def currencies(ctx: Context, year: Span) -> set[int]:
    """Give the ids of the currencies that balances and vouchers of a year are in."""
    return set(ctx.session.scalars(_CURRENCIES, _params(ctx, year) | {"end": year.end}))


def balances(ctx: Context, year: Span, slots: Mapping[int, int]) -> Iterator[dict[str, Any]]:
    """Give 科目余额及发生额: a record for each account, combination, currency and period that is not all zero."""
    found = _Stream(ctx, _BALANCES, year)
    for key, rows in groupby(found, key=lambda row: (row.account, row.details_id, row.currency)):
        moved = {row.number: row for row in rows}
        head = next(iter(moved.values()))
        closing = _net(moved.get(0))
        for number in range(year.first, year.last + 1):
            row = moved.get(number)
            if row is None and not any(closing):
                continue
            opening, change = closing, _net(row)
            closing = (opening[0] + change[0], opening[1] + change[1], opening[2] + change[2])
            if not any((*opening, *closing, *(row[6:] if row is not None else ()))):
                continue
            places = (head.places, ctx.company.places)
            yield {
                "account": key[0],
                "currency": key[2],
                "year": year.label,
                "period": number,
                "unit": head.unit,
                **_balance("opening", opening, places, counted=bool(head.unit)),
                **_balance("closing", closing, places, counted=bool(head.unit)),
                "debit.amount": _plain(row.debit if row else ZERO, head.places),
                "debit.base": _plain(row.base_debit if row else ZERO, ctx.company.places),
                "credit.amount": _plain(row.credit if row else ZERO, head.places),
                "credit.base": _plain(row.base_credit if row else ZERO, ctx.company.places),
                "debit.quantity": _plain(row.received if row else ZERO, 0) if head.unit else None,
                "credit.quantity": _plain(row.issued if row else ZERO, 0) if head.unit else None,
                **_dimensions(found.analyses, key[1], slots),
            }


#: Amount, base amount and quantity, debit positive.
_Net = tuple[Decimal, Decimal, Decimal]


def _net(row: Any) -> _Net:
    if row is None:
        return ZERO, ZERO, ZERO
    return row.debit - row.credit, row.base_debit - row.base_credit, row.received - row.issued


def _balance(name: str, net: _Net, places: tuple[int, int], *, counted: bool) -> dict[str, Any]:
    """Write a balance: its side, and figures that are positive on it.  The base amount decides, if there is one."""
    amount, base, quantity = net
    sign = base or amount or quantity
    side = "借" if sign > 0 else "贷" if sign < 0 else "平"
    turned = -1 if sign < 0 else 1
    return {
        f"{name}.side": side,
        f"{name}.amount": _plain(turned * amount, places[0]),
        f"{name}.base": _plain(turned * base, places[1]),
        f"{name}.quantity": _plain(turned * quantity, 0) if counted else None,
    }


def _plain(amount: Decimal, places: int) -> str:
    """Write an amount with the decimals of its currency, or more where it has them."""
    written = f"{amount:f}"
    decimals = len(written.partition(".")[2].rstrip("0"))
    return f"{amount:.{max(places, decimals)}f}"


def voucher_lines(ctx: Context, year: Span, slots: Mapping[int, int], rate_type: str) -> Iterator[dict[str, Any]]:
    """Give 记账凭证: a record for each line of the posted vouchers of a year, by period, word and number."""
    users = dict(ctx.session.execute(select(User.id, User.name)).all())
    found = _Stream(ctx, _VOUCHER_LINES, year)
    for row in found:
        yield {
            "day": row.day,
            "year": year.label,
            "period": row.period,
            "word": row.word,
            "number": row.number,
            "line": row.line,
            "summary": row.summary,
            "account": row.account,
            **_amounts(row, ctx.company.currency, ctx.company.places, rate_type),
            **_counted(row),
            "attachments": row.attachments,
            "maker": users[row.maker_id],
            "auditor": users.get(row.auditor_id),
            "poster": users.get(row.poster_id),
            "posted": True,
            "void": False,
            "system": "Hanse",
            **_dimensions(found.analyses, row.details_id, slots),
        }


def _amounts(row: Any, own: str, base_places: int, rate_type: str) -> dict[str, Any]:
    amount: Decimal
    side, other, amount = ("credit", "debit", row.credit) if row.debit is None else ("debit", "credit", row.debit)
    sign, currency = 1 if side == "debit" else -1, row.currency
    rate = None
    if row.foreign_currency is not None:
        amount, currency, rate = sign * row.foreign_amount, row.foreign_currency, row.foreign_rate
    base = sign * row.base
    if currency == own:
        rate = None
    elif rate is None and amount:
        rate = round(base / amount, _RATE_PLACES)
    return {
        "currency": currency,
        f"{side}.amount": _plain(amount, row.places),
        f"{side}.base": _plain(base, base_places),
        f"{other}.amount": _plain(ZERO, row.places),
        f"{other}.base": _plain(ZERO, base_places),
        "rate_type": None if currency == own else rate_type,
        "rate": 1 if currency == own else None if rate is None else f"{rate.normalize():f}",
    }


def _counted(row: Any) -> dict[str, Any]:
    """Write the quantity of a line whose account counts in a unit, and what one unit is in the company's currency."""
    if row.unit is None or row.quantity is None:
        return dict.fromkeys(("unit", "debit.quantity", "credit.quantity", "price"))
    side, other = ("debit", "credit") if row.debit is not None else ("credit", "debit")
    price = round(abs(row.base / row.quantity), _RATE_PLACES) if row.quantity else None
    return {
        "unit": row.unit,
        f"{side}.quantity": _plain(row.quantity, 0),
        f"{other}.quantity": _plain(ZERO, 0),
        "price": None if price is None else f"{price.normalize():f}",
    }


def _dimensions(analyses: Analyses, details: int | None, slots: Mapping[int, int]) -> dict[str, str]:
    return {f"dimension.{slots[one.dimension]}": one.code for one in analyses.of(details)}


class _Stream:
    """Reads rows with a ``details_id`` a chunk at a time, and what their combinations of dimensions are."""

    def __init__(self, ctx: Context, statement: Any, year: Span) -> None:
        self.analyses = Analyses(ctx)
        self._ctx, self._statement, self._year = ctx, statement, year

    def __iter__(self) -> Iterator[Any]:
        result: Result[Any] = self._ctx.session.execute(
            self._statement,
            _params(self._ctx, self._year),
            execution_options={"stream_results": True, "yield_per": CHUNK},
        )
        for rows in result.partitions(CHUNK):
            chunk: Sequence[Any] = rows
            self.analyses.read(row.details_id for row in chunk)
            yield from chunk


def _params(ctx: Context, year: Span) -> dict[str, Any]:
    return {"company": ctx.company.id, "year": year.year}
