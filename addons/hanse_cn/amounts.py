"""Amounts of renminbi in capital words (人民币大写), as a voucher, a cheque or an invoice shows them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_PLACES: Final = ((1000, "仟"), (100, "佰"), (10, "拾"), (1, ""))
_CENT: Final = Decimal("0.01")
LIMIT: Final = Decimal(10) ** 16
"""Amounts from this size on have no agreed words: the official units end with 亿, used once."""


class AmountOutOfRange(ValueError):
    """An amount cannot be written in capital words; the message says why."""


def capital(amount: Decimal) -> str:
    """Return an amount of yuan in capital words, rounded half up to the fen: 107000.53 is 壹拾万柒仟元伍角叁分.

    The canonical form of the two official texts: every 零 that they leave to the writer is left out, 整 follows yuan
    and jiao, ten is 壹拾, a negative amount begins with 负, nothing is 零元整.  The prefix 人民币 is not included.
    Source: 会计基础工作规范, article 52; 支付结算办法, annex 1.

    :raises AmountOutOfRange: ten quadrillion (10^16) yuan or more, or not a number
    """
    if not amount.is_finite():
        raise AmountOutOfRange(f"{amount} is not an amount: write a number.")
    if amount.copy_abs() >= LIMIT:
        raise AmountOutOfRange(f"{amount} is too large for words: they end below {LIMIT:,f} yuan.")
    fen_in_all = int(amount.copy_abs().quantize(_CENT, rounding=ROUND_HALF_UP).scaleb(2))
    yuan, fen = divmod(fen_in_all, 100)
    if yuan >= LIMIT:
        raise AmountOutOfRange(f"{amount} rounds to {LIMIT:,f} yuan, which is too large for words.")
    sign = "负" if amount < 0 and fen_in_all else ""
    return sign + _yuan(yuan, alone=not fen) + _fractions(fen, after_yuan=yuan > 0)


def _yuan(yuan: int, *, alone: bool) -> str:
    if yuan:
        return _below_10_16(yuan) + "元"
    return "零元" if alone else ""


def _fractions(fen_in_all: int, *, after_yuan: bool) -> str:
    """Return jiao and fen; 零 stands for missing jiao only between yuan and fen."""
    jiao, fen = divmod(fen_in_all, 10)
    if not fen:
        return f"{_DIGITS[jiao]}角整" if jiao else "整"
    if jiao:
        return f"{_DIGITS[jiao]}角{_DIGITS[fen]}分"
    return f"{'零' if after_yuan else ''}{_DIGITS[fen]}分"


def _below_10_16(number: int) -> str:
    high, low = divmod(number, 10**8)
    return _joined(_below_10_8(high), "亿", _below_10_8(low), zero=low < 10**7)


def _below_10_8(number: int) -> str:
    high, low = divmod(number, 10**4)
    return _joined(_below_10_4(high), "万", _below_10_4(low), zero=low < 10**3)


def _joined(high: str, unit: str, low: str, *, zero: bool) -> str:
    """Join the words of two parts; ``zero`` when the first place of the lower part is 0, so that 零 must be written."""
    if not high:
        return low
    return high + unit + ("零" if zero and low else "") + low


def _below_10_4(number: int) -> str:
    words, gap = "", False
    for place, unit in _PLACES:
        digit = number // place % 10
        if digit:
            words += ("零" if gap and words else "") + _DIGITS[digit] + unit
        gap = not digit
    return words
