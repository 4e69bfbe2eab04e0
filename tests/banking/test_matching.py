"""What matching may be relied on for: nothing twice, sums that agree, and a table that always balances."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from banking_house import Bank
from bookkeeping import act
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse import BusinessError
from hanse_banking.adjusting import adjust
from hanse_banking.items import Item, total
from hanse_banking.matching import propose, shares
from hanse_banking.models import BankLine, BankMatch, BankStatement, BankVoucher, MatchPart
from hanse_finance.closing.checks import check_period
from hanse_finance.ledger import read_case
from hanse_finance.ledger.importing import import_within
from hanse_finance.models import Voucher, VoucherState

DAY = date(2025, 3, 10)


def item(key: int, amount: str, after: int = 0, **more: str) -> Item:
    return Item(key, DAY + timedelta(after), Decimal(amount), Decimal(amount), **more)


cents = st.integers(-400, 400).filter(bool).map(lambda one: str(Decimal(one) / 100))
sides = st.lists(st.tuples(cents, st.integers(0, 9), st.sampled_from(["", "R-100", "Lübeck"])), max_size=9)


@settings(max_examples=150, deadline=None)
@given(sides, sides, st.integers(0, 6))
def test_proposals_use_nothing_twice_and_their_sums_agree(left, right, days):
    lines = [item(key, amount, after, reference=word) for key, (amount, after, word) in enumerate(left)]
    entries = [item(key, amount, after, words=word) for key, (amount, after, word) in enumerate(right)]
    found = propose(lines, entries, days)
    used = [("line", key) for one in found for key in one.lines]
    used += [("entry", key) for one in found for key in one.entries]
    assert len(used) == len(set(used))
    for one in found:
        assert total([lines[key] for key in one.lines]) == total([entries[key] for key in one.entries])
        assert 0 < one.score <= 100
        for line in one.lines:
            assert all(abs((lines[line].day - entries[key].day).days) <= days for key in one.entries)


@settings(max_examples=150, deadline=None)
@given(sides, sides, st.booleans())
def test_shares_never_exceed_what_is_open_and_agree(left, right, partly):
    lines = [item(key, amount, after) for key, (amount, after, _word) in enumerate(left)]
    entries = [item(key, amount, after) for key, (amount, after, _word) in enumerate(right)]
    try:
        ours, theirs = shares(lines, entries, partly=partly)
    except BusinessError:
        assert not partly or total(lines) != total(entries) or not (lines or entries)
        return
    assert sum(one.amount for one in ours) == sum(one.amount for one in theirs)
    for one in (*ours, *theirs):
        assert one.amount
        assert abs(one.amount) <= abs(one.item.rest)
        assert (one.amount > 0) == (one.item.rest > 0)


def test_the_only_entry_with_this_amount_is_certain_and_rivals_are_not():
    (alone,) = propose([item(1, "100")], [item(1, "100", 2)], 5)
    assert (alone.certain, alone.lines, alone.entries) == (True, (1,), (1,))
    assert "2 days apart" in str(alone.reason)
    (rival,) = propose([item(1, "100")], [item(1, "100"), item(2, "100")], 5)
    assert not rival.certain
    (named,) = propose([item(1, "100", reference="R-100")], [item(1, "100"), item(2, "100", words="paid R-100")], 5)
    assert (named.certain, named.entries) == (True, (2,))
    assert propose([item(1, "100")], [item(1, "100", 6)], 5) == []


def test_a_sum_is_proposed_but_never_certain():
    (found,) = propose([item(1, "100")], [item(1, "30"), item(2, "70"), item(3, "55")], 5)
    assert (set(found.entries), found.certain) == ({1, 2}, False)
    (other,) = propose([item(1, "-30"), item(2, "-70")], [item(1, "-100", 1)], 5)
    assert (set(other.lines), other.entries) == ({1, 2}, (1,))


def test_a_busy_month_is_proposed_soon():
    lines = [item(key, str(100 + key % 40), key % 28) for key in range(600)]
    entries = [item(key, str(103 + key % 40), key % 28) for key in range(600)]
    assert propose(lines, entries, 5)


# --- in the database --------------------------------------------------------------------------------------------------


def test_the_same_file_is_refused_and_overlapping_files_add_nothing_twice(bank: Bank):
    first = "交易日期,收入,支出,余额\n2025-03-01,100,,100\n2025-03-01,100,,200\n2025-03-02,,30,170\n".encode()
    assert bank.read(first) == {"added": 3, "known": 0}
    with pytest.raises(BusinessError, match="already"):
        bank.read(first)
    longer = first + b"2025-03-03,5,,175\n"
    assert bank.read(longer) == {"added": 1, "known": 3}
    assert [str(one.amount.normalize()) for one in bank.ctx.all(BankLine, order_by=[BankLine.day, BankLine.id])] == [
        *("1E+2", "1E+2", "-3E+1", "5"),
    ]
    assert bank.record.start == date(2025, 3, 1)


def test_a_statement_of_another_account_or_currency_is_refused(bank: Bank):
    bank.ctx.run(act("banking.account.update"), [bank.id], values={"number": "6222 0001"})
    with pytest.raises(BusinessError, match="account 777"):
        bank.statement([("2025-03-01", "5")], account="777")
    with pytest.raises(BusinessError, match="USD"):
        bank.statement([("2025-03-01", "5")], currency="USD")


def test_one_line_is_matched_with_several_entries_and_undone(bank: Bank):
    bank.statement([("2025-03-10", "100"), ("2025-03-11", "-20")])
    bank.entry("60")
    bank.entry("40", on="2025-03-12")
    line = bank.lines()[0]
    bank.match([line], bank.entries())
    assert [one.amount for one in bank.lines()] == [Decimal(-20)]
    assert bank.entries() == []
    with pytest.raises(BusinessError, match="already"):
        bank.match([line], [])
    bank.ctx.run(act("banking.match.undo"), bank.ctx.all(BankMatch).ids)
    assert len(bank.lines()) == 2
    assert len(bank.entries()) == 2
    assert not bank.ctx.all(MatchPart)


def test_what_differs_is_refused_or_matched_in_part_and_the_rest_stays_open(bank: Bank):
    bank.statement([("2025-03-10", "100")])
    bank.entry("60")
    with pytest.raises(BusinessError, match="differ by 40"):
        bank.match(bank.lines(), bank.entries())
    bank.match(bank.lines(), bank.entries(), partly=True)
    assert [(one.amount, one.rest) for one in bank.lines()] == [(Decimal(100), Decimal(40))]
    bank.entry("40")
    bank.match(bank.lines(), bank.entries())
    assert bank.lines() == bank.entries() == []


def test_a_red_reversal_is_matched_with_its_original(bank: Bank):
    bank.statement([("2025-03-01", "1")])
    voucher = bank.ledger.posted([("1002", "50"), ("5001", "-50")], on="2025-03-10")
    bank.ledger.post(bank.ledger.audit(bank.ledger.reverse(voucher)))
    assert bank.do("accept").result == 1
    assert bank.entries() == []


def test_certain_ones_are_accepted_at_once_and_posted_rows_stay_as_they_are(bank: Bank):
    bank.statement([("2025-03-10", "100"), ("2025-03-12", "-7"), ("2025-03-13", "5"), ("2025-03-13", "5")])
    bank.entry("100")
    bank.entry("-7", on="2025-03-11")
    bank.entry("5", on="2025-03-13")
    before = [(one.id, one.rev) for one in bank.ctx.all(Voucher, order_by=[Voucher.id])]
    assert bank.do("accept").result == 2
    assert [one.amount for one in bank.lines()] == [Decimal(5), Decimal(5)]
    assert [(one.id, one.rev) for one in bank.ctx.all(Voucher, order_by=[Voucher.id])] == before


def test_a_rule_writes_a_draft_that_is_matched_once_it_is_posted(bank: Bank):
    values = {"name": "Fees", "words": "fee|手续费", "direction": "out", "account": bank.ledger.account("6001")}
    bank.ctx.run(act("banking.rule.create"), values=[values])
    bank.statement([("2025-03-10", "-12.50", {"purpose": "Monthly FEE"}), ("2025-03-10", "12.50", {"purpose": "fee"})])
    (draft,) = bank.do("write").result
    assert bank.do("write").result == [], "a line has one voucher"
    voucher = bank.ledger.read(draft)
    assert voucher.state is VoucherState.DRAFT
    assert [(one.account.code, one.debit, one.credit) for one in voucher.lines] == [
        ("6001", Decimal("12.50"), None),
        ("1002", None, Decimal("12.50")),
    ]
    bank.ledger.post(bank.ledger.audit(voucher))
    from hanse_banking.actions import match_posted

    match_posted(bank.ctx, bank.ctx.all(Voucher, Voucher.id == draft))
    assert [one.amount for one in bank.lines()] == [Decimal("12.50")]
    match_posted(bank.ctx, bank.ctx.all(Voucher, Voucher.id == draft))
    assert len(bank.ctx.all(BankMatch)) == 1, "told twice, matched once"
    assert len(bank.ctx.all(BankVoucher)) == 1


def test_a_draft_that_is_deleted_can_be_written_again(bank: Bank):
    values = {"name": "All", "least": "1", "account": bank.ledger.account("6001")}
    bank.ctx.run(act("banking.rule.create"), values=[values])
    bank.statement([("2025-03-10", "-5")])
    first = bank.do("write").result
    bank.ctx.run(act("finance.voucher.delete"), first)
    assert len(bank.do("write").result) == 1


def test_the_adjustment_table_is_that_of_the_textbook(bank: Bank):
    """Bank 3,000 + receipts 500 - payments 200 = 3,300 = books 3,050 + 300 - 50, worked out by hand."""
    bank.statement([("2025-03-02", "2750"), ("2025-03-30", "300"), ("2025-03-31", "-50")])
    bank.entry("2750", on="2025-03-02")
    bank.entry("500", on="2025-03-31")
    bank.entry("-200", on="2025-03-31")
    bank.do("accept")
    found = adjust(bank.ctx, bank.record, date(2025, 3, 31))
    assert (found.bank, found.books) == (Decimal(3000), Decimal(3050))
    assert (total(found.not_in_bank), total(found.not_in_books)) == (Decimal(300), Decimal(250))
    assert (found.bank_adjusted, found.books_adjusted, found.difference) == (Decimal(3300), Decimal(3300), Decimal(0))


def test_the_opening_balance_of_the_first_day_is_no_entry_but_what_was_there(bank: Bank, tmp_path: Path):
    """The bank began with 2,000 as the books did, whose opening voucher is of the same first of March."""
    amounts = (("opening", "03-01", "2000"), ("normal", "03-01", "30"), ("normal", "03-20", "7"))
    entries = [
        {"id": day + amount, "date": f"2025-{day}", "kind": kind, "narration": "n", "lines": [
            {"account": "1002", "currency": "CNY", "amount": amount},
            {"account": "5001", "currency": "CNY", "amount": f"-{amount}"},
        ]}
        for kind, day, amount in amounts
    ]  # fmt: skip
    path = tmp_path / "ledger.json"
    accounts = [{"name": name, "type": kind} for name, kind in (("1002", "asset"), ("5001", "income"))]
    ledger = {"schema": "neutral-ledger/1", "name": "n", "operating_currency": ["CNY"], "accounts": accounts}
    path.write_text(json.dumps(ledger | {"entries": entries, "prices": [], "virtual_lines": []}), encoding="utf-8")
    import_within(bank.ctx.session, read_case(path), bank.ctx.company.name)
    bank.ctx.bind()
    bank.statement([("2025-03-01", "30")], opening="2000", end=date(2025, 3, 31))
    assert [one.amount for one in bank.entries()] == [Decimal(30), Decimal(7)]
    assert bank.do("accept").result == 1
    march = adjust(bank.ctx, bank.record, date(2025, 3, 31))
    assert (march.bank, march.books, march.before, march.difference) == (2030, 2037, 0, 0)
    assert [one.rest for one in march.not_in_bank] == [Decimal(7)]
    before = adjust(bank.ctx, bank.record, date(2025, 2, 1))
    assert (before.bank, before.books, before.difference) == (2000, 2000, 0)


def test_what_comes_next_month_is_open_at_the_end_of_this_one(bank: Bank):
    bank.statement([("2025-03-01", "1"), ("2025-04-02", "100")])
    bank.entry("1", on="2025-03-01")
    bank.entry("100", on="2025-03-31")
    bank.do("accept")
    march = adjust(bank.ctx, bank.record, date(2025, 3, 31))
    assert [one.rest for one in march.not_in_bank] == [Decimal(100)]
    assert march.difference == 0
    assert adjust(bank.ctx, bank.record, date(2025, 4, 30)).not_in_bank == []


@settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    lines=st.lists(st.tuples(st.integers(1, 59), st.integers(-3, 3).filter(bool)), min_size=1, max_size=6),
    entries=st.lists(st.tuples(st.integers(1, 59), st.integers(-3, 3).filter(bool)), max_size=5),
    opening=st.integers(-5, 5),
)
def test_the_adjustment_table_always_balances(bank: Bank, lines, entries, opening):
    with bank.ctx.session.begin_nested() as try_out:
        first = date(2025, 1, 31)
        rows = [((first + timedelta(day)).isoformat(), str(amount)) for day, amount in sorted(lines)]
        bank.statement(rows, opening=str(opening))
        for day, amount in entries:
            bank.entry(str(amount), on=(first + timedelta(day)).isoformat())
        bank.do("accept")
        if bank.lines() and bank.entries() and bank.lines()[0].rest * bank.entries()[0].rest > 0:
            bank.match(bank.lines()[:1], bank.entries()[:1], partly=True)
        for day in (0, 10, 28, 45, 80):
            found = adjust(bank.ctx, bank.record, first + timedelta(day))
            assert found.difference == found.before
        parts = bank.ctx.all(MatchPart)
        assert sum((one.amount if one.line_id else -one.amount for one in parts), Decimal(0)) == 0
        try_out.rollback()
    bank.ctx.session.expire_all()


def test_closing_warns_of_banks(bank: Bank):
    def said() -> list[str]:
        (found,) = [one for one in check_period(bank.ctx, bank.ledger.period("2025-03")) if one.check.code == "C8"]
        assert found.level in ("ok", "warning")
        return [str(one.message) for one in found.findings]

    assert said() == ["Bank: the statement from Mar 1, 2025 on is missing."]
    bank.statement([("2025-03-10", "100"), ("2025-03-31", "1")])
    bank.entry("100")
    assert said() == ["Bank: 2 lines of the bank and 1 entries are not matched."]
    bank.entry("1", on="2025-03-31")
    bank.do("accept")
    assert said() == []


def test_a_statement_whose_lines_are_matched_stays(bank: Bank):
    bank.statement([("2025-03-10", "100")])
    bank.entry("100")
    bank.do("accept")
    with pytest.raises(BusinessError, match="matched"):
        bank.ctx.run(act("banking.statement.remove"), bank.ctx.all(BankStatement).ids)
    bank.ctx.run(act("banking.match.undo"), bank.ctx.all(BankMatch).ids)
    bank.ctx.run(act("banking.statement.remove"), bank.ctx.all(BankStatement).ids)
    assert not bank.ctx.all(BankLine)
