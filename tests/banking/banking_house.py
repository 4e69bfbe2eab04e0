"""A bank account with short ways to bring statements and to match."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from bookkeeping import Ledger, act

from hanse import StoredFile
from hanse_banking.actions.statements import as_values
from hanse_banking.items import Item, bank_items, book_items
from hanse_banking.models import HouseAccount
from hanse_banking.reading import FoundLine, FoundStatement, read_statements

Row = tuple[str, str] | tuple[str, str, dict[str, str]]


class Bank:
    """The bank account of account 1002, and the books it belongs to."""

    def __init__(self, ledger: Ledger, account: str = "1002", currency: str = "CNY") -> None:
        self.ledger, self.ctx = ledger, ledger.maker
        there = self.ctx.all(HouseAccount).ids
        values = {"name": "Bank", "account": ledger.account(account), "currency": ledger.currency(currency)}
        self.id = there[0] if there else self.ctx.run(act("banking.account.create"), values=[values]).id

    @property
    def record(self) -> HouseAccount:
        """The account as it is now."""
        return self.ctx.all(HouseAccount, HouseAccount.id == self.id).one()

    def statement(self, rows: Sequence[Row], *, opening: str = "0", **more: Any) -> dict[str, int]:
        """Bring a statement: ``("2025-03-10", "100")`` is money in."""
        lines = tuple(
            FoundLine(place, date.fromisoformat(day), Decimal(amount), **(rest[0] if rest else {}))
            for place, (day, amount, *rest) in enumerate(rows, start=1)
        )
        return self.bring(
            [FoundStatement(lines, opening=Decimal(opening), **more)], repr((rows, opening, more)).encode()
        )

    def bring(self, found: Sequence[FoundStatement], content: bytes) -> dict[str, int]:
        """Bring what readers found in a file."""
        stored = StoredFile.of(hashlib.sha256(content).hexdigest(), len(content), "statement.csv")
        values = [as_values(one) for one in found]
        result: dict[str, int] = self.ctx.run(
            act("banking.account.read"), [self.id], stored=stored, statements=values
        ).result
        return result

    def read(self, content: bytes) -> dict[str, int]:
        """Read a file and bring it."""
        return self.bring(read_statements(content, self.record.columns), content)

    def entry(self, amount: str, on: str = "2025-03-10", summary: str = "test") -> None:
        """Post an entry of the bank account; positive is a receipt."""
        against = str(-Decimal(amount))
        self.ledger.posted([("1002", amount, {"summary": summary}), ("5001", against)], on=on)

    def lines(self) -> list[Item]:
        """The open lines of the bank."""
        return bank_items(self.ctx, self.record)

    def entries(self) -> list[Item]:
        """The open entries."""
        return book_items(self.ctx, self.record)

    def do(self, verb: str, **params: Any) -> Any:
        """Do something with the account."""
        return self.ctx.run(act(f"banking.account.{verb}"), [self.id], **params)

    def match(self, lines: Sequence[Item], entries: Sequence[Item], **params: Any) -> Any:
        """Match by hand."""
        return self.do("match", lines=[one.id for one in lines], entries=[one.id for one in entries], **params)
