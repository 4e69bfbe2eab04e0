"""What exact arithmetic with quantities may rely on.

Sizes of units: NIST Special Publication 811 and Handbook 44 for pounds, ounces, gallons, inches and feet (exact by
definition there).
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.i18n import speaking
from hanse_products.measures import STANDARD, english
from hanse_products.quantities import (
    Measure,
    NoConversion,
    as_decimal,
    convert,
    equation,
    is_multiple,
    rounded,
    told,
)

UNITS = {
    english(one.symbol): Measure(at, english(one.symbol), group, one.ratio, one.step)
    for group, (_name, units) in enumerate(STANDARD)
    for at, one in enumerate(units)
}
quantities = st.decimals(-(10**12), 10**12, places=6, allow_nan=False)
ratios = st.fractions(Fraction(1, 10**9), 10**9)
steps = st.sampled_from([Decimal(text) for text in ("1", "0.1", "0.01", "0.001", "0.5", "0.25", "5", "12")])


def unit(ratio: Fraction, group: int = 1) -> Measure:
    return Measure(1, "u", group, ratio, Decimal(1))


@given(quantities, ratios, ratios)
def test_there_and_back_is_the_same(quantity, one, other):
    assert convert(convert(quantity, unit(one), unit(other)), unit(other), unit(one)) == quantity


@given(quantities, ratios, ratios, ratios)
def test_a_detour_changes_nothing(quantity, one, other, third):
    a, b, c = unit(one), unit(other), unit(third)
    assert convert(convert(quantity, a, b), b, c) == convert(quantity, a, c)


def test_nine_pieces_out_of_a_box_of_nine_leave_nothing():
    """ERPNext leaves 0.001 (frappe/erpnext issue 52650)."""
    box, piece = unit(Fraction(9)), unit(Fraction(1))
    left = convert(1, box, piece)
    for _one in range(9):
        left -= 1
    assert left == 0
    assert sum([convert(1, piece, box)] * 9) == 1


@pytest.mark.parametrize(
    ("quantity", "one", "other", "expected"),
    [
        ("1", "lb", "kg", "0.45359237"),
        ("1", "oz", "g", "28.349523125"),
        ("16", "oz", "lb", "1"),
        ("1", "gal", "L", "3.785411784"),
        ("1", "fl oz", "mL", "29.5735295625"),
        ("1", "in", "cm", "2.54"),
        ("12", "in", "ft", "1"),
        ("1", "ft²", "m²", "0.09290304"),
        ("1", "jin", "g", "500"),
        ("10", "liang", "jin", "1"),
        ("3", "chi", "m", "1"),
        ("3", "mu", "m²", "2000"),
        ("2", "dozen", "pair", "12"),
        ("2.5", "t", "kg", "2500"),
    ],
)
def test_units_are_as_large_as_the_law_says(quantity, one, other, expected):
    assert convert(Decimal(quantity), UNITS[one], UNITS[other]) == Fraction(expected)


def test_kilograms_do_not_become_pieces():
    with pytest.raises(NoConversion, match="kg cannot be converted into pcs"):
        convert(1, UNITS["kg"], UNITS["pcs"])


@given(quantities, steps)
def test_rounding_gives_the_nearest_multiple(quantity, step):
    result = rounded(quantity, step)
    assert is_multiple(result, step)
    assert abs(Fraction(result) - Fraction(quantity)) <= Fraction(step) / 2
    assert rounded(-quantity, step) == -result


@given(quantities, st.integers(0, 6))
def test_rounding_to_decimals_is_that_of_the_decimal_module(quantity, places):
    step = Decimal(1).scaleb(-places)
    assert rounded(quantity, step) == quantity.quantize(step, ROUND_HALF_UP)


@given(quantities, steps)
def test_rounding_twice_is_rounding_once(quantity, step):
    assert rounded(rounded(quantity, step), step) == rounded(quantity, step)


def test_what_is_stored_has_eight_decimals():
    assert as_decimal(Fraction(1, 3)) == Decimal("0.33333333")
    assert as_decimal(Fraction(-2, 3)) == Decimal("-0.66666667")
    assert str(as_decimal(Decimal("10.00"))) in ("10", "1E+1")


def test_quantities_are_told_with_their_units():
    assert told(Decimal("1234.50"), "kg") == "1,234.5 kg"
    assert told(Fraction(1, 3), "m") == "1/3 m"
    assert equation((4, "packs"), (40, "pcs")) == "4 packs = 40 pcs"


def test_units_are_read_in_chinese():
    with speaking("zh_CN"):
        assert UNITS["pcs"].shown == "个"
        assert UNITS["jin"].shown == "斤"
        assert UNITS["kg"].shown == "kg"


def test_the_first_unit_of_each_group_is_its_base():
    assert [units[0].ratio for _group, units in STANDARD] == [1] * len(STANDARD)
