"""What the data interface asks of cash flow and statements: items, parts of cash lines, and each month's statements."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import text

from hanse_cn.gbt24589.writing import Row
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.working import Worked, work_out

if TYPE_CHECKING:
    from hanse_cn.gbt24589.sources import Books

_ITEMS = text("SELECT code, name, inflow FROM finance_cash_item WHERE company_id = :company ORDER BY code")
_PARTS = text(
    """
    SELECT w.code, v.number, c.code, f.number, l.summary, i.code, i.inflow,
           CASE WHEN l.base = 0 THEN 0
                ELSE round(coalesce(l.debit, -l.credit) * f.amount / l.base, CAST(c.places AS int)) END,
           f.amount
    FROM finance_cash_flow f
    JOIN finance_period p ON p.id = f.period_id AND p.company_id = f.company_id
    JOIN finance_voucher v ON v.id = f.voucher_id AND v.company_id = f.company_id
    JOIN finance_voucher_word w ON w.id = v.word_id AND w.company_id = v.company_id
    JOIN finance_voucher_line l ON l.voucher_id = v.id AND l.number = f.number AND l.company_id = v.company_id
    JOIN core_currency c ON c.id = l.currency_id
    JOIN finance_cash_item i ON i.id = f.item_id AND i.company_id = f.company_id
    WHERE f.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last
    ORDER BY p.number, w.code, v.number, f.number, i.code
    """
)
# Months into which something was posted; the statements of others are those of the month before.
_MONTHS = text(
    """
    SELECT p.code, p."end" FROM finance_period p
    WHERE p.company_id = :company AND p.year_id = :year AND p.number BETWEEN :first AND :last
      AND EXISTS (SELECT FROM finance_balance b
                  WHERE b.company_id = p.company_id AND b.year_id = p.year_id AND b.number = p.number)
    ORDER BY p.number
    """
)
_IN, _OUT = "现金流入", "现金流出"


def _asked(books: Books) -> dict[str, int]:
    span = books.year
    return {"company": books.ctx.company.id, "year": span.year, "first": span.first, "last": span.last}


def cash_items(books: Books) -> Iterator[Row]:
    """Give the items of the cash flow statement (现金流量项目)."""
    for code, name, inflow in books.ctx.session.execute(_ITEMS, {"company": books.ctx.company.id}):
        yield {
            "code": code,
            "name": name,
            "description": "",
            "leaf": "1",
            "level": 1,
            "parent": "",
            "origin": "凭证",
            "kind": _IN if inflow else _OUT,
        }


def cash_flows(books: Books) -> Iterator[Row]:
    """Give what each line on a cash account was for (现金流量凭证项目数据); what went out of it is negative."""
    for word, number, currency, line, summary, item, inflow, amount, base in books.ctx.session.execute(
        _PARTS, _asked(books)
    ):
        yield {
            "word": word,
            "number": number,
            "currency": currency,
            "line": line,
            "summary": summary,
            "item": item,
            "kind": _IN if inflow else _OUT,
            "amount": amount,
            "base": base,
        }


def _worked(books: Books) -> Iterator[tuple[str, date, Sheet, Worked]]:
    months = books.ctx.session.execute(_MONTHS, _asked(books)).all()
    for code, end in months:
        for sheet, worked in work_out(books.ctx, code).sheets.items():
            yield code, end, sheet, worked


def _number(sheet: Sheet, code: str) -> str:
    return f"{sheet.value}-{code}"


def statements(books: Books) -> Iterator[Row]:
    """Give the statements of each month (报表集)."""
    for code, end, sheet, worked in _worked(books):
        yield {
            "code": _number(sheet, code),
            "name": str(worked.statement.title),
            "day": end,
            "period": code,
            "company": books.ctx.company.name,
            "currency": books.ctx.company.currency,
        }


def statement_lines(books: Books) -> Iterator[Row]:
    """Give the lines of the statements of each month (报表项数据), with the first column of the form."""
    for code, _end, sheet, worked in _worked(books):
        for line in worked.statement.lines:
            if line.number is not None:
                yield {
                    "statement": _number(sheet, code),
                    "code": line.number,
                    "name": line.name,
                    "formula": line.formula,
                    "value": worked.amount(worked.columns[0].name, line.number),
                }
