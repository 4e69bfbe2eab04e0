"""What plans of depreciation may rely on.

Figures of the examples are those of the textbook 初级会计实务 (fixed assets, 折旧方法): a machine of 1,000,000 with a
residual value of 4,000 over five years, and a lorry of 600,000 that can go 500,000 km.
"""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_assets.methods import planned, produced, residual_of
from hanse_assets.models import Method

MILLION, FOUR_THOUSAND = Decimal(1_000_000), Decimal(4_000)
amounts = st.decimals("0.01", "99999999.99", places=2)


def years(plan: list[Decimal]) -> list[Decimal]:
    """Give the sums of twelve months each."""
    return [sum(plan[start : start + 12], Decimal(0)) for start in range(0, len(plan), 12)]


def test_double_declining_balance_is_that_of_the_textbook():
    plan = planned(Method.DECLINING, MILLION, FOUR_THOUSAND, life=60)
    assert plan[0] == Decimal("33333.33")  # 400,000 / 12
    expected = [400_000, 240_000, 144_000, 106_000, 106_000]
    assert all(abs(year - wanted) <= Decimal("0.1") for year, wanted in zip(years(plan), expected, strict=True))
    assert sum(plan) == 996_000


def test_sum_of_the_years_digits_is_that_of_the_textbook():
    plan = planned(Method.DIGITS, MILLION, FOUR_THOUSAND, life=60)
    expected = [332_000, 265_600, 199_200, 132_800, 66_400]
    assert all(abs(year - wanted) <= Decimal("0.1") for year, wanted in zip(years(plan), expected, strict=True))
    assert sum(plan) == 996_000


def test_units_of_production_are_those_of_the_textbook():
    """5 % residual value: 1.14 a kilometre, 4,000 km in the month."""
    residual = residual_of(Decimal(600_000), Decimal(5), 2)
    assert residual == 30_000
    assert produced(Decimal(600_000), residual, output=Decimal(500_000), quantity=Decimal(4_000)) == 4_560
    assert produced(Decimal(600_000), residual, output=Decimal(500_000), quantity=Decimal(600_000)) == 570_000
    assert produced(Decimal(600_000), residual, output=Decimal(500_000), quantity=Decimal(0)) == 0


@given(amounts, st.integers(1, 600), st.integers(0, 100))
def test_a_straight_line_is_what_a_spreadsheet_says(cost, life, percent):
    """The same rounded amount every month, the last takes the rest; unless rounding up has taken all before."""
    residual = (cost * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    plan = planned(Method.STRAIGHT, cost, residual_of(cost, Decimal(percent), 2), life=life)
    monthly = ((cost - residual) / life).quantize(Decimal("0.01"), ROUND_HALF_UP)
    assert sum(plan) == cost - residual
    if monthly * (life - 1) <= cost - residual:
        assert plan[:-1] == [monthly] * (life - 1)
    assert len(plan) == life


@given(
    st.sampled_from([Method.STRAIGHT, Method.DECLINING, Method.DIGITS]),
    amounts,
    st.integers(0, 100),
    st.integers(1, 30),
    st.sampled_from([0, 2, 3]),
    st.data(),
)
def test_a_life_adds_up_exactly_also_from_the_middle_on(method, cost, percent, life_years, places, data):
    life = 12 * life_years
    cost = cost.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
    residual = residual_of(cost, Decimal(percent), places)
    plan = planned(method, cost, residual, life=life, places=places)
    assert sum(plan) == cost - residual
    assert min(plan) >= 0
    assert all(amount == round(amount, places) for amount in plan)
    elapsed = data.draw(st.integers(0, life - 1))
    before = sum(plan[:elapsed], Decimal(0))
    rest = planned(method, cost - before, residual, life=life, elapsed=elapsed, places=places)
    assert sum(rest) == cost - before - residual
    assert len(rest) == life - elapsed


@given(st.sampled_from([Method.STRAIGHT, Method.DECLINING, Method.DIGITS]), st.integers(0, 59))
def test_who_takes_over_in_the_middle_goes_on_as_before(method, elapsed):
    """What rounding left differs by cents only."""
    whole = planned(method, MILLION, FOUR_THOUSAND, life=60)
    rest = planned(method, MILLION - sum(whole[:elapsed]), FOUR_THOUSAND, life=60, elapsed=elapsed)
    assert all(abs(one - other) <= Decimal("0.65") for one, other in zip(rest, whole[elapsed:], strict=True))
    assert rest[0] == pytest.approx(whole[elapsed], abs=Decimal("0.65"))


def test_declining_never_falls_below_the_residual_value():
    plan = planned(Method.DECLINING, Decimal(1000), Decimal(500), life=60)
    assert years(plan) == [pytest.approx(Decimal(wanted), abs=Decimal("0.05")) for wanted in (400, 100, 0, 0, 0)]
    assert sum(plan) == 500


def test_what_is_over_or_not_depreciated_has_no_plan():
    assert planned(Method.NONE, MILLION, Decimal(0), life=60) == []
    assert planned(Method.STRAIGHT, MILLION, Decimal(0), life=60, elapsed=60) == []
    assert sum(planned(Method.STRAIGHT, Decimal(10), Decimal(50), life=12)) == 0
    with pytest.raises(ValueError, match="not known"):
        planned(Method.PRODUCTION, MILLION, Decimal(0), life=60)
