"""What was matched: lines of statements with entries of the books, as rows of their own."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from hanse import Check, Index, Mapped, Model, Trigger, _, link, moment, money, text
from hanse.directory.models import User
from hanse.models import kinds
from hanse_banking.models.accounts import HouseAccount
from hanse_banking.models.statements import BankLine
from hanse_finance.models import VoucherLine


class BankMatch(Model):
    """That amounts on both sides are the same money; ``last`` is the latest day among its parts."""

    __tablename__ = "banking_match"
    __general__ = False
    __display__ = ("reason",)
    bank: Mapped[HouseAccount] = link(_("Bank account"), readonly=True)
    last: Mapped[date] = kinds.day(_("Last day"), readonly=True)
    amount: Mapped[Decimal] = money(_("Amount"), currency="bank.currency", readonly=True)
    reason: Mapped[str] = text(_("Reason"), readonly=True, search=True)
    score: Mapped[int | None] = kinds.number(_("Score"), readonly=True, help=_("Of the proposal it was; of 100."))
    user: Mapped[User] = link(_("Matched by"), readonly=True, index=False)
    at: Mapped[datetime] = moment(_("Matched at"), readonly=True)
    parts: Mapped[list[MatchPart]] = kinds.lines(_("Parts"), owned=True)

    __rules__ = [Index("bank_id", "last")]

    if TYPE_CHECKING:
        bank_id: Mapped[int]
        user_id: Mapped[int]


# Whoever matches holds the bank account's row, so nobody else adds parts meanwhile; this is the second wall.
_AGREES = (
    "SELECT p.match_id INTO wrong FROM banking_match_part p WHERE p.match_id IN (SELECT match_id FROM fresh) "
    "GROUP BY p.match_id HAVING sum(CASE WHEN p.line_id IS NULL THEN -p.amount ELSE p.amount END) <> 0 LIMIT 1; "
    "IF wrong IS NOT NULL THEN RAISE EXCEPTION 'hanse:sides_agree match %', wrong USING ERRCODE = 'HA001'; END IF; "
    "PERFORM FROM banking_line b WHERE b.id IN (SELECT line_id FROM fresh) ORDER BY b.id FOR NO KEY UPDATE; "
    "SELECT b.id INTO wrong FROM banking_line b JOIN banking_match_part p ON p.line_id = b.id "
    "WHERE b.id IN (SELECT line_id FROM fresh) GROUP BY b.id, b.amount "
    "HAVING abs(sum(p.amount)) > abs(b.amount) LIMIT 1; "
    "IF wrong IS NOT NULL THEN RAISE EXCEPTION 'hanse:matched_once line %', wrong USING ERRCODE = 'HA001'; END IF; "
    "RETURN NULL;"
)


class MatchPart(Model):
    """An amount of a line of a statement, or of an entry, that is matched; the rest of it stays open."""

    __tablename__ = "banking_match_part"
    __general__ = False
    __display__ = ()
    match: Mapped[BankMatch] = link(_("Match"), ondelete="CASCADE", readonly=True)
    line: Mapped[BankLine | None] = link(_("Bank line"), readonly=True)
    # Posted lines are never deleted; a foreign key would ask for another index over all lines of the books.
    entry: Mapped[VoucherLine | None] = link(_("Entry"), checked=False, readonly=True)
    amount: Mapped[Decimal] = money(_("Amount"), currency="match.bank.currency", readonly=True)

    __rules__ = [
        Check("one", "num_nonnulls(line_id, entry_id) = 1", error=_("A part is of the bank or of the books.")),
        Check("amount", "amount <> 0", error=_("A part has an amount.")),
        Trigger(
            "sides_agree",
            "AFTER INSERT",
            _AGREES,
            errors=(
                ("sides_agree", _("What is matched on both sides does not have the same sum.")),
                ("matched_once", _("Somebody has matched this line meanwhile.")),
            ),
            statement=True,
            declare="wrong bigint;",
        ),
    ]

    if TYPE_CHECKING:
        match_id: Mapped[int]
        line_id: Mapped[int | None]
        entry_id: Mapped[int | None]


__all__ = ["BankMatch", "MatchPart"]
