"""What a summary sheet may rely on: accounts under their general account, in the order of codes."""

from __future__ import annotations

from decimal import Decimal

from hanse_finance.binding import summed

D = Decimal


def test_accounts_that_only_names_put_below_others_count_with_them_and_stand_in_order() -> None:
    found = summed(
        [
            (("", "应收账款"), "112202", D(5), D(0)),
            (("1122", "应收账款"), "1122", D(7), D(2)),
            (("", "银行存款"), "100202", D(1), D(0)),
            (("", "银行存款"), "100201", D(3), D(-4)),
            (("1001", "库存现金"), "1001", D(0), D(9)),
            (("2202", "应付账款"), "2202", D(1), D(1)),
        ]
    )
    assert [tuple(row) for row in found] == [
        ("1001", "库存现金", D(0), D(9)),
        ("", "银行存款", D(4), D(-4)),
        ("1122", "应收账款", D(12), D(2)),
        ("2202", "应付账款", D(1), D(1)),
    ]


def test_an_account_of_the_same_name_elsewhere_is_another_one() -> None:
    found = summed([(("", "其他"), "560209", D(1), D(0)), (("1901", "其他"), "1901", D(2), D(0))])
    assert [tuple(row) for row in found] == [("1901", "其他", D(2), D(0)), ("", "其他", D(1), D(0))]
