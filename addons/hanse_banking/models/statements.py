"""Statements of bank accounts, and the lines that were read from them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Index, Mapped, Model, StoredFile, Unique, _, file, link, money, text
from hanse.models import kinds
from hanse_banking.models.accounts import HouseAccount


class BankStatement(Model):
    """A statement, with the file it was read from, unchanged.

    ``count`` lines are in the file; those that another statement had brought already are not here again.
    """

    __tablename__ = "banking_statement"
    __general__ = False
    __display__ = ("number",)
    bank: Mapped[HouseAccount] = link(_("Bank account"), readonly=True)
    number: Mapped[str] = text(_("Statement"), max_length=60, readonly=True, search=True)
    start: Mapped[date] = kinds.day(_("From"), readonly=True)
    end: Mapped[date] = kinds.day(_("To"), readonly=True)
    opening: Mapped[Decimal] = money(_("Opening balance"), currency="bank.currency", readonly=True)
    closing: Mapped[Decimal] = money(_("Closing balance"), currency="bank.currency", readonly=True)
    count: Mapped[int] = kinds.number(_("Lines in the file"), readonly=True)
    source: Mapped[StoredFile] = file(_("File"), readonly=True)
    digest: Mapped[str] = text(_("Checksum (SHA-256)"), max_length=64, readonly=True)
    lines: Mapped[list[BankLine]] = kinds.lines(_("Lines"), owned=True, order_by="number")

    __rules__ = [
        Unique("bank", "digest", "number", error=_("This file was read already.")),
        Check("days", 'start <= "end"', error=_("A statement ends no earlier than it begins.")),
        Index("bank_id", "end"),
    ]

    if TYPE_CHECKING:
        bank_id: Mapped[int]


class BankLine(Model):
    """A line of a statement: ``amount`` is positive where money came in.

    ``key`` tells it from others: day, amount and the bank's reference, or, without one, counterparty and purpose, and
    which of several alike it is; so statements that overlap bring nothing twice.
    """

    __tablename__ = "banking_line"
    __general__ = False
    __display__ = ("purpose",)
    statement: Mapped[BankStatement] = link(_("Statement"), ondelete="CASCADE", readonly=True)
    bank: Mapped[HouseAccount] = link(_("Bank account"), readonly=True, index=False)
    number: Mapped[int] = kinds.number(_("Line"), readonly=True)
    day: Mapped[date] = kinds.day(_("Date"), readonly=True)
    amount: Mapped[Decimal] = money(_("Amount"), currency="bank.currency", readonly=True)
    counterparty: Mapped[str | None] = text(_("Counterparty"), readonly=True, search=True)
    counterparty_account: Mapped[str | None] = text(_("Counterparty's account"), max_length=60, readonly=True)
    purpose: Mapped[str | None] = text(_("Purpose"), max_length=400, readonly=True, search=True)
    reference: Mapped[str | None] = text(_("Bank reference"), max_length=120, readonly=True, search=True)
    key: Mapped[str] = text(_("Key"), max_length=64, readonly=True)

    __rules__ = [
        Unique("bank", "key", error=_("A statement has brought this line already.")),
        Check("amount", "amount <> 0", error=_("A line of a statement moves an amount.")),
        Index("bank_id", "day"),
    ]

    if TYPE_CHECKING:
        statement_id: Mapped[int]
        bank_id: Mapped[int]


__all__ = ["BankLine", "BankStatement"]
