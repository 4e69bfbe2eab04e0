"""The bank adjustment table (余额调节表): the balances of bank and books, each with what only the other side has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import func, select

from hanse import Context
from hanse_banking.items import Item, bank_items, book_items, books_before, total
from hanse_banking.models import BankLine, BankStatement, HouseAccount


@dataclass(frozen=True, slots=True)
class Adjustment:
    """How bank and books stood at the end of a day.

    :ivar bank: balance by the lines of statements
    :ivar books: balance of the account of the books, in the currency of the bank account
    :ivar not_in_bank: entries that the bank had not yet; positive ones are receipts
    :ivar not_in_books: lines of the bank that the books had not yet
    :ivar before: by how much the bank's balance before the first day was more than that of the books
    :ivar stated: the closing balance of the latest statement up to the day, None: there is none; ``until`` its last day
    """

    bank: Decimal
    books: Decimal
    not_in_bank: Sequence[Item]
    not_in_books: Sequence[Item]
    before: Decimal
    stated: Decimal | None
    until: date | None

    @property
    def bank_adjusted(self) -> Decimal:
        """The bank's balance with what it had not yet."""
        return self.bank + total(self.not_in_bank)

    @property
    def books_adjusted(self) -> Decimal:
        """The books' balance with what they had not yet."""
        return self.books + total(self.not_in_books)

    @property
    def difference(self) -> Decimal:
        """What is left; never anything but what lay between them before the first day."""
        return self.bank_adjusted - self.books_adjusted


def adjust(ctx: Context, bank: HouseAccount, on: date) -> Adjustment:
    """Work out how an account stood at the end of a day; matches with what came later do not count yet."""
    earlier = books_before(ctx, bank)
    if bank.start is not None:
        on = max(on, bank.start - timedelta(days=1))  # nothing is known of what came before
    latest = (
        select(BankStatement.closing, BankStatement.end)
        .where(BankStatement.company_id == ctx.company.id, BankStatement.bank_id == bank.id, BankStatement.end <= on)
        .order_by(BankStatement.end.desc(), BankStatement.id.desc())
        .limit(1)
    )
    stated = ctx.session.execute(latest).first()
    return Adjustment(
        bank=balance_at(ctx, bank, on),
        books=books_before(ctx, bank, on + timedelta(days=1)),
        not_in_bank=book_items(ctx, bank, on),
        not_in_books=bank_items(ctx, bank, on),
        before=bank.opening - earlier,
        stated=stated[0] if stated else None,
        until=stated[1] if stated else None,
    )


def balance_at(ctx: Context, bank: HouseAccount, on: date) -> Decimal:
    """Give the bank's balance at the end of a day by the lines of its statements."""
    query = select(func.coalesce(func.sum(BankLine.amount), 0)).where(
        BankLine.company_id == ctx.company.id, BankLine.bank_id == bank.id, BankLine.day <= on
    )
    return bank.opening + Decimal(ctx.session.scalar(query) or 0)


__all__ = ["Adjustment", "adjust", "balance_at"]
