"""Quantities in the data interface: 数量, 计量单位 and 单价 of accounts that count, in balances and vouchers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from hanse.actions import Context, find_action
from hanse.testing.people import open_for_admin
from hanse_cn.gbt24589 import ledger as interface
from hanse_finance.reports import year_of

MOVES = (("2025-02-05", "debit", "600", "50"), ("2025-03-06", "credit", "240", "20.5"))


def act(ctx: Context, name: str, **params: Any) -> Any:
    found = find_action(name)
    assert found is not None
    return ctx.run(found, **params)


def books_of(ctx: Context) -> Context:
    """Keep books of a year with a receipt and an issue of goods."""
    admin = open_for_admin(ctx.session)
    rows = [
        {"code": "1405", "name": "库存商品", "type": "asset", "side": "D", "unit": "件"},
        {"code": "1002", "name": "银行存款", "type": "asset", "side": "D"},
    ]
    goods, bank = act(admin, "finance.account.create", values=rows).done
    act(admin, "finance.voucher_word.create", values=[{"code": "记", "name": "记账凭证"}])
    act(admin, "finance.fiscal_year.create", values=[{"start": date(2025, 1, 1)}])
    for day, side, amount, quantity in MOVES:
        other = "credit" if side == "debit" else "debit"
        lines = [
            {"summary": "库存", "account": goods, side: Decimal(amount), "quantity": Decimal(quantity)},
            {"account": bank, other: Decimal(amount)},
        ]
        values = {"day": date.fromisoformat(day), "lines": lines, "source": f"test:{day}", "document": "test"}
        act(admin, "finance.voucher.enter", values=[values], maker=admin.user.id)
    return admin


def test_balances_and_lines_say_how_much_there_is(ctx: Context) -> None:
    admin = books_of(ctx)
    year = year_of(admin, "2025")
    names = ("unit", "opening.quantity", "debit.quantity", "credit.quantity", "closing.quantity", "closing.base")
    rows: dict[Any, Any] = {
        (row["account"], row["period"]): tuple(row[name] for name in names)
        for row in interface.balances(admin, year, {})
    }
    assert rows["1405", 2] == ("件", "0", "50", "0", "50", "600.00")
    assert rows["1405", 3] == ("件", "50", "0", "20.5", "29.5", "360.00")
    assert rows["1405", 4] == ("件", "29.5", "0", "0", "29.5", "360.00")
    assert rows["1002", 2][:5] == (None, None, None, None, None)
    lines = [
        (row["day"], row["unit"], row["debit.quantity"], row["credit.quantity"], row["price"])
        for row in interface.voucher_lines(admin, year, {}, "01")
        if row["account"] == "1405"
    ]
    assert lines == [
        (date(2025, 2, 5), "件", "50", "0", "12"),
        (date(2025, 3, 6), "件", "0", "20.5", "11.707317"),
    ]
