"""What may be relied on when several people take over at once, over connections of their own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

from bookkeeping import Ledger, act

from hanse.errors import BusinessError
from hanse_finance.models import Opening, Period, Voucher, VoucherKind

OnDisk = Callable[[], AbstractContextManager[Ledger]]


def together(work: Callable[[int], str], count: int = 4) -> list[str]:
    """Do something several times at once; give what became of each."""
    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(work, range(count)))


def outcome(work: Callable[[], object]) -> str:
    try:
        work()
    except BusinessError:
        return "refused"
    return "done"


def test_taking_over_begins_once_however_many_begin(on_disk: OnDisk) -> None:
    def begin(_number: int) -> str:
        def work() -> None:
            with on_disk() as ledger:
                ledger.maker.run(act("finance.opening.begin"), period="2025-01")

        return outcome(work)

    assert together(begin) == ["done", "refused", "refused", "refused"]
    with on_disk() as ledger:
        assert len(ledger.maker.all(Opening).ids) == len(ledger.maker.all(Period, Period.number == 0).ids) == 1


def test_books_open_once_however_many_open_them(on_disk: OnDisk) -> None:
    with on_disk() as ledger:
        opening = ledger.maker.run(act("finance.opening.begin"), period="2025-01").id
        lines = [
            {"account": ledger.account("1001"), "balance": "100"},
            {"account": ledger.account("3001"), "balance": "-100"},
        ]
        ledger.maker.run(act("finance.opening.enter"), [opening], lines=lines)

    def open_books(_number: int) -> str:
        def work() -> None:
            with on_disk() as ledger:
                ledger.auditor.run(act("finance.opening.open"), [opening])

        return outcome(work)

    assert together(open_books) == ["done", "refused", "refused", "refused"]
    with on_disk() as ledger:
        assert len(ledger.maker.all(Voucher, Voucher.kind == VoucherKind.OPENING).ids) == 1
        assert ledger.trial("2025-01") == {"1001": ("100", "0", "0", "100"), "3001": ("-100", "0", "0", "-100")}
        assert ledger.differences() == []


def test_vouchers_posted_while_the_books_open_are_all_in_the_balances(on_disk: OnDisk) -> None:
    with on_disk() as ledger:
        opening = ledger.maker.run(act("finance.opening.begin"), period="2025-02").id
        lines = [
            {"account": ledger.account("1001"), "balance": "100", "debit": "40"},
            {"account": ledger.account("3001"), "balance": "-100", "credit": "40"},
        ]
        ledger.maker.run(act("finance.opening.enter"), [opening], lines=lines)

    def work(number: int) -> str:
        def step() -> None:
            with on_disk() as ledger:
                if number == 1:
                    ledger.auditor.run(act("finance.opening.open"), [opening])
                else:
                    ledger.posted([("1001", "1"), ("3001", "-1")], on="2025-02-10")

        return outcome(step)

    assert together(work) == ["done"] * 4
    with on_disk() as ledger:
        assert ledger.trial("2025-02")["1001"] == ("100", "3", "0", "103")
        assert ledger.differences() == []
