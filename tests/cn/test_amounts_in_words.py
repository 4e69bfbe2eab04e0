"""What vouchers may rely on: amounts in capital words are the canonical ones, and say the amount they stand for."""

import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hanse_cn.amounts import AmountOutOfRange, capital

VECTORS = json.loads((Path(__file__).parents[1] / "data" / "rmb_vectors.json").read_text(encoding="utf-8"))
VALUES = {word: value for value, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["amount"])
def test_a_published_amount_has_its_canonical_words(vector):
    """Every example of the official texts, and amounts on which two of cn2an, nzh and rmb-x agree."""
    assert capital(Decimal(vector["amount"])) == vector["canonical"]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("100001000", "壹亿零壹仟元整"),
        ("1234567890123456.78", "壹仟贰佰叁拾肆万伍仟陆佰柒拾捌亿玖仟零壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
        ("0.50", "伍角整"),
        ("-0.004", "零元整"),
        ("-0.01", "负壹分"),
        ("1.00499999999999999999999999999999999", "壹元整"),
    ],
)
def test_an_amount_at_the_edge_of_the_rules_is_right(amount, words):
    assert capital(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["1e16", "-1e16", "9999999999999999.995", "NaN", "Infinity"])
def test_an_amount_without_words_is_refused_with_the_reason(amount):
    with pytest.raises(AmountOutOfRange, match=r"too large|not an amount"):
        capital(Decimal(amount))


def read(words: str) -> Decimal:
    """Return the amount of capital words: a parser that shares nothing with the writer."""
    match = re.fullmatch(r"(负)?(?:(.+)元)?(零)?(?:(.)角)?(?:(.)分)?(整)?", words)
    assert match is not None
    sign, yuan, _, jiao, fen, _ = match.groups()
    amount = Decimal(whole(yuan or "")) + Decimal(VALUES[jiao or "零"]) / 10 + Decimal(VALUES[fen or "零"]) / 100
    return -amount if sign else amount


def whole(words: str) -> int:
    if "亿" in words:
        high, low = words.split("亿")
        return whole(high) * 10**8 + whole(low)
    if "万" in words:
        high, low = words.split("万")
        return whole(high) * 10**4 + whole(low)
    return sum(
        VALUES[digit] * UNITS.get(unit, 1) for digit, unit in re.findall(r"([壹贰叁肆伍陆柒捌玖])([拾佰仟]?)", words)
    )


@given(st.decimals(min_value=-(10**16) + 1, max_value=10**16 - 1, places=2))
def test_the_words_say_the_amount(amount):
    assert read(capital(amount)) == amount


@given(st.decimals(min_value=-(10**12), max_value=10**12, places=5))
def test_fractions_of_a_fen_are_rounded_half_up(amount):
    assert read(capital(amount)) == amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


@given(st.decimals(min_value=0, max_value=10**16 - 1, places=2))
def test_the_words_have_no_double_zero_and_end_as_the_rules_demand(amount):
    words = capital(amount)
    assert "零零" not in words
    assert not words.startswith("零") or words == "零元整"
    assert words.endswith("分") != words.endswith("整")
