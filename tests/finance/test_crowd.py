"""What many bookkeepers at once may rely on: no gap, duplicate, lost balance or deadlock, whatever rolls back.

Real connections, each thread its own; every step commits or, at random, is thrown away at its very end.
"""

from __future__ import annotations

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bookkeeping import CHART, Ledger, act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, event, func, select, text

from hanse.cli.main import main
from hanse.errors import BusinessError
from hanse.testing import TrialDatabase
from hanse.testing.databases import Databases
from hanse.testing.people import open_for_admin
from hanse_finance import books, reports
from hanse_finance.models import Reversal, Voucher, VoucherLine, VoucherState

WORKERS = 8
MONTHS = ("2025-01-31", "2025-02-28", "2026-01-15")


class Regret(Exception):
    """Whoever did the last step takes it back."""


@pytest.fixture(scope="module")
def house(databases: Databases) -> Iterator[TrialDatabase]:
    """A database with books of two years, in which receivables ask for a customer."""
    with databases.copy() as database:
        with database.session() as session, session.begin():
            ledger = Ledger(open_for_admin(session)).open(2025, 2026)
            ledger.dimension("customer", "C1", "C2", "C3")
            ledger.require("1122", "customer")
        yield database


def in_ledger(database: TrialDatabase, step: Callable[[Ledger], Any]) -> Any:
    """Do a step in a transaction of its own."""
    with database.session() as session, session.begin():
        return step(Ledger(open_for_admin(session)))


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """Do all of this at once, each in a thread, all beginning together; give what each gave."""
    start = threading.Barrier(len(work))

    def begin(one: Callable[[], Any]) -> Any:
        start.wait()
        return one()

    with ThreadPoolExecutor(len(work)) as pool:
        return [future.result() for future in [pool.submit(begin, one) for one in work]]


def some_lines(ledger: Ledger, dice: random.Random) -> list[dict[str, Any]]:
    """Write two to five lines in random order that balance; some are red."""
    sets = list(ledger.maker.session.scalars(text("SELECT id FROM finance_dimension_set ORDER BY id")))
    amounts = [Decimal(dice.randint(-5000, 9999)) / 100 or Decimal(1) for _line in range(dice.randint(1, 4))]
    amounts.append(-sum(amounts))
    lines = []
    for amount in amounts:
        code = dice.choice(CHART)[0]
        side, value = ("debit", amount) if dice.random() < 0.5 else ("credit", -amount)
        more = {"details": dice.choice(sets)} if code == "1122" else {}
        if value:
            lines.append({"summary": "crowd", "account": ledger.account(code), side: value, **more})
    dice.shuffle(lines)
    return lines


def write(ledger: Ledger, dice: random.Random) -> None:
    values = [
        {"day": date.fromisoformat(dice.choice(MONTHS)), "lines": some_lines(ledger, dice)}
        for _voucher in range(dice.randint(1, 4))
    ]
    ledger.maker.run(act("finance.voucher.create"), values=values)


def step(verb: str, state: VoucherState) -> Callable[[Ledger, random.Random], None]:
    """Do something with up to three vouchers in a state, which others may want too."""

    def do(ledger: Ledger, dice: random.Random) -> None:
        ids = ledger.maker.all(Voucher, Voucher.state == state).ids
        chosen = dice.sample(ids, min(len(ids), 3))
        if chosen:
            by = ledger.maker if verb == "reverse" else ledger.auditor
            by.run(act(f"finance.voucher.{verb}"), chosen, **({"on": date(2026, 1, 31)} if verb == "reverse" else {}))

    return do


STEPS = [
    write,
    write,
    step("audit", VoucherState.DRAFT),
    step("audit", VoucherState.DRAFT),
    step("post", VoucherState.AUDITED),
    step("post", VoucherState.AUDITED),
    step("unaudit", VoucherState.AUDITED),
    step("reverse", VoucherState.POSTED),
]


def work(database: TrialDatabase, seed: int, steps: int) -> int:
    """Do random steps; a quarter of them is thrown away.  Counts those that were kept."""
    dice, kept = random.Random(seed), 0
    for _step in range(steps):
        chosen, regret = dice.choice(STEPS), dice.random() < 0.25

        def one(ledger: Ledger, chosen: Any = chosen, regret: bool = regret) -> None:
            chosen(ledger, dice)
            if regret:
                raise Regret

        try:
            in_ledger(database, one)
            kept += 1
        except (Regret, BusinessError):  # somebody else was first
            continue
    return kept


def check_books(database: TrialDatabase) -> None:
    """Check all invariants of the books (specs: finance, b1)."""
    in_ledger(database, _check)


def _check(ledger: Ledger) -> None:
    ctx, session = ledger.maker, ledger.maker.session
    assert [str(one) for one in books.differences(ctx)] == []
    taken = defaultdict(list)
    for period, word, number in session.execute(
        select(Voucher.period_id, Voucher.word_id, Voucher.number).where(Voucher.number.is_not(None))
    ):
        taken[period, word].append(number)
    assert all(sorted(numbers) == list(range(1, len(numbers) + 1)) for numbers in taken.values()), "gap or duplicate"
    sums = select(func.sum(VoucherLine.base)).group_by(VoucherLine.voucher_id)
    assert set(session.scalars(sums)) <= {Decimal(0)}
    for code in ("2025-01", "2025-02", "2025", "2026-01", "2026"):
        rows = reports.trial_balance(ctx, reports.span_of(ctx, code))
        for column in ("base_opening", "base_closing"):
            assert sum(getattr(row, column) for row in rows) == 0
        assert sum(row.base_debit - row.base_credit for row in rows) == 0
    _check_details(ledger)
    _check_reversals(ledger)


def _check_details(ledger: Ledger) -> None:
    """The balances of all customers are the balance of receivables, period by period."""
    each = (
        "SELECT year_id, number, sum(debit), sum(credit) FROM {} "
        "WHERE account_id = :account GROUP BY 1, 2 ORDER BY 1, 2"
    )
    account = {"account": ledger.account("1122")}
    tables = ("finance_balance", "finance_dimension_balance")
    control, details = (ledger.maker.session.execute(text(each.format(table)), account).all() for table in tables)
    assert control == details


def _check_reversals(ledger: Ledger) -> None:
    """A reversal and its original are nothing together, on every account, side and set."""
    session = ledger.maker.session
    for red, original in session.execute(select(Reversal.voucher_id, Reversal.original_id)).all():
        query = select(func.sum(VoucherLine.debit), func.sum(VoucherLine.credit), func.sum(VoucherLine.base))
        rows = session.execute(
            query.where(VoucherLine.voucher_id.in_([red, original])).group_by(
                VoucherLine.account_id, VoucherLine.details_id
            )
        ).all()
        assert {value for row in rows for value in row if value is not None} == {Decimal(0)}


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_books_stay_right_when_eight_people_work_at_once_and_take_much_back(house, seed):
    before = in_ledger(house, lambda ledger: len(ledger.maker.all(Voucher, Voucher.state == VoucherState.POSTED)))
    kept = at_once(*[lambda n=n: work(house, seed + n, steps=8) for n in range(WORKERS)])
    check_books(house)
    after = in_ledger(house, lambda ledger: len(ledger.maker.all(Voucher, Voucher.state == VoucherState.POSTED)))
    assert after >= before, "what is posted stays posted"
    assert sum(kept) > 0


def _audited(ledger: Ledger, lines: list[tuple[str, str]], on: str = "2025-01-31") -> int:
    return ledger.audited(lines, on=on).id


def test_two_who_post_the_same_accounts_in_opposite_order_do_not_wait_for_each_other_forever(house):
    forth, back = [(code, "1") for code in ("1001", "1002", "2202")], [(code, "1") for code in ("2202", "1002", "1001")]
    vouchers = in_ledger(
        house,
        lambda ledger: [_audited(ledger, [*lines, ("5001", "-3")]) for lines in (forth, back) for _times in range(6)],
    )
    halves = vouchers[:6], vouchers[6:]
    at_once(
        *[
            lambda ids=ids: [
                in_ledger(house, lambda ledger, one=one: ledger.auditor.run(act("finance.voucher.post"), [one]))
                for one in ids
            ]
            for ids in halves
        ]
    )
    check_books(house)


def test_two_batches_over_several_periods_do_not_wait_for_each_other_forever(house):
    days = ["2025-01-31", "2026-01-15", "2025-02-28"]
    made = in_ledger(
        house,
        lambda ledger: [
            [_audited(ledger, [("1001", "1"), ("5001", "-1")], on) for on in order]
            for order in (days, days[::-1])
            for _times in range(2)
        ],
    )
    at_once(
        *[
            lambda ids=ids: in_ledger(house, lambda ledger: ledger.auditor.run(act("finance.voucher.post"), ids))
            for ids in made
        ]
    )
    check_books(house)


def test_one_voucher_is_posted_once_and_reversed_once_however_many_try(house):
    def attempt(verb: str, record: int, **params: Any) -> bool:
        try:
            in_ledger(house, lambda ledger: ledger.auditor.run(act(f"finance.voucher.{verb}"), [record], **params))
        except BusinessError:
            return False
        return True

    voucher = in_ledger(house, lambda ledger: _audited(ledger, [("1001", "1"), ("5001", "-1")]))
    assert sorted(at_once(*[lambda: attempt("post", voucher)] * 4)) == [False, False, False, True]
    assert sorted(at_once(*[lambda: attempt("reverse", voucher, on=date(2025, 2, 1))] * 4)) == [
        False,
        False,
        False,
        True,
    ]
    check_books(house)


def test_two_who_post_accounts_that_do_not_meet_get_numbers_that_do(on_disk, own_database):
    with on_disk() as ledger:
        pairs = [[("1001", "1"), ("5001", "-1")], [("1002", "1"), ("3001", "-1")], [("6001", "1"), ("2202", "-1")]]
        first, second, third = (_audited(ledger, pair) for pair in pairs)
    with on_disk() as ledger:
        ledger.do("post", ledger.read(first))
        after = beside(
            own_database, lambda: in_ledger(own_database, lambda other: other.post(other.read(second)).number)
        )
    assert after.result() == 2
    with pytest.raises(Regret), on_disk() as ledger:
        ledger.do("post", ledger.read(third))
        raise Regret
    with on_disk() as ledger:
        assert ledger.post(ledger.read(third)).number == 3


def beside(database: TrialDatabase, work: Callable[[], Any]) -> Future[Any]:
    """Begin to do something in a thread, and wait until it is done or has to wait for us."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    with database.engine.connect() as connection:
        while not future.done() and not connection.execute(waiting).scalar_one():
            connection.rollback()
            time.sleep(0.01)
    return future


def test_what_is_written_while_its_period_is_closed_is_refused(on_disk, own_database):
    with on_disk() as ledger:
        ledger.close("2025-01")
        late = beside(own_database, lambda: in_ledger(own_database, lambda other: other.voucher(on="2025-01-20")))
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        late.result()


def test_what_is_posted_while_its_period_is_closed_is_refused(on_disk, own_database):
    with on_disk() as ledger:
        waiting = _audited(ledger, [("1001", "1"), ("5001", "-1")])
    with on_disk() as ledger:
        ledger.maker.session.execute(text("UPDATE finance_period SET state = 'closed' WHERE code = '2025-01'"))
        late = beside(own_database, lambda: in_ledger(own_database, lambda other: other.post(other.read(waiting))))
    with pytest.raises(BusinessError, match="2025-01 is closed"):
        late.result()


def test_a_period_is_not_closed_before_what_is_being_written_into_it_is_known(on_disk, own_database):
    with on_disk() as ledger:
        ledger.voucher(on="2025-01-20")
        closing = beside(own_database, lambda: in_ledger(own_database, lambda other: other.close("2025-01")))
    with pytest.raises(BusinessError, match="1 vouchers of 2025-01 are not posted"):
        closing.result()


def test_a_year_opened_while_somebody_posts_begins_with_what_they_posted(on_disk, own_database):
    opening = {"values": [{"start": date(2026, 1, 1)}]}
    with on_disk() as ledger:
        waiting = _audited(ledger, [("1001", "1"), ("5001", "-1")])
    with on_disk() as ledger:
        ledger.do("post", ledger.read(waiting))
        later = beside(
            own_database,
            lambda: in_ledger(
                own_database, lambda other: other.maker.run(act("finance.fiscal_year.create"), **opening)
            ),
        )
    later.result()
    with on_disk() as ledger:
        assert ledger.trial("2026-01")["1001"] == ("1", "0", "0", "1")
        assert ledger.differences() == []


def test_what_is_posted_while_balances_are_rebuilt_counts_once(on_disk, own_database):
    """Tried between taking the old balances away and writing the new ones."""
    with on_disk() as ledger:
        waiting = _audited(ledger, [("1001", "1"), ("5001", "-1")])
    posting: list[Future[Any]] = []

    def post_now(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INSERT INTO finance_balance" in statement and not posting:
            posting.append(
                beside(own_database, lambda: in_ledger(own_database, lambda other: other.post(other.read(waiting))))
            )

    with on_disk() as ledger:
        event.listen(ledger.maker.session.connection(), "before_cursor_execute", post_now)
        books.rebuild(ledger.maker)
    posting[0].result()
    with on_disk() as ledger:
        assert ledger.trial("2025-01")["1001"] == ("0", "1", "0", "1")
        assert ledger.differences() == []


# --- the check finds what it is for

_ONE_BALANCE = "WHERE id = (SELECT id FROM finance_balance WHERE debit <> 0"
_ONE_DETAIL = "WHERE id = (SELECT id FROM finance_dimension_balance WHERE debit <> 0"


@pytest.fixture
def command(house, tmp_path, monkeypatch) -> Callable[..., int]:
    """Run ``hanse db rebuild-balances`` on the house."""
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    monkeypatch.setenv("HANSE_DATABASE_URL", house.url)
    monkeypatch.setenv("HANSE_DATABASE_OWNER_URL", house.owner_url)
    return lambda *more: main(["db", "rebuild-balances", *more])


@pytest.mark.parametrize(
    "tampering",
    [
        f"UPDATE finance_balance SET debit = debit + 0.01 {_ONE_BALANCE} AND number > 0 LIMIT 1)",
        f"UPDATE finance_balance SET base_credit = base_credit - 1 {_ONE_BALANCE} AND number > 0 LIMIT 1)",
        f"UPDATE finance_balance SET debit = debit + 1 {_ONE_BALANCE} AND number = 0 LIMIT 1)",
        f"DELETE FROM finance_balance {_ONE_BALANCE} LIMIT 1)",
        f"UPDATE finance_dimension_balance SET credit = credit + 1 {_ONE_DETAIL} LIMIT 1)",
    ],
)
def test_the_check_finds_one_altered_balance_and_rebuilding_mends_it(house, command, capsys, tampering):
    def prepared(ledger: Ledger) -> None:
        (set_id, *_others) = ledger.maker.session.scalars(text("SELECT id FROM finance_dimension_set ORDER BY id"))
        ledger.posted([("1122", "8", {"details": set_id}), ("5001", "-8")], on="2025-01-31")

    in_ledger(house, prepared)
    assert command("--check") == 0
    engine = create_engine(house.owner_url)
    with engine.begin() as connection:
        assert connection.execute(text(tampering)).rowcount == 1
    engine.dispose()
    capsys.readouterr()
    assert command("--check") == 1
    printed = capsys.readouterr().out
    assert printed.count("the lines say") == 1
    assert "Hanse Trading: finance_" in printed
    assert command() == 0
    assert command("--check") == 0
    check_books(house)
