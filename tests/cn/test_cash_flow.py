"""What cash was for: proposals that make the cash line whatever the voucher, put right by people, sums that hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hanse.actions import Context, find_action, open_context
from hanse.actions.context import identify
from hanse.errors import BusinessError
from hanse_cn.charts import load_chart
from hanse_finance import cash
from hanse_finance.models import Account, CashBalance, CashFlow, CashItem, Period, Voucher
from hanse_finance.setup import add_words
from hanse_finance.statements.definition import Sheet
from hanse_finance.statements.working import work_out


def act(name: str) -> Any:
    found = find_action(name)
    assert found is not None, name
    return found


class Books:
    """A small business; whoever audits is somebody else."""

    def __init__(self, ctx: Context) -> None:
        self.ctx = ctx
        system = identify(ctx.session, "system")
        assert system is not None
        self.auditor = open_context(ctx.session, system, ctx.company.id, via="test")
        load_chart(ctx, "small_business")
        if not ctx.all(Period):
            ctx.run(act("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
        add_words(ctx, [("记", "记账凭证")])

    def account(self, code: str) -> int:
        return self.ctx.all(Account, Account.code == code).one().id

    def period(self) -> Period:
        return self.ctx.all(Period, Period.code == "2025-01").one()

    def post(self, *lines: tuple[str, str], **more: Any) -> int:
        """Post ``("1001", "100")`` as a debit, negative as a credit."""
        rows = [
            {
                "summary": "test",
                "account": self.account(code),
                "debit" if not amount.startswith("-") else "credit": Decimal(amount.lstrip("-")),
            }
            for code, amount in lines
        ]
        made = self.ctx.run(act("finance.voucher.create"), values=[{"day": date(2025, 1, 10), "lines": rows} | more]).id
        self.auditor.run(act("finance.voucher.audit_post"), [made])
        return made

    def assign(self) -> None:
        self.ctx.run(act("finance.period.assign_cash"), [self.period().id])

    def parts(self) -> list[tuple[int | None, str]]:
        """Give line of the statement and amount of each part."""
        lines = {item.id: item.line for item in self.ctx.all(CashItem)}
        return [(lines.get(one.item_id or 0), f"{one.amount.normalize():f}") for one in self.ctx.all(CashFlow)]

    def statement(self) -> dict[int, Decimal]:
        worked = work_out(self.ctx, "2025-01")[Sheet.CASH]
        numbers = [line.number for line in worked.statement.lines if line.number]
        return {number: amount for number in numbers if (amount := worked.amount("period", number))}


@pytest.fixture
def books(ctx: Context) -> Books:
    return Books(ctx)


def test_cash_is_for_what_stands_on_the_other_side(books):
    books.post(("1002", "1130"), ("5001", "-1000"), ("22210107", "-130"))
    books.post(("1405", "200"), ("22210101", "26"), ("1002", "-226"))
    books.post(("5602", "50"), ("2211", "300"), ("1002", "-350"))
    books.post(("1002", "5000"), ("2001", "-5000"))
    books.post(("1601", "900"), ("1002", "-900"))
    books.assign()
    assert sorted(books.parts()) == [
        (1, "1130"),
        (3, "-226"),
        (4, "-300"),
        (6, "-50"),
        (12, "-900"),
        (14, "5000"),
    ]
    assert books.statement() == {
        1: 1130, 3: 226, 4: 300, 6: 50, 7: 554, 12: 900, 13: -900, 14: 5000, 19: 5000, 20: 4654, 22: 4654,
    }  # fmt: skip
    assert cash.completeness(books.ctx, books.period()).is_complete
    assert cash.differences(books.ctx) == []


def test_moves_within_cash_are_no_cash_flow(books):
    books.post(("1001", "500"), ("1002", "-500"))
    books.post(("1001", "90"), ("5603", "10"), ("1002", "-100"))
    books.assign()
    assert sorted(books.parts(), key=str) == [(6, "-10"), (None, "-500"), (None, "-90"), (None, "500"), (None, "90")]
    assert books.statement() == {6: 10, 7: -10, 20: -10, 22: -10}
    assert cash.completeness(books.ctx, books.period()).is_complete


def test_what_nobody_can_tell_is_left_open_and_said(books):
    books.post(("1901", "70"), ("1002", "-70"))
    books.assign()
    assert books.parts() == []
    found = cash.completeness(books.ctx, books.period())
    assert (found.moved, found.assigned, found.lines, found.is_complete) == (-70, 0, 1, False)


def test_what_a_person_typed_counts_before_proposals(books):
    books.ctx.run(act("finance.cash_item.load"))
    item = books.ctx.all(CashItem, CashItem.line == 6).one().id
    made = books.ctx.run(
        act("finance.voucher.create"),
        values=[
            {
                "day": date(2025, 1, 10),
                "lines": [
                    {"summary": "x", "account": books.account("1405"), "debit": Decimal(10)},
                    {"summary": "x", "account": books.account("1002"), "credit": Decimal(10), "cash_item": item},
                ],
            }
        ],
    ).id
    books.auditor.run(act("finance.voucher.audit_post"), [made])
    books.assign()
    assert books.parts() == [(6, "-10")]
    assert [one.proposed for one in books.ctx.all(CashFlow)] == [False]


def test_an_account_may_say_what_its_cash_is_for(books):
    books.ctx.run(act("finance.cash_item.load"))
    item = books.ctx.all(CashItem, CashItem.line == 18).one().id
    books.ctx.run(act("finance.account.update"), [books.account("2241")], values={"cash_item": item})
    books.post(("2241", "40"), ("1002", "-40"))
    books.assign()
    assert books.parts() == [(18, "-40")]


def test_parts_are_reassigned_split_and_taken_back(books):
    books.post(("1002", "100"), ("5001", "-100"))
    books.assign()
    part = books.ctx.all(CashFlow).one()
    other = books.ctx.all(CashItem, CashItem.line == 2).one()
    books.ctx.run(act("finance.cash_flow.split"), [part.id], amount=Decimal(30), item=other.id)
    assert sorted(books.parts()) == [(1, "70"), (2, "30")]
    assert books.statement()[2] == 30
    with pytest.raises(BusinessError, match="less than"):
        books.ctx.run(act("finance.cash_flow.split"), [part.id], amount=Decimal(70), item=other.id)
    third = books.ctx.all(CashItem, CashItem.line == 9).one()
    books.ctx.run(act("finance.cash_flow.update"), [part.id], values={"item": third.id})
    assert sorted(books.parts()) == [(2, "30"), (9, "70")]
    with pytest.raises(BusinessError, match="Only the item"):
        books.ctx.run(act("finance.cash_flow.update"), [part.id], values={"amount": Decimal(1)})
    books.ctx.run(act("finance.cash_flow.delete"), [part.id])
    assert books.parts() == [(2, "30")]
    assert cash.differences(books.ctx) == []
    assert not cash.completeness(books.ctx, books.period()).is_complete


def test_a_reversal_takes_the_cash_flow_back(books):
    made = books.post(("1002", "100"), ("5001", "-100"))
    red = books.ctx.run(act("finance.voucher.reverse"), [made], on=date(2025, 1, 20)).result
    books.auditor.run(act("finance.voucher.audit_post"), red)
    books.assign()
    assert sorted(books.parts()) == [(1, "-100"), (1, "100")]
    assert books.statement() == {}


def test_closed_periods_keep_their_cash_flow(books):
    made = books.post(("1002", "100"), ("3001", "-100"))
    books.assign()
    part = books.ctx.all(CashFlow, CashFlow.voucher_id == made).one()
    books.ctx.run(act("finance.period.close"), [books.period().id])
    for verb, params in (("update", {"values": {"item": None}}), ("delete", {})):
        with pytest.raises(BusinessError, match="closed"):
            books.ctx.run(act(f"finance.cash_flow.{verb}"), [part.id], **params)
    with pytest.raises(BusinessError, match="closed"):
        books.assign()


def test_a_sum_that_somebody_altered_is_found_and_rebuilt(books):
    books.post(("1002", "100"), ("5001", "-100"))
    books.assign()
    books.ctx.session.query(CashBalance).update({"amount": Decimal(5)})
    (found,) = cash.differences(books.ctx)
    assert "stored 5, the parts say 100" in found
    cash.rebuild(books.ctx)
    assert cash.differences(books.ctx) == []


amounts = st.decimals(min_value=-10_000, max_value=10_000, places=2).filter(bool)


@given(st.lists(amounts, min_size=1, max_size=4), st.lists(st.tuples(amounts, st.integers(1, 3)), max_size=4))
@settings(max_examples=300, deadline=None)
def test_shares_make_the_line_and_items_make_the_change_of_cash(lines, others):
    """Whatever the voucher: each line is divided whole or not at all, and the items add up to what cash changed by."""
    rest = -sum(lines) - sum(amount for amount, _item in others)
    sides = [*((amount, item) for amount, item in others), *([(rest, 4)] if rest else [])]
    voucher = cash._Voucher(
        [cash._Cash(place, amount, None, False) for place, amount in enumerate(lines)],
        [cash._Other(amount, item, "", "") for amount, item in sides],
    )
    parts = cash._parts(voucher, (), {})
    shares = [cash._shares(voucher, amount, parts, 2) for amount in lines]
    for amount, share in zip(lines, shares, strict=True):
        assert not share or sum(share.values()) == amount
    if parts:
        total = sum(value for share in shares for item, value in share.items() if item is not None)
        within = sum(value for share in shares for item, value in share.items() if item is None)
        assert total + within == sum(lines)
        assert abs(within) <= Decimal("0.01") * len(lines)
        assert {item for share in shares for item in share} - {None} <= set(parts)


def test_vouchers_that_have_parts_already_are_left_alone(books):
    made = books.post(("1002", "100"), ("5001", "-100"))
    books.assign()
    before = books.ctx.all(CashFlow).ids
    books.post(("1002", "7"), ("5001", "-7"))
    books.assign()
    assert set(before) < set(books.ctx.all(CashFlow).ids)
    assert len(books.ctx.all(CashFlow, CashFlow.voucher_id == made)) == 1
    assert len(books.ctx.all(Voucher)) == 2
