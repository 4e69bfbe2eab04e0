"""What patterns of numbers may be relied on for: none is given twice, and what is wrong is said."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse.sequences.rules import Days, NumberRule, Reset, RuleError, span


def days(year: int, month: int = 3, day: int = 14, *, fiscal: date | None = None) -> Days:
    return Days(date(year, month, day), fiscal or date(year, 1, 1))


@pytest.mark.parametrize(
    ("pattern", "number", "written"),
    [
        ("PO{year}{month}-{number:5}", 7, "PO202503-00007"),
        ("{year:2}{month}{day}/{number}", 12, "250314/12"),
        ("INV {fiscal_year}-{number:3}", 1234, "INV 2024-1234"),
        ("EQ-{seq:04}", 3, "EQ-0003"),
        ("记{number:02}号", 5, "记05号"),
    ],
)
def test_a_number_is_written_as_its_pattern_says(pattern: str, number: int, written: str) -> None:
    rule = NumberRule(pattern)
    rule.check()

    assert rule.write(number, days(2025, fiscal=date(2024, 4, 1))) == written


@pytest.mark.parametrize(
    ("rule", "field", "said"),
    [
        (NumberRule("PO-"), "pattern", "exactly once"),
        (NumberRule("{number}{number}"), "pattern", "exactly once"),
        (NumberRule("{number}{year"), "pattern", "not closed"),
        (NumberRule("{number}{week}"), "pattern", "{week}"),
        (NumberRule("PO{number:5}", reset=Reset.YEAR), "reset", "{year}"),
        (NumberRule("PO{year}-{number:5}", reset=Reset.MONTH), "reset", "{month}"),
        (NumberRule("PO{year}-{number:5}", reset=Reset.FISCAL_YEAR), "reset", "{fiscal_year}"),
        (NumberRule("{year:1}-{number}"), "pattern", "two digits"),
        (NumberRule("PO{number}", step=0), "step", "go up"),
        (NumberRule("PO{number}", start=-1), "start", "negative"),
        (NumberRule("{shop}{number}", parts={"shop": "Shop"}), "pattern", "dash"),
        (NumberRule("{number}{shop}", parts={"shop": "Shop"}), "pattern", "dash"),
        (NumberRule("x" * 81 + "{number}"), "pattern", "at most"),
    ],
)
def test_a_rule_that_could_give_a_number_twice_is_refused_with_the_reason(
    rule: NumberRule, field: str, said: str
) -> None:
    with pytest.raises(RuleError) as refused:
        rule.check()

    assert refused.value.field == field
    assert said in str(refused.value)


def test_a_number_that_does_not_fit_its_field_is_refused() -> None:
    with pytest.raises(RuleError, match="characters"):
        NumberRule("PO{year}{month}-{number:5}").check(10)


def test_digits_that_are_used_up_are_not_mixed_with_the_date_before_them() -> None:
    rule = NumberRule("{year}{number:3}")

    assert rule.write(999, days(2025)) == "2025999"
    with pytest.raises(RuleError, match="used up"):
        rule.write(1000, days(2025))
    assert NumberRule("{year}-{number:3}").write(1000, days(2025)) == "2025-1000"


PATTERNS = [
    ("A{number:2}", Reset.NEVER),
    ("{year}-{number}", Reset.YEAR),
    ("{year:2}{number:3}", Reset.YEAR),
    ("{month}.{year}/{number}", Reset.MONTH),
    ("{year}{month}{number:3}", Reset.YEAR),
    ("{year}{month}{day}{number:3}", Reset.DAY),
    ("{number:3}{fiscal_year}", Reset.FISCAL_YEAR),
]
DAYS = st.dates(date(2001, 1, 1), date(2099, 12, 31))


@given(st.sampled_from(PATTERNS), st.tuples(DAYS, st.integers(1, 999)), st.tuples(DAYS, st.integers(1, 999)))
def test_two_numbers_of_one_rule_are_the_same_only_in_the_same_period(
    chosen: tuple[str, Reset], one: tuple[date, int], other: tuple[date, int]
) -> None:
    """Whatever the dates: equal texts come from one counter and one value of it."""
    rule = NumberRule(chosen[0], reset=chosen[1])
    rule.check()
    of = [(Days(on, date(on.year, 1, 1)), number) for on, number in (one, other)]
    texts = [rule.write(number, on) for on, number in of]

    if texts[0] == texts[1]:
        assert (rule.period(of[0][0]), of[0][1]) == (rule.period(of[1][0]), of[1][1])


@given(st.sampled_from(list(Reset)), DAYS)
def test_the_days_of_a_period_are_those_that_name_it(reset: Reset, on: date) -> None:
    rule = NumberRule("{year}{month}{day}{fiscal_year}-{number}", reset=reset)

    def at(day: date) -> Days:
        return Days(day, date(day.year, 1, 1))

    first, last = span(rule.period(at(on)))
    assert first <= on <= last
    if reset not in (Reset.NEVER, Reset.FISCAL_YEAR):  # of a fiscal year only the first day is certain
        assert rule.period(at(first)) == rule.period(at(last)) == rule.period(at(on))
        assert rule.period(at(last + timedelta(days=1))) != rule.period(at(on))
