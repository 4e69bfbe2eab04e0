"""The demonstration: the bank account of the company, with two statements of December 2025 of which one is reconciled.

The bank says what the books say, but for what makes the table of differences worth a look: the last payments have not
reached it yet, and it has booked a fee and interest that nobody has entered.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from sqlalchemy import select

from hanse import Context
from hanse.files import FileStore, uploads
from hanse_banking.actions.statements import as_values
from hanse_banking.items import Item, book_items, books_before
from hanse_banking.models import HouseAccount
from hanse_banking.reading.found import FoundLine, FoundStatement
from hanse_finance.models import Account
from hanse_finance.setup import action

_ACCOUNT = "100201"
_BANK = ("工商银行基本户", "中国工商银行上海示例支行", "1001000000000000001")
#: The first statement is reconciled, the second is not; the last entries are still on their way to the bank.
FIRST, MIDDLE, LAST = date(2025, 12, 1), date(2025, 12, 10), date(2025, 12, 20)
_ON_THEIR_WAY = 3
_ONLY_AT_THE_BANK = (
    (date(2025, 12, 18), Decimal("-120.00"), "对公账户管理费"),
    (date(2025, 12, 20), Decimal("463.27"), "存款利息"),
)


def load_statements(ctx: Context, files: FileStore) -> None:
    """Load the bank account and its statements; nothing where these books are not there."""
    account = ctx.session.scalar(
        select(Account.id).where(Account.company_id == ctx.company.id, Account.code == _ACCOUNT, Account.postable)
    )
    if account is None:
        return
    name, bank, number = _BANK
    values = {"name": name, "bank": bank, "number": number, "account": account, "currency": ctx.company.currency_id}
    made = ctx.run(action("banking.account.create"), values=[values | {"start": FIRST}]).done[0]
    house = ctx.all(HouseAccount, HouseAccount.id == made).one()
    opening = books_before(ctx, house)
    ctx.run(action("banking.account.update"), [made], values={"opening": opening})
    entries = [one for one in book_items(ctx, house, LAST) if one.day >= FIRST]
    early = [one for one in entries if one.day <= MIDDLE]
    late = [one for one in entries if one.day > MIDDLE][:-_ON_THEIR_WAY]
    closing = _read(ctx, files, made, FIRST, MIDDLE, [_line(place, one) for place, one in enumerate(early, 1)], opening)
    ctx.run(action("banking.account.accept"), [made])
    rows = [_line(place, one) for place, one in enumerate(late, 1)]
    rows += [
        FoundLine(len(rows) + place, day, amount, purpose=purpose)
        for place, (day, amount, purpose) in enumerate(_ONLY_AT_THE_BANK, 1)
    ]
    _read(ctx, files, made, MIDDLE + timedelta(days=1), LAST, sorted(rows, key=lambda one: one.day), closing)


def _line(place: int, entry: Item) -> FoundLine:
    """Say an entry as the bank has it."""
    return FoundLine(place, entry.day, entry.amount, purpose=entry.words)


def _read(
    ctx: Context, files: FileStore, bank: int, first: date, last: date, lines: Sequence[FoundLine], opening: Decimal
) -> Decimal:
    """Store a statement as the file that a bank would give, and have it read; give its closing balance."""
    closing = opening + sum((one.amount for one in lines), Decimal(0))
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["交易日期", "收入", "支出", "摘要"])
    for one in lines:
        income, spent = (one.amount, "") if one.amount > 0 else ("", -one.amount)
        writer.writerow([one.day.isoformat(), income, spent, one.purpose])
    name = f"{_BANK[0]} {first:%Y%m%d}-{last:%Y%m%d}.csv"
    stored = uploads.take(files, name, io.BytesIO(out.getvalue().encode("utf-8-sig")), 1)
    found = FoundStatement(
        tuple(lines), f"{first:%Y%m%d}-{last:%Y%m%d}", _BANK[2], ctx.company.currency, first, last, opening, closing
    )
    ctx.run(action("banking.account.read"), [bank], stored=stored, statements=[as_values(found)])
    return closing


__all__ = ["load_statements"]
