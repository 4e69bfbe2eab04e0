"""What the books may rely on whatever is done to them, in any order: a model in Python keeps the same books."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

import pytest
from bookkeeping import CHART, Ledger, act
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hanse.database.session import HanseSession
from hanse.errors import BusinessError
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin
from hanse_finance import books, reports
from hanse_finance.models import PeriodState, Voucher, VoucherState

CODES = [code for code, *_rest in CHART]
DAYS = st.sampled_from([date(2025, 1, 15), date(2025, 2, 1), date(2025, 12, 31), date(2026, 1, 1)])
CENTS = st.integers(-(10**6), 10**6).filter(bool).map(lambda cents: Decimal(cents) / 100)
LINE = st.tuples(st.sampled_from(CODES), st.sampled_from(["debit", "credit"]), CENTS)
Movement = tuple[str, str, Decimal]


class Bookkeeping(RuleBasedStateMachine):
    """Real books in a transaction that is rolled back, and beside them ``posted``: what each posted voucher moves."""

    database: ClassVar[TrialDatabase]

    @initialize()
    def open_books(self) -> None:
        self.connection = self.database.engine.connect()
        self.outer = self.connection.begin()
        self.session = HanseSession(self.connection, join_transaction_mode="create_savepoint", expire_on_commit=False)
        self.ledger = Ledger(open_for_admin(self.session)).open(2025)
        self.states: dict[int, VoucherState] = {}
        self.moves: dict[int, tuple[date, list[Movement]]] = {}
        self.closed: set[str] = set()
        self.reversed: set[int] = set()
        self.red: dict[int, int] = {}
        self.years = {2025}

    def teardown(self) -> None:
        if hasattr(self, "session"):
            self.session.close()
            self.outer.rollback()
            self.connection.close()

    def some(self, *states: VoucherState) -> list[int]:
        return [key for key, state in self.states.items() if state in states]

    def is_open(self, day: date) -> bool:
        return day.year in self.years and f"{day:%Y-%m}" not in self.closed

    def refused(self, allowed: bool, name: str, records: Any = None, **params: Any) -> Any:
        """Do it as the person whom it falls to; it must be refused exactly where the model says so."""
        by = self.ledger.auditor if name.split(".")[-1] in ("audit", "unaudit", "post") else self.ledger.maker
        try:
            outcome = by.run(act(name), records, **params)
        except BusinessError:
            assert not allowed, f"{name} was refused"
            return None
        assert allowed, f"{name} was not refused"
        return outcome

    @rule(
        day=DAYS, lines=st.lists(LINE, min_size=1, max_size=4), last=st.sampled_from(CODES), balanced=st.integers(0, 5)
    )
    def write(self, day: date, lines: list[Movement], last: str, balanced: int) -> None:
        total = sum((amount if side == "debit" else -amount for _code, side, amount in lines), Decimal(0))
        rows = [*lines, (last, "credit", total if balanced else total + 1)]
        moves = [row for row in rows if row[2]]
        values = [{"summary": "s", "account": self.ledger.account(code), side: amount} for code, side, amount in moves]
        allowed = bool(balanced) and len(moves) > 1 and self.is_open(day)
        outcome = self.refused(allowed, "finance.voucher.create", values=[{"day": day, "lines": values}])
        if outcome:
            self.states[outcome.id], self.moves[outcome.id] = VoucherState.DRAFT, (day, moves)

    @rule(data=st.data(), verb=st.sampled_from(["audit", "unaudit", "void", "restore", "delete", "post"]))
    @precondition(lambda self: self.states)
    def step(self, data: st.DataObject, verb: str) -> None:
        start, end = {
            "audit": ("draft", "audited"),
            "unaudit": ("audited", "draft"),
            "void": ("draft", "void"),
            "restore": ("void", "draft"),
            "delete": ("draft void", None),
            "post": ("audited", "posted"),
        }[verb]
        key = data.draw(st.sampled_from(sorted(self.states)))
        allowed = self.states[key].value in start.split() and (verb != "post" or self.is_open(self.moves[key][0]))
        if self.refused(allowed, f"finance.voucher.{verb}", [key]):
            if end:
                self.states[key] = VoucherState(end)
            else:
                del self.states[key]
                self.reversed -= {original for original in self.reversed if self.red.get(original) == key}

    @rule(data=st.data(), day=DAYS)
    @precondition(lambda self: self.some(VoucherState.POSTED))
    def reverse(self, data: st.DataObject, day: date) -> None:
        key = data.draw(st.sampled_from(self.some(VoucherState.POSTED)))
        allowed = key not in self.reversed and self.is_open(day)
        outcome = self.refused(allowed, "finance.voucher.reverse", [key], on=day)
        if outcome:
            red = outcome.result[0]
            self.states[red] = VoucherState.DRAFT
            self.moves[red] = day, [(code, side, -amount) for code, side, amount in self.moves[key][1]]
            self.reversed.add(key)
            self.red[key] = red

    @rule(month=st.sampled_from(["2025-01", "2025-02", "2025-03"]))
    def close(self, month: str) -> None:
        waiting = [
            key for key in self.some(VoucherState.DRAFT, VoucherState.AUDITED) if f"{self.moves[key][0]:%Y-%m}" == month
        ]
        earlier = {f"2025-{number:02}" for number in range(1, int(month[-2:]))}
        allowed = not waiting and earlier <= self.closed and month not in self.closed
        if self.refused(allowed, "finance.period.close", [self.ledger.period(month)]):
            self.closed.add(month)

    @rule()
    @precondition(lambda self: self.closed)
    def reopen(self) -> None:
        month = max(self.closed)
        self.refused(
            month == min(self.closed), "finance.period.reopen", [self.ledger.period(min(self.closed))], reason="r"
        )
        if month == min(self.closed):
            self.closed.remove(month)

    @rule()
    @precondition(lambda self: 2026 not in self.years)
    def open_next_year(self) -> None:
        self.ledger.open(2026)
        self.years.add(2026)

    @invariant()
    def books_are_those_of_the_model(self) -> None:
        if not hasattr(self, "session"):
            return
        assert [str(one) for one in books.differences(self.ledger.maker)] == []
        for period in ["2025-01", "2025-02", "2025-12", "2025", *(["2026-01", "2026"] if 2026 in self.years else [])]:
            assert self.kept(period) == self.modelled(period), period

    @invariant()
    def numbers_have_no_gap(self) -> None:
        if hasattr(self, "session"):
            series: dict[int, list[int]] = defaultdict(list)
            for voucher in self.ledger.maker.all(Voucher, Voucher.state == VoucherState.POSTED):
                series[voucher.period_id].append(voucher.number or 0)
            assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in series.values())

    @invariant()
    def states_are_those_of_the_model(self) -> None:
        if hasattr(self, "session"):
            stored = self.ledger.maker.all(Voucher)
            assert dict(zip(stored.ids, stored[Voucher.state], strict=True)) == self.states
            assert (self.ledger.period("2025-01").state is PeriodState.CLOSED) == ("2025-01" in self.closed)

    def kept(self, period: str) -> dict[str, tuple[Decimal, ...]]:
        rows = reports.trial_balance(self.ledger.maker, reports.span_of(self.ledger.maker, period))
        return {row.code: (row.opening, row.debit, row.credit, row.closing) for row in rows if not row.is_zero}

    def modelled(self, period: str) -> dict[str, tuple[Decimal, ...]]:
        """Add up the posted vouchers: before the period, and in it by side."""
        sums: dict[str, list[Decimal]] = defaultdict(lambda: [Decimal(0)] * 3)
        for key in self.some(VoucherState.POSTED):
            day, moves = self.moves[key]
            inside, before = f"{day:%Y-%m}".startswith(period), f"{day:%Y-%m}"[: len(period)] < period
            for code, side, amount in moves:
                if before:
                    sums[code][0] += amount if side == "debit" else -amount
                elif inside:
                    sums[code][1 if side == "debit" else 2] += amount
        rows = {
            code: (opening, debit, credit, opening + debit - credit) for code, (opening, debit, credit) in sums.items()
        }
        return {code: row for code, row in rows.items() if any(row)}


@pytest.fixture
def machine(database: TrialDatabase) -> type[Bookkeeping]:
    """The machine, with a database to work in."""
    Bookkeeping.database = database
    return Bookkeeping


def test_books_agree_with_a_model_whatever_is_done_to_them(machine):
    profile = settings(max_examples=6, stateful_step_count=16, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=profile)
