"""What forms may rely on: a text fits its place, is broken where a reader expects it, and is cut only at need."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hanse.documents.typeset import Room, break_lines, fit, printable, stack_of

TEXTS = st.text(alphabet="汉字账凭证，。（）《》、 abcdefg0123456789.,-/￥%𠮷", max_size=60)


def lines(text: str, width: float) -> list[str]:
    return break_lines(text, width, stack_of("serif"))


@pytest.mark.parametrize(
    ("text", "width", "expected"),
    [
        ("采购商品入库", 4, ["采购商品", "入库"]),
        ("收到货款，谢谢", 4, ["收到货", "款，谢谢"]),
        ("转账（工行）", 3.2, ["转账", "（工", "行）"]),
        ("invoice number", 4, ["invoice", "number"]),
        ("付12345.67元", 5, ["付", "12345.67", "元"]),
        ("合同HT-2024号", 5.5, ["合同", "HT-2024号"]),
        ("", 4, [""]),
    ],
)
def test_a_text_is_broken_where_a_reader_expects_it(text, width, expected):
    assert lines(text, width) == expected


@given(TEXTS, st.floats(min_value=2.5, max_value=30))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_breaking_loses_nothing_and_no_line_is_too_wide(text, width):
    broken = lines(text, width)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")
    assert all(stack_of("serif").width(line) <= width for line in broken)


@given(TEXTS, st.floats(min_value=20, max_value=200), st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_fitted_text_is_inside_its_place(text, width, most):
    stack = stack_of("serif")
    fitted = fit(text, stack, Room(width, most), size=9.5, min_size=6)
    assert len(fitted.lines) <= most
    assert 6 <= fitted.size <= 9.5
    assert all(stack.width(line) * fitted.size <= width + 0.01 for line in fitted.lines)
    assert fitted.truncated == (fitted.lines[-1].endswith("…"))


def test_a_text_is_wrapped_before_it_shrinks_and_shrinks_before_it_is_cut():
    room = Room(40, 2)
    stack = stack_of("serif")
    assert fit("四字科目", stack, room, size=10, min_size=6).lines == ("四字科目",)
    wrapped = fit("六个字的科目", stack, room, size=10, min_size=6)
    assert (wrapped.lines, wrapped.size) == (("六个字的", "科目"), 10)
    small = fit("这里有十二个字的会计科目", stack, room, size=10, min_size=6)
    assert len(small.lines) == 2
    assert 6 <= small.size < 10
    cut = fit("这里有十二个字的会计科目" * 2, stack, room, size=10, min_size=6)
    assert cut.truncated
    assert cut.lines[1].endswith("…")


def test_space_at_the_end_is_not_worth_an_ellipsis():
    fitted = fit("借" + " " * 500, stack_of("serif"), Room(40, 2), size=10, min_size=6)
    assert (fitted.lines, fitted.truncated) == (("借",), False)


def test_a_lone_last_character_is_avoided_by_a_slightly_smaller_size():
    fitted = fit("主营业务收入", stack_of("serif"), Room(56, 2), size=10, min_size=6)
    assert fitted.lines == ("主营业务收入",)
    assert 9 < fitted.size < 10


@pytest.mark.parametrize(
    ("text", "shown"),
    [("a\nb\tc", "a b c"), ("\ufeff甲\u200b乙", "甲乙"), ("葛\U000e0100", "葛"), ("plain", "plain")],
)
def test_what_has_no_shape_is_not_drawn(text, shown):
    assert printable(text) == shown
