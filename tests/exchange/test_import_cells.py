"""How values may be written in a file, and that nothing is guessed."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sample_library.models import Book

from hanse.actions import Context
from hanse.actions.values import WrongValue
from hanse.exchange.cells import reader_for
from hanse.exchange.mapping import ColumnMap
from hanse.i18n import speaking
from hanse_contacts.models import Partner


def read(ctx: Context, name: str, text: str, **options: str) -> Any:
    return reader_for(ctx, Book.__fields__[name], ColumnMap(**options))(text)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234,567.89", "1234567.89"),
        ("１２３４．５", "1234.5"),
        ("¥1,234.50", "1234.5"),
        ("￥12", "12"),
        ("CNY 12.5", "12.5"),
        ("12.5元", "12.5"),
        ("-12", "-12"),
        ("12-", "-12"),
        ("(1,000)", "-1000"),
        ("−3", "-3"),
        (" 1 234 ", "1234"),
    ],
)
def test_amounts(ctx: Context, text: str, value: str) -> None:
    assert read(ctx, "price", text) == Decimal(value)


@pytest.mark.parametrize(
    "text", ["1.234,56", "12,5", "1,23", "USD 12", "1e5", "twelve", "1.2.3", "NaN", "Infinity", "--1"]
)
def test_what_could_be_another_number_is_refused(ctx: Context, text: str) -> None:
    with pytest.raises(WrongValue):
        read(ctx, "price", text)


def test_with_a_decimal_comma_the_point_groups(ctx: Context) -> None:
    assert read(ctx, "price", "1.234,56", mark=",") == Decimal("1234.56")
    with pytest.raises(WrongValue):
        read(ctx, "price", "1,234.56", mark=",")


def test_a_percentage_is_a_hundredth(ctx: Context) -> None:
    assert read(ctx, "discount", "15%") == Decimal("0.15")


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-01",
        "2026/3/1",
        "2026.03.01",
        "20260301",
        "2026年3月1日",
        "２０２６－０３－０１",
        "1 Mar 2026",
        "March 1, 2026",
        "2026-03-01 00:00:00",
    ],
)
def test_days(ctx: Context, text: str) -> None:
    assert read(ctx, "bought", text) == date(2026, 3, 1)


def test_a_day_that_may_be_two_is_refused_until_its_order_is_said(ctx: Context) -> None:
    with pytest.raises(WrongValue, match="may be two days"):
        read(ctx, "bought", "03/04/2026")
    assert read(ctx, "bought", "03/04/2026", days="dmy") == date(2026, 4, 3)
    assert read(ctx, "bought", "03/04/2026", days="mdy") == date(2026, 3, 4)
    assert read(ctx, "bought", "31/12/2026") == date(2026, 12, 31)


@pytest.mark.parametrize("text", ["2026-02-30", "31/31/2026", "yesterday", "2026", "45000"])
def test_what_is_no_day_is_refused(ctx: Context, text: str) -> None:
    with pytest.raises(WrongValue):
        read(ctx, "bought", text)


def test_a_time_is_meant_in_the_time_zone_of_the_company(ctx: Context) -> None:
    assert read(ctx, "seen", "2026-03-01 09:30") == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert read(ctx, "seen", "2026-03-01T09:30:00+00:00") == datetime(2026, 3, 1, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "value"), [("是", True), ("Yes", True), ("1", True), ("TRUE", True), ("否", False), ("n", False)]
)
def test_flags(ctx: Context, text: str, value: bool) -> None:
    assert read(ctx, "active", text) is value


@pytest.mark.parametrize("text", ["person", "Person", "个人", " PERSON "])
def test_choices_are_named_by_key_or_by_label_in_either_language(ctx: Context, text: str) -> None:
    with speaking("en"):
        assert reader_for(ctx, Partner.__fields__["kind"], ColumnMap())(text) == "person"


def test_the_mark_that_an_export_puts_before_a_formula_is_taken_away(ctx: Context) -> None:
    assert read(ctx, "remark", "'=1+1") == "=1+1"
    assert read(ctx, "remark", "'tis") == "'tis"
