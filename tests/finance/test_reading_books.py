"""What books may be relied on for besides sums: what is not posted, empty months, levels, the ways between them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from bookkeeping import Ledger, act

from hanse.actions import Context
from hanse.errors import BusinessError
from hanse.screens import Given, Reading, Report
from hanse.settings.changing import change_settings
from hanse_finance.models import LedgerSettings
from hanse_finance.screens import TRIAL_BALANCE
from hanse_finance.screens.books import (
    ACCOUNT_LEDGER,
    ACCOUNT_SUMMARY,
    AGEING,
    CHRONOLOGICAL,
    DIMENSION_BALANCES,
    FOREIGN_LEDGER,
    GENERAL_LEDGER,
    JOURNAL,
    MULTI_COLUMN,
    running,
)


def read(ctx: Context, report: Report, *, whole: bool = True, **values: object) -> Reading:
    """Read a report with these parameters, and defaults for the others."""
    given = {one.name: one.default(ctx) if one.default else "" for one in report.parameters}
    return report.read(ctx, Given(given | {name: str(value) for name, value in values.items()}, whole))


def shown(reading: Reading, *names: str) -> list[tuple[Any, ...]]:
    """Give columns of the rows; labels as text, amounts as short as they are."""
    places = [[column.name for column in reading.columns].index(name) for name in names]
    return [tuple(plain(row.values[at]) for at in places) for row in reading.rows]


def plain(value: object) -> object:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else None if value is None else str(value)


def below(ledger: Ledger, parent: str, code: str, name: str, **more: Any) -> int:
    """Make an account below another."""
    values = {"code": code, "name": name, "type": "expense", "side": "D", "parent": ledger.account(parent)} | more
    return ledger.maker.run(act("finance.account.create"), values=[values]).id


@pytest.fixture
def tree(ledger: Ledger) -> Ledger:
    """Rent is split into two, one of which is split again."""
    ledger.maker.run(act("finance.account.update"), [ledger.account("6001")], values={"postable": False})
    below(ledger, "6001", "600101", "Offices", postable=False)
    below(ledger, "6001", "600102", "Stores")
    below(ledger, "600101", "60010101", "Berlin")
    below(ledger, "600101", "60010102", "Paris")
    for code, amount, day in (("60010101", "10", "01-05"), ("60010102", "20", "02-05"), ("600102", "30", "03-05")):
        ledger.posted([(code, amount), ("1002", f"-{amount}")], on=f"2025-{day}")
    return ledger


# --- what is not posted -----------------------------------------------------------------------------------------------


def test_drafts_and_audited_vouchers_are_added_when_asked_and_void_ones_never(ledger: Ledger) -> None:
    ctx = ledger.maker
    ledger.posted([("1002", "100"), ("5001", "-100")], on="2025-02-01")
    ledger.voucher([("1002", "7"), ("5001", "-7")], on="2025-01-20")
    ledger.audited([("1002", "5"), ("5001", "-5")], on="2025-02-20")
    void = ledger.voucher([("1002", "3"), ("5001", "-3")], on="2025-02-21")
    ledger.do("void", void, by=ledger.maker)
    bank = ledger.account("1002")
    february = {"period": "2025-02", "account": bank, "through": bank}

    plain_rows = shown(read(ctx, ACCOUNT_LEDGER, **february), "voucher", "debit", "balance")
    assert plain_rows == [
        (None, None, None),
        ("记-1", "100", "100"),
        (None, "100", "100"),
        (None, "100", "100"),
    ]
    rows = shown(read(ctx, ACCOUNT_LEDGER, unposted=1, **february), "voucher", "debit", "balance")
    assert [row[1:] for row in rows] == [(None, "7"), ("100", "107"), ("5", "112"), ("105", "112"), ("112", "112")]
    assert [row[0] for row in rows[1:3]] == ["记-1", "记-(2)"]
    for report, balance in ((GENERAL_LEDGER, "balance"), (TRIAL_BALANCE, "closing")):
        assert shown(read(ctx, report, **february), balance)[-1] == ("100",)
        assert shown(read(ctx, report, unposted=1, **february), balance)[-1] == ("112",)
    days = {"from": "2025-02-01", "until": "2025-02-28"}
    assert shown(read(ctx, ACCOUNT_SUMMARY, **days), "code", "debit") == [("1002", "100"), ("5001", None)]
    assert shown(read(ctx, ACCOUNT_SUMMARY, unposted=1, **days), "code", "debit")[0] == ("1002", "105")
    assert len(shown(read(ctx, CHRONOLOGICAL, unposted=1, period="2025"), "voucher")) == 7


def test_drafts_of_earlier_years_count_as_what_the_year_opened_with(ledger: Ledger) -> None:
    ledger.open(2026)
    ledger.voucher([("1002", "7"), ("5001", "-7")], on="2025-12-31")
    ledger.posted([("1002", "1"), ("5001", "-1")], on="2026-01-02")
    bank = ledger.account("1002")
    rows = shown(read(ledger.maker, ACCOUNT_LEDGER, period="2026-01", account=bank, unposted=1), "summary", "balance")

    assert rows[0] == ("Brought forward from last year", "7")
    assert rows[-1] == ("Total of the year so far", "8")


def test_a_page_full_of_drafts_still_leads_to_the_next(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "PAGE", 2)
    for day in range(1, 6):
        ledger.voucher([("1002", "1"), ("5001", "-1")], on=f"2025-03-0{day}")
    ledger.posted([("1002", "9"), ("5001", "-9")], on="2025-03-09")
    at, found = "", []
    for _page in range(9):
        reading = read(
            ledger.maker, ACCOUNT_LEDGER, whole=False, period="2025-03", account=ledger.account("1002"), at=at
        )
        found += [row for row in shown(reading, "voucher", "balance") if row[0]]
        if reading.after is None:
            break
        at = reading.after["at"]
    assert found == [("记-1", "9")]


# --- months, levels, ranges -------------------------------------------------------------------------------------------


def test_months_without_lines_are_shown_when_asked(ledger: Ledger) -> None:
    ledger.posted([("1002", "100"), ("5001", "-100")], on="2025-01-05")
    ledger.posted([("1002", "1"), ("5001", "-1")], on="2025-04-05")
    bank = ledger.account("1002")
    span = {"period": "2025-01", "to": "2025-05", "account": bank, "through": bank}

    for report in (ACCOUNT_LEDGER, GENERAL_LEDGER):
        for zero, months in ((0, 2), (1, 5)):
            rows = shown(read(ledger.maker, report, zero=zero, **span), "summary", "debit", "balance")
            sums = [row for row in rows if row[0] == "Total of the month"]
            assert len(sums) == months
            assert sums[0] == ("Total of the month", "100", "100")
            assert rows[-1] == ("Total of the year so far", "101", "101")


def test_a_red_amount_lowers_its_own_side_and_a_level_balance_is_nil(ledger: Ledger) -> None:
    first = ledger.posted([("1002", "100"), ("5001", "-100")], on="2025-03-05")
    ledger.post(ledger.audit(ledger.reverse(first, on=first.day)))
    reading = read(ledger.maker, ACCOUNT_LEDGER, period="2025-03", account=ledger.account("1002"))

    rows = shown(reading, "debit", "credit", "side", "balance")
    assert rows[1:] == [
        ("100", None, "Dr", "100"),
        ("-100", None, "Nil", None),
        ("0", "0", "Nil", None),
        ("0", "0", "Nil", None),
    ]


def test_levels_of_the_general_ledger_and_the_trial_balance(tree: Ledger) -> None:
    def codes(report: Report, **values: object) -> list[object]:
        rows = shown(read(tree.maker, report, period="2025", **values), "code")
        return list(dict.fromkeys(row[0] for row in rows))

    assert codes(GENERAL_LEDGER) == ["1002", "6001"]
    assert codes(GENERAL_LEDGER, to_level=2) == ["1002", "6001", "600101", "600102"]
    assert codes(GENERAL_LEDGER, from_level=3, to_level=3) == ["60010101", "60010102"]
    assert codes(TRIAL_BALANCE) == ["1002", "60010101", "60010102", "600102"]
    assert codes(TRIAL_BALANCE, to_level=2) == ["1002", "600101", "600102"]
    assert codes(TRIAL_BALANCE, to_level=2, levels=1) == ["1002", "6001", "600101", "600102"]
    first, last = tree.account("600101"), tree.account("600101")
    assert codes(TRIAL_BALANCE, account=first, through=last) == ["60010101", "60010102"]


def test_an_account_above_has_the_lines_of_those_below_it(tree: Ledger) -> None:
    reading = read(tree.maker, ACCOUNT_LEDGER, period="2025", account=tree.account("6001"))
    lines = [row for row in shown(reading, "account", "debit", "balance") if row[0]]

    assert lines == [
        ("60010101 Berlin", "10", "10"),
        ("60010102 Paris", "20", "30"),
        ("600102 Stores", "30", "60"),
    ]


def test_a_multi_column_ledger_has_a_column_for_each_account_below(tree: Ledger) -> None:
    reading = read(tree.maker, MULTI_COLUMN, period="2025", account=tree.account("6001"))

    assert [str(column.label) for column in reading.columns[-2:]] == ["Offices", "Stores"]
    rows = shown(reading, "summary", "debit", "column0", "column1")
    assert rows[-1] == ("Total of the year so far", "60", "30", "30")
    assert [row[2:] for row in rows if row[0] == "Total of the month"] == [("10", None), ("20", None), (None, "30")]


def test_a_ledger_of_a_range_has_a_part_for_each_account_that_moved(tree: Ledger) -> None:
    reading = read(tree.maker, ACCOUNT_LEDGER, period="2025", account=tree.account("6001"))
    assert [str(row.part) for row in reading.rows if row.part] == ["6001 Rent"]
    reading = read(tree.maker, ACCOUNT_LEDGER, period="2025")
    parts = [str(row.part) for row in reading.rows if row.part]
    assert parts == ["1002 Bank", "60010101 Berlin", "60010102 Paris", "600102 Stores"]


def test_rows_know_what_is_carried_over_the_end_of_a_printed_page(ledger: Ledger) -> None:
    for day, amount in (("01-05", "1"), ("02-05", "10"), ("02-06", "100")):
        ledger.posted([("1002", amount), ("5001", f"-{amount}")], on=f"2025-{day}")
    reading = read(ledger.maker, ACCOUNT_LEDGER, period="2025", account=ledger.account("1002"))
    debit, balance = ([column.name for column in reading.columns].index(name) for name in ("debit", "balance"))
    carried = [(row.carry[debit], row.carry[balance]) for row in reading.rows if row.carry and not row.strong]

    assert carried == [(1, 1), (10, 11), (110, 111)]


# --- the ways between books -------------------------------------------------------------------------------------------


def test_each_book_leads_to_the_next_and_at_last_to_the_voucher(ledger: Ledger) -> None:
    sets = ledger.dimension("client", "C1")
    ledger.require("1122", "client")
    voucher = ledger.posted([("1122", "9", {"details": sets["C1"]}), ("5001", "-9")], on="2025-03-05")
    ctx, account = ledger.maker, ledger.account("1122")

    def ways(report: Report, **values: object) -> list[tuple[str, dict[str, str]]]:
        rows = read(ctx, report, period="2025-03", **values).rows
        return [(row.to[0], dict(row.to[1])) for row in rows if row.to]

    assert ("/finance/account-ledger", {"account": str(account), "period": "2025-03"}) in ways(GENERAL_LEDGER)
    assert ("/finance/account-ledger", {"account": str(account), "period": "2025-03"}) in ways(TRIAL_BALANCE)
    ((path, query),) = ways(DIMENSION_BALANCES, by="value-account")
    assert (path, query["account"]) == ("/finance/dimension-ledger", str(account))
    assert ways(AGEING, day="2025-03-31") == [
        (path, {"value": query["value"], "account": str(account), "period": "2025-03"})
    ]
    assert ways(ACCOUNT_LEDGER, account=account) == [(f"/finance/voucher/{voucher.id}", {})]


# --- what has to be chosen or set up first ----------------------------------------------------------------------------


def test_books_say_what_they_are_missing(ledger: Ledger) -> None:
    for report, said in (
        (JOURNAL, "marked as cash or bank"),
        (FOREIGN_LEDGER, "foreign currency"),
        (DIMENSION_BALANCES, "asks for a dimension"),
    ):
        with pytest.raises(BusinessError, match=said):
            read(ledger.maker, report, period="2025-03")


def test_the_ages_are_a_setting(ledger: Ledger) -> None:
    sets = ledger.dimension("client", "C1")
    ledger.require("1122", "client")
    ledger.posted([("1122", "9", {"details": sets["C1"]}), ("5001", "-9")], on="2025-03-05")
    change_settings(ledger.maker, LedgerSettings, {"ageing_days": "10/45"})
    reading = read(ledger.maker, AGEING, day="2025-03-31")

    assert [str(column.label) for column in reading.columns[-3:]] == ["0–10", "11–45", "over 45"]
    assert shown(reading, "code", "balance", "age0", "age1", "age2") == [("C1", "9", None, "9", None)]
    for wrong in ("0/30", "thirty", "30//60"):
        with pytest.raises(BusinessError, match="with a slash between them"):
            change_settings(ledger.maker, LedgerSettings, {"ageing_days": wrong})
    change_settings(ledger.maker, LedgerSettings, {"ageing_days": "60/30"})
    with pytest.raises(BusinessError, match="must rise"):
        read(ledger.maker, AGEING, day="2025-03-31")


def test_what_is_overpaid_ages_by_its_payments(ledger: Ledger) -> None:
    sets = ledger.dimension("client", "C1")
    ledger.require("1122", "client")
    client = {"details": sets["C1"]}
    ledger.posted([("1122", "9", client), ("5001", "-9")], on="2025-01-05")
    ledger.posted([("1002", "20"), ("1122", "-20", client)], on="2025-03-20")
    rows = shown(read(ledger.maker, AGEING, day="2025-03-31"), "side", "balance", "age0", "age2")

    assert rows == [("Cr", "11", "-11", None)]
