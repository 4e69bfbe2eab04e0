"""Both sides of a bank account: lines of statements and posted entries, each with what of it is still open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from hanse import Context
from hanse_banking.models import HouseAccount

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Item:
    """A line of a statement, or an entry of the books.

    :ivar id: of the bank line, or of the voucher's line
    :ivar amount: positive where money came in: credited by the bank, debited in the books
    :ivar rest: what of it is not matched
    :ivar words: name, account and purpose, or summary and number: where one looks for the other's
    :ivar voucher: id of the entry's voucher; of a bank line that of the one written for it
    """

    id: int
    day: date
    amount: Decimal
    rest: Decimal
    title: str = ""
    words: str = ""
    counterparty: str = ""
    counterparty_account: str = ""
    reference: str = ""
    voucher: int | None = None
    reverses: int | None = None


#: What an entry moves on the account, in the currency of the bank account.
_MOVED = (
    "CASE WHEN :base THEN l.base WHEN l.currency_id = :currency THEN coalesce(l.debit, -l.credit) "
    "WHEN l.foreign_currency_id = :currency THEN l.foreign_amount END"
)
# Opening balances of the first day are what was there before it, nothing that the bank has moved.
_BEGINS = "(v.kind = 'opening' AND l.day = CAST(:first AS date))"
# Matches whose last part lies behind the day count from that day on only.
_MATCHED = """
    SELECT p.{side}_id AS id, sum(p.amount) AS amount FROM banking_match m
    JOIN banking_match_part p ON p.match_id = m.id AND p.company_id = m.company_id
    WHERE m.company_id = :company AND m.bank_id = :bank AND p.{side}_id IS NOT NULL
      AND (CAST(:until AS date) IS NULL OR m.last <= CAST(:until AS date))
    GROUP BY p.{side}_id
"""
_BANK = text(
    f"""
    SELECT b.id, b.day, b.amount, b.amount - coalesce(m.amount, 0) AS rest, b.counterparty, b.counterparty_account,
           b.purpose, b.reference, w.voucher_id
    FROM banking_line b
    LEFT JOIN ({_MATCHED.format(side="line")}) m ON m.id = b.id
    LEFT JOIN banking_voucher w ON w.line_id = b.id AND w.company_id = b.company_id
    WHERE b.company_id = :company AND b.bank_id = :bank
      AND (CAST(:until AS date) IS NULL OR b.day <= CAST(:until AS date))
      AND (:all OR b.amount <> coalesce(m.amount, 0))
    ORDER BY b.day, b.id
    """  # noqa: S608
)
_BOOKS = text(
    f"""
    SELECT e.*, coalesce(m.amount, 0) AS matched FROM (
        SELECT l.id, l.day, {_MOVED} AS amount, l.summary, concat(w.code, '-', v.number) AS number, v.id AS voucher,
               r.original_id
        FROM finance_voucher_line l
        JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
        JOIN finance_voucher_word w ON w.id = v.word_id AND w.company_id = v.company_id
        LEFT JOIN finance_reversal r ON r.voucher_id = v.id AND r.company_id = v.company_id
        WHERE l.company_id = :company AND l.account_id = :account AND l.day >= CAST(:start AS date)
          AND (CAST(:until AS date) IS NULL OR l.day <= CAST(:until AS date)) AND v.kind <> 'revaluation'
          AND NOT {_BEGINS}
    ) e LEFT JOIN ({_MATCHED.format(side="entry")}) m ON m.id = e.id
    WHERE e.amount <> 0 AND (:all OR e.amount <> coalesce(m.amount, 0))
    ORDER BY e.day, e.id
    """  # noqa: S608
)
_BEFORE = text(
    f"""
    SELECT coalesce(sum({_MOVED}), 0) FROM finance_voucher_line l
    JOIN finance_voucher v ON v.id = l.voucher_id AND v.company_id = l.company_id AND v.state = 'posted'
    WHERE l.company_id = :company AND l.account_id = :account AND (l.day < CAST(:start AS date) OR {_BEGINS})
      AND v.kind <> 'revaluation'
    """  # noqa: S608
)


def asked(ctx: Context, bank: HouseAccount, until: date | None, *, whole: bool = False) -> Mapping[str, Any]:
    """Give what the questions of an account ask with."""
    return {
        "company": ctx.company.id,
        "bank": bank.id,
        "account": bank.account_id,
        "currency": bank.currency_id,
        "base": bank.currency_id == ctx.company.currency_id,
        "start": bank.start or date.max,
        "first": bank.start,
        "until": until,
        "all": whole,
    }


def bank_items(ctx: Context, bank: HouseAccount, until: date | None = None, *, whole: bool = False) -> list[Item]:
    """Give the lines of statements that are open, as things stood at the end of a day; ``whole``: all of them."""
    return [
        Item(
            row.id,
            row.day,
            row.amount,
            row.rest,
            title=row.counterparty or row.purpose or row.reference or "",
            words=" ".join(filter(None, (row.counterparty, row.counterparty_account, row.purpose, row.reference))),
            counterparty=row.counterparty or "",
            counterparty_account=row.counterparty_account or "",
            reference=row.reference or "",
            voucher=row.voucher_id,
        )
        for row in ctx.session.execute(_BANK, asked(ctx, bank, until, whole=whole))
    ]


def book_items(ctx: Context, bank: HouseAccount, until: date | None = None, *, whole: bool = False) -> list[Item]:
    """Give the posted entries that are open, as things stood at the end of a day; ``whole``: all of them."""
    return [
        Item(
            row.id,
            row.day,
            row.amount,
            row.amount - row.matched,
            title=f"{row.number} {row.summary}",
            words=row.summary,
            voucher=row.voucher,
            reverses=row.original_id,
        )
        for row in ctx.session.execute(_BOOKS, asked(ctx, bank, until, whole=whole))
    ]


def books_before(ctx: Context, bank: HouseAccount, day: date | None = None) -> Decimal:
    """Give the balance of the books before a day, by default the first that is reconciled."""
    given = asked(ctx, bank, None)
    return Decimal(ctx.session.scalar(_BEFORE, {**given, "start": day or given["start"]}) or 0)


def total(items: Sequence[Item]) -> Decimal:
    """Add up what is open."""
    return sum((one.rest for one in items), ZERO)
