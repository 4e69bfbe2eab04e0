"""What may be relied on of VAT returns that were declared elsewhere."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from hanse.actions import Context, find_action
from hanse.errors import BusinessError
from hanse_cn.models import VatReturn
from hanse_cn.tax import Expected, differing, expected


def declare(ctx: Context, code: str = "2025-06", **lines: Any) -> VatReturn:
    create = find_action("cn.vat_return.create")
    assert create is not None
    made = ctx.run(create, values=[{"code": code, **lines}]).id
    return ctx.all(VatReturn, VatReturn.id == made).one()


@pytest.mark.parametrize(
    ("lines", "result"),
    [
        ({"output": "100", "input": "60", "brought_forward": "10", "transferred_out": "5"}, ("35", "0", "35")),
        ({"output": "30", "input": "60", "brought_forward": "10", "transferred_out": "5"}, ("0", "35", "0")),
        ({"output": "0", "input": "7.5"}, ("0", "7.5", "0")),
        ({"output": "13", "simplified": "5", "reduced": "2"}, ("13", "0", "16")),
    ],
)
def test_what_is_payable_follows_from_the_lines(ctx: Context, lines: dict[str, str], result: tuple[str, ...]) -> None:
    assert expected(declare(ctx, **lines)) == Expected(*map(Decimal, result))


def test_a_return_says_which_lines_do_not_add_up(ctx: Context) -> None:
    right = {"output": "100", "input": "60", "payable": "40", "total": "40"}
    assert differing(declare(ctx, **right)) == []
    assert differing(declare(ctx, "2025-07", **{**right, "payable": "41", "carried_forward": "1"})) == ["19", "20"]


@pytest.mark.parametrize("code", ["2025", "2025-13", "2025-Q5", "25-06", "2025-6"])
def test_a_tax_period_is_a_month_or_a_quarter(ctx: Context, code: str) -> None:
    with pytest.raises(BusinessError, match="a month such as 2025-06"):
        declare(ctx, code)


def test_a_tax_period_is_declared_once(ctx: Context) -> None:
    declare(ctx, "2025-Q2")
    with pytest.raises(BusinessError, match="a return of this tax period already"):
        declare(ctx, "2025-Q2")
