"""What amounts of invoices may rely on: one rounding, named; parts that add up.

Northwind's orders and their totals under three roundings: microsoft/sql-server-samples, instnwnd.sql (MIT), worked out
in SQL and with decimals independently of this code.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_invoicing.amounts import Part, Priced, Rule, instalments, line_amounts, net_amounts, portion, shared_out

DATA = Path(__file__).parents[1] / "data" / "northwind"
COLUMNS = {
    Rule.LINE_HALF_UP: ("line_half_up", "1265793.29"),
    Rule.LINE_HALF_EVEN: ("line_half_even", "1265793.02"),
    Rule.DOCUMENT_HALF_UP: ("order_half_up", "1265793.22"),
}
D = Decimal


def orders() -> dict[str, list[Priced]]:
    found: dict[str, list[Priced]] = defaultdict(list)
    with (DATA / "order_details.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            found[row["order_id"]].append(Priced(D(row["quantity"]), D(row["unit_price"]), D(row["discount"]) * 100))
    return found


@pytest.mark.parametrize("rule", Rule)
def test_northwind_s_orders_come_to_the_published_totals(rule):
    column, total = COLUMNS[rule]
    with (DATA / "order_nets.csv").open(newline="") as file:
        expected = {row["order_id"]: D(row[column]) for row in csv.DictReader(file)}
    nets = {order: sum(net_amounts(lines, 2, rule)) for order, lines in orders().items()}
    assert nets == expected
    assert sum(nets.values()) == D(total)


@pytest.mark.parametrize(
    ("gross", "percent", "net", "tax"),
    [
        ("113", "13", "100.00", "13.00"),
        ("100", "13", "88.50", "11.50"),
        ("1", "3", "0.97", "0.03"),
        ("0.01", "13", "0.01", "0.00"),
    ],
)
def test_a_price_with_tax_is_split_and_never_rounded_twice(gross, percent, net, tax):
    (one,) = line_amounts([Priced(D(1), D(gross), percent=D(percent))], 2, included=True)
    assert (one.net, one.tax) == (D(net), D(tax))


def test_tax_is_rounded_half_up_on_each_line():
    """Known from other programs: 348.35 × 16 lines at 4 % and 22 %; here 0.5 cents go up, on every line."""
    lines = [Priced(D(1), D("0.5"), percent=D(1))] * 3
    assert [one.tax for one in line_amounts(lines, 2)] == [D("0.01")] * 3
    assert [one.tax for one in line_amounts(lines, 2, per_document=True)] == [D("0.01"), D("0.00"), D("0.01")]


def test_a_currency_without_decimals_rounds_to_whole_units():
    assert net_amounts([Priced(D(2), D("100.5"))], 0) == [D(201)]
    assert [one.tax for one in line_amounts([Priced(D(1), D(105), percent=D(10))], 0)] == [D(11)]


amounts = st.decimals(min_value=0, max_value=10**6, places=4)
percents = st.sampled_from([None, D(0), D(1), D(6), D(9), D(13)])
lines = st.lists(st.builds(Priced, amounts, amounts, st.decimals(0, 100, places=2), percents), min_size=1, max_size=8)


@given(lines, st.booleans(), st.booleans(), st.sampled_from([0, 2, 3]))
def test_what_a_price_with_tax_says_is_what_is_paid(given_lines, included, per_document, places):
    found = line_amounts(given_lines, places, included=included, per_document=per_document)
    stated = net_amounts(given_lines, places)
    assert [one.gross if included else one.net for one in found] == stated
    assert all(one.tax == round(one.tax, places) for one in found)


@given(st.lists(st.decimals(-1000, 1000, places=5), min_size=1, max_size=20))
def test_shares_add_up_and_are_off_by_less_than_a_unit(parts):
    shares = shared_out(parts, 2)
    assert abs(sum(shares) - sum(parts)) <= D("0.005")
    assert all(abs(share - part) <= D("0.01") for share, part in zip(shares, parts, strict=True))


parts = st.lists(
    st.builds(
        Part,
        st.integers(0, 90),
        st.one_of(st.none(), st.decimals(0, 100, places=2)),
        st.none(),
        st.booleans(),
    ),
    max_size=5,
)


@given(st.decimals(0, 10**7, places=2), parts)
def test_instalments_add_up_to_the_whole(gross, chosen):
    found = instalments(gross, date(2025, 1, 31), chosen, 2)
    assert sum(amount for _day, amount in found) == gross
    assert all(amount >= 0 and day >= date(2025, 1, 31) for day, amount in found)


def test_instalments_fall_due_after_days_and_after_the_end_of_the_month():
    found = instalments(
        D("1000.01"),
        date(2024, 2, 10),
        [Part(10, percent=D(30)), Part(0, fixed=D(200)), Part(15, end_of_month=True)],
        2,
    )
    assert found == [
        (date(2024, 2, 20), D("300.00")),
        (date(2024, 2, 10), D("200")),
        (date(2024, 3, 15), D("500.01")),
    ]


def test_a_portion_of_the_whole_is_the_whole():
    assert portion(D("7.23"), D("1.00"), D("1.00"), 2) == D("7.23")
    assert portion(D("10.00"), D(1), D(3), 2) == D("3.33")
