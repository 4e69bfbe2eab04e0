"""What an accountant may rely on: the stock is worth what its account says, whatever is entered whenever."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import func, select
from warehouse import Warehouse, act

from hanse import BusinessError, Context, link_id
from hanse.settings.changing import change_settings
from hanse_cn.charts import load_chart
from hanse_contacts.models import Partner
from hanse_finance.models import Account, Period, Voucher, VoucherLine, VoucherState, VoucherWord
from hanse_finance.setup import action
from hanse_inventory.models import InventorySettings, StockEntry, Transfer
from hanse_inventory_finance.checks import look, stock_by_account
from hanse_inventory_finance.models import EntryVoucher, Recognition, StockAccountsSettings
from hanse_inventory_finance.opening import take_over
from hanse_products.models import Costing

END = date(2026, 12, 31)


@pytest.fixture
def shop(ctx: Context) -> Warehouse:
    """The template's company with the small business chart and a year of books."""
    load_chart(ctx, "small_business")
    if not ctx.all(VoucherWord):
        ctx.run(action("finance.voucher_word.create"), values=[{"code": "转", "name": "转账凭证"}])
    ctx.run(action("finance.fiscal_year.create"), values=[{"start": date(2025, 1, 1)}])
    ctx.run(action("finance.fiscal_year.create"), values=[{"start": date(2026, 1, 1)}])
    shop = Warehouse(ctx, books=True)
    shop.supplier = shop.make(Partner, name="Mill", is_supplier=True).id
    return shop


def balance(shop, code: str) -> Decimal:
    """Give the balance of an account and those below it, debit positive."""
    query = (
        select(func.sum(VoucherLine.base))
        .join(Account, Account.id == VoucherLine.account_id)
        .join(Voucher, Voucher.id == link_id(VoucherLine.voucher))
        .where(Account.code.startswith(code), Voucher.state == VoucherState.POSTED)
    )
    return shop.ctx.session.scalar(query) or Decimal(0)


def agrees(shop) -> None:
    """The stock is worth what its accounts say."""
    for account, worth in stock_by_account(shop.ctx, END).items():
        code = shop.ctx.all(Account, Account.id == account).one().code
        assert balance(shop, code) == worth


def vouchers(shop, entry: int) -> list[Voucher]:
    query = select(link_id(EntryVoucher.voucher)).where(link_id(EntryVoucher.entry) == entry)
    return list(shop.ctx.all(Voucher, Voucher.id.in_(shop.ctx.session.scalars(query).all())))


def test_what_comes_and_goes_is_booked_as_it_happens(shop):
    tea = shop.product("Tea")
    receipt = shop.receipt(tea, 10, 10, at=1)
    (voucher,) = vouchers(shop, receipt)
    sides = [(line.account.code[:4], line.debit, line.credit) for line in voucher.lines]
    assert sides == [("1405", 100, None), ("2202", None, 100)]
    assert (voucher.day, voucher.state, voucher.document) == (date(2025, 3, 1), VoucherState.POSTED, voucher.summary)
    shop.post("delivery", {"product": tea, "quantity": 4}, at=2)
    shop.post("waste", {"product": tea, "quantity": 1}, at=3)
    shop.issue(tea, 2, at=4)
    assert [balance(shop, code) for code in ("1405", "2202", "5401", "5711", "5602")] == [30, -100, 40, 10, 20]
    agrees(shop)


def test_what_is_taken_back_is_red(shop):
    tea = shop.product("Tea")
    receipt = shop.receipt(tea, 10, 10, at=1)
    back = shop.reverse(receipt)
    (voucher,) = vouchers(shop, back)
    assert [(line.account.code[:4], line.debit, line.credit) for line in voucher.lines] == [
        ("1405", -100, None),
        ("2202", None, -100),
    ]
    agrees(shop)


@pytest.mark.parametrize("costing", list(Costing))
def test_what_comes_late_changes_the_cost_of_what_has_left(shop, costing):
    tea = shop.product("Tea", costing=costing)
    shop.receipt(tea, 10, 10, at=24)
    shop.post("delivery", {"product": tea, "quantity": 5}, at=72)
    assert balance(shop, "5401") == 50
    shop.receipt(tea, 10, 20, at=1 if costing is Costing.FIFO else 48)
    assert balance(shop, "5401") == (100 if costing is Costing.FIFO else 75)
    agrees(shop)


def test_between_stores_nothing_is_lost(shop):
    bar = shop.store("Bar")
    tea = shop.product("Tea")
    shop.receipt(tea, 3, 10, at=1)
    shop.receipt(tea, 4, "10.01", at=2)
    made = act(
        shop.ctx,
        Transfer,
        "create",
        values=[{"source": shop.main, "destination": bar, "lines": [{"product": tea, "quantity": 5}]}],
    ).id
    for verb in ("approve", "ship"):
        act(shop.ctx, Transfer, verb, made)
    assert balance(shop, "1402") == shop.held(tea, shop.ctx.all(type(bar), type(bar).usage == "transit").one())[1]
    agrees(shop)
    act(shop.ctx, Transfer, "receive", made)
    assert balance(shop, "1402") == 0
    agrees(shop)


def test_what_left_before_it_came_ends_in_the_price_differences(shop):
    bar = shop.store("Bar", negative=True)
    tea = shop.product("Tea", expected_cost=5)
    shop.post("delivery", {"product": tea, "quantity": 4}, place=bar, at=1)
    shop.receipt(tea, 10, 6, place=bar, at=2)
    assert (balance(shop, "5401"), balance(shop, "1404"), balance(shop, "1405")) == (20, 4, 36)
    agrees(shop)


def test_a_price_that_changes_later_is_shared_between_what_is_there_and_what_has_left(shop):
    """ERPNext 58550: an invoice price that comes after the goods were used never reaches who used them."""
    tea = shop.product("Tea")
    receipt = shop.receipt(tea, 10, 10, at=1)
    shop.post("delivery", {"product": tea, "quantity": 6}, at=2)
    (line,) = shop.ctx.all(StockEntry, StockEntry.id == receipt).one().lines
    act(shop.ctx, StockEntry, "reprice", values=[{"lines": {line.id: Decimal(20)}}])
    assert (balance(shop, "1405"), balance(shop, "1404"), balance(shop, "2202")) == (48, 12, -120)
    agrees(shop)


def test_landed_costs_are_shared_out(shop):
    tea, salt = shop.product("Tea"), shop.product("Salt")
    receipt = shop.post(
        "receipt",
        {"product": tea, "quantity": 10, "price": 10},
        {"product": salt, "quantity": 100, "price": "0.5"},
        at=1,
    )
    act(shop.ctx, StockEntry, "add_costs", receipt, amount=Decimal(10), by="value")
    assert (shop.held(tea), shop.held(salt)) == ((10, Decimal("106.67")), (100, Decimal("53.33")))
    assert balance(shop, "2202") == -160
    agrees(shop)


def test_the_continental_way_shows_the_change_of_stock(shop):
    account = shop.ctx.all(Account, Account.code == "5711").ids[0]
    change_settings(
        shop.ctx, StockAccountsSettings, {"recognition": Recognition.ON_PURCHASE, "variation_account": account}
    )
    shop.ctx.kept.clear()
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    shop.post("delivery", {"product": tea, "quantity": 4}, at=2)
    assert (balance(shop, "5711"), balance(shop, "5401"), balance(shop, "2202")) == (-60, 0, 0)


def test_a_closed_period_takes_no_moves(shop):
    period = shop.ctx.all(Period, Period.code == "2025-02").one()
    shop.ctx.run(action("finance.period.close"), [shop.ctx.all(Period, Period.code == "2025-01").one()])
    shop.ctx.run(action("finance.period.close"), [period])
    tea = shop.product("Tea")
    with pytest.raises(BusinessError, match="2025-02, which is closed") as refused:
        shop.receipt(tea, 1, 1, at=-240)
    assert refused.value.field == "at"
    shop.receipt(tea, 1, 1, at=1)


def test_the_stock_can_be_closed_before_the_books(shop):
    change_settings(shop.ctx, InventorySettings, {"closed_until": date(2025, 3, 10)})
    shop.ctx.kept.clear()
    with pytest.raises(BusinessError, match="closed until"):
        shop.receipt(shop.product("Tea"), 1, 1, at=1)


def test_closing_asks_whether_stock_and_ledger_agree(shop):
    tea = shop.product("Tea")
    shop.receipt(tea, 10, 10, at=1)
    period = shop.ctx.all(Period, Period.code == "2025-03").one()
    assert list(look(shop.ctx, period)) == []
    accounts = {code: shop.ctx.all(Account, Account.code == code).ids[0] for code in ("1405", "5711")}
    lines = [
        {"summary": "by hand", "account": accounts["1405"], "debit": 7, "base": Decimal(7)},
        {"summary": "by hand", "account": accounts["5711"], "credit": 7, "base": Decimal(-7)},
    ]
    values = [{"day": date(2025, 3, 5), "document": "by hand", "lines": lines}]
    shop.ctx.run(action("finance.voucher.enter"), values=values, maker=shop.ctx.user.id)
    (finding,) = look(shop.ctx, period)
    assert "the stock is worth 100, the ledger says 107" in str(finding.message)


def test_stock_from_before_the_books_is_taken_over(shop):
    tea = shop.product("Tea")
    enabled = shop.ctx.enabled
    shop.ctx.enabled = enabled - {"hanse_inventory_finance"}
    shop.receipt(tea, 10, 10, at=1)
    shop.ctx.enabled = enabled
    assert balance(shop, "1405") == 0
    take_over(shop.ctx, "skip")
    assert balance(shop, "1405") == 0
    take_over(shop.ctx, "book")
    assert (balance(shop, "1405"), balance(shop, "3001")) == (100, -100)
    agrees(shop)
