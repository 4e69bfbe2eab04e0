"""What two people may rely on who match the same line at once: one does, the other is told."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from banking_house import Bank
from bookkeeping import Ledger
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hanse import BusinessError
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin
from hanse_banking.models import BankMatch


@pytest.fixture
def house(databases: Databases) -> Iterator[TrialDatabase]:
    """A database with one line of the bank and two entries it could be."""
    with databases.copy() as database:
        with database.session() as session, session.begin():
            bank = Bank(Ledger(open_for_admin(session)).open())
            bank.statement([("2025-03-10", "100")])
            bank.entry("100")
            bank.entry("100", on="2025-03-11")
        yield database


def test_two_who_match_the_same_line_at_once(house: TrialDatabase):
    start = Barrier(2)

    def match(which: int) -> str:
        with house.session() as session, session.begin():
            bank = Bank(Ledger(open_for_admin(session)))
            line, entry = bank.lines(), [bank.entries()[which]]
            start.wait()
            try:
                bank.match(line, entry)
            except BusinessError as error:
                return str(error)
            return "matched"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(match, range(2)))
    assert said[1] == "matched"
    assert "already" in said[0]
    with house.session() as session, session.begin():
        bank = Bank(Ledger(open_for_admin(session)))
        assert len(bank.ctx.all(BankMatch)) == 1
        assert len(bank.entries()) == 1


def test_the_database_refuses_more_than_a_line_has_and_sides_that_differ(house: TrialDatabase):
    """The second wall, under whatever would go past the action."""

    def parts(*amounts: tuple[str, int]) -> None:
        with house.session() as session, session.begin():
            bank = Bank(Ledger(open_for_admin(session)))
            line, entries = bank.lines()[0], bank.entries()
            match = session.scalar(
                text(
                    "INSERT INTO banking_match (company_id, bank_id, last, amount, reason, user_id, at) "
                    "VALUES (:company, :bank, '2025-03-10', 1, 'x', :user, now()) RETURNING id"
                ),
                {"company": bank.ctx.company.id, "bank": bank.id, "user": bank.ctx.user.id},
            )
            rows = ", ".join(
                f"({bank.ctx.company.id}, {match}, {line.id if side == 'line' else 'NULL'}, "
                f"{entries[0].id if side == 'entry' else 'NULL'}, {amount})"
                for side, amount in amounts
            )
            columns = "company_id, match_id, line_id, entry_id, amount"
            session.execute(text(f"INSERT INTO banking_match_part ({columns}) VALUES {rows}"))

    with pytest.raises(DBAPIError, match="sides_agree"):
        parts(("line", 60), ("entry", 50))
    with pytest.raises(DBAPIError, match="matched_once"):
        parts(("line", 160), ("entry", 160))
    parts(("line", 100), ("entry", 100))
