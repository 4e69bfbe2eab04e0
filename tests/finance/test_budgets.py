"""A budget beside what became of it: by account, by those below, by dimension; transfers do not count."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bookkeeping import Ledger, act

from hanse.screens import Given
from hanse.settings.changing import change_settings
from hanse_finance.models import FinanceSettings, FiscalYear, Transfers
from hanse_finance.screens.budgets import BUDGET


def plan(ledger: Ledger, code: str, **more: Any) -> None:
    year = ledger.maker.all(FiscalYear, FiscalYear.name == "2025").ids[0]
    values = {"year": year, "account": ledger.account(code)} | more
    ledger.maker.run(act("finance.budget_line.create"), values=[values])


def table(ledger: Ledger, period: str) -> list[tuple[Any, ...]]:
    rows = BUDGET.read(ledger.maker, Given({"period": period})).rows
    return [(row.values[0], row.values[2], *(value for value in row.values[3:])) for row in rows]


def test_what_was_spent_and_earned_stands_beside_the_plan_also_after_the_transfer(ledger):
    ledger.maker.run(
        act("finance.account.create"),
        values=[{"code": "3103", "name": "Profit of the year", "type": "equity", "side": "C"}],
    )
    change_settings(ledger.maker, FinanceSettings, {"transfers": Transfers.MONTHLY})
    sets = ledger.dimension("department", "Sales", "Office")
    ledger.require("6001", "department")
    plan(ledger, "6001", month_3=Decimal(100), month_4=Decimal(50))
    plan(ledger, "6001", details=sets["Sales"], month_3=Decimal(40))
    plan(ledger, "5001", month_3=Decimal(500))
    ledger.posted((("6001", "30", {"details": sets["Sales"]}), ("1002", "-30")))
    ledger.posted((("6001", "90", {"details": sets["Office"]}), ("1002", "-90")))
    ledger.posted((("1002", "250"), ("5001", "-250")))
    made = ledger.maker.run(act("finance.period.transfer_profit"), [ledger.period("2025-03").id]).result
    ledger.auditor.run(act("finance.voucher.audit_post"), made)
    assert table(ledger, "2025-03") == [
        ("5001", None, 500, 250, 250, "50 %"),
        ("6001", None, 100, 120, -20, "120 %"),
        ("6001", "Sales", 40, 30, 10, "75 %"),
    ]
    assert table(ledger, "2025")[1] == ("6001", None, 150, 120, 30, "80 %")


def test_accounts_below_count_together(ledger):
    parent = ledger.account("6001")
    ledger.maker.run(act("finance.account.update"), [parent], values={"postable": False})
    ledger.maker.run(
        act("finance.account.create"),
        values=[
            {"code": f"60010{n}", "name": f"Part {n}", "type": "expense", "side": "D", "parent": parent} for n in (1, 2)
        ],
    )
    plan(ledger, "6001", month_3=Decimal(10))
    for code in ("600101", "600102"):
        ledger.posted(((code, "3"), ("1002", "-3")))
    assert table(ledger, "2025-03") == [("6001", None, 10, 6, 4, "60 %")]
    assert table(ledger, "2025-04") == [("6001", None, 0, 0, 0, None)]


def test_an_account_that_is_reported_as_another_is_planned_for_itself(ledger):
    ledger.maker.run(act("finance.account.update"), [ledger.account("6001")], values={"reported_as": "6602"})
    plan(ledger, "6001", month_3=Decimal(10))
    ledger.posted((("6001", "4"), ("1002", "-4")))
    assert table(ledger, "2025-03") == [("6001", None, 10, 4, 6, "40 %")]
