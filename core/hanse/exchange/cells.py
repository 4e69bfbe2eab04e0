"""Text out of a file as the value of a field: as people write numbers, days, choices and flags in either language.

Nothing is guessed: what could be two values is refused, and the message says how to write it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from hanse.actions.values import WrongValue, convert
from hanse.exchange.headings import plain_words
from hanse.exchange.mapping import ColumnMap
from hanse.exchange.sheets import FORMULA
from hanse.i18n import LOCALES, _, speaking
from hanse.models import Choice, Field, Kind

if TYPE_CHECKING:
    from hanse.actions import Context

Reader = Callable[[str], Any]
_YES = frozenset({"1", "yes", "y", "true", "t", "on", "x", "✓", "√", "是", "对", "真", "有"})
_NO = frozenset({"0", "no", "n", "false", "f", "off", "否", "不", "假", "无"})
_GROUPED = {
    ".": re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?|\d*\.?\d+|\d+\."),
    ",": re.compile(r"\d{1,3}([.']\d{3})+(,\d*)?|\d*,?\d+|\d+,"),
}
_YEAR_FIRST = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_YEAR_LAST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_MONTH_NAMED = re.compile(r"(?:(\d{1,2})[.\s-]+([a-z]{3,9})\.?|([a-z]{3,9})\.?\s+(\d{1,2})),?[\s-]+(\d{4})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CLOCK = re.compile(r"(.*?)[\sT]+(\d{1,2}:\d{2}(?::\d{2})?(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?)")


def reader_for(ctx: Context, field: Field, mapping: ColumnMap) -> Reader:
    """Give a function that reads texts of a column into values of a field; a link's stay text.

    It raises :class:`WrongValue`.
    """
    if field.kind is Kind.LINK:
        return _own_text
    make = _MAKERS.get(field.kind)
    if make is None or field.python_type is str:
        return lambda text: convert(field, _own_text(text))
    read = make(ctx, field, mapping)
    return lambda text: convert(field, read(text))


def _own_text(text: str) -> str:
    """Take the mark away that an export puts before what looks like a formula."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text


def _numbers(ctx: Context, field: Field, mapping: ColumnMap) -> Reader:
    signs: set[str] = (
        {ctx.company.currency.casefold(), "¥", "元"} if field.kind is Kind.MONEY and field.currency is None else set()
    )
    in_percent = str(field.unit) == "%"
    other = "," if mapping.mark == "." else "."
    grouped = _GROUPED[mapping.mark]

    def read(text: str) -> Decimal:
        plain = unicodedata.normalize("NFKC", _own_text(text)).replace("\N{MINUS SIGN}", "-").casefold()
        negative, digits = _sign("".join(plain.split()))
        for sign in signs:
            digits = digits.removeprefix(sign).removesuffix(sign)
        percent, digits = digits.endswith("%"), digits.removesuffix("%")
        if not negative:  # as in ¥-12
            negative, digits = _sign(digits)
        if not grouped.fullmatch(digits):
            example = "1,234.56" if mapping.mark == "." else "1.234,56"
            raise WrongValue(
                _("%(field)s must be a number, written as %(example)s.", field=field.label, example=example)
            )
        number = Decimal(digits.replace(other, "").replace("'", "").replace(mapping.mark, "."))
        number = -number if negative else number
        return number / 100 if percent and not in_percent else number

    return read


def _sign(text: str) -> tuple[bool, str]:
    """Take the sign off a number: before it, behind it, or as brackets around it."""
    if text.startswith("(") and text.endswith(")"):
        return True, text[1:-1]
    if text.startswith(("-", "+")):
        return text[0] == "-", text[1:]
    return (True, text[:-1]) if text.endswith("-") else (False, text)


def _days(_ctx: Context, field: Field, mapping: ColumnMap) -> Reader:
    return lambda text: _day(field, mapping.days, text)


def _day(field: Field, order: str, text: str) -> date:
    plain = unicodedata.normalize("NFKC", text).strip().casefold()
    plain = plain.removesuffix(" 00:00:00").removesuffix("t00:00:00")
    found = _YEAR_LAST.fullmatch(plain)
    one, two, year = (int(part) for part in found.groups()) if found else (0, 0, 0)
    if found and not order and one != two and max(one, two) <= 12:
        raise WrongValue(
            _(
                "%(field)s: “%(text)s” may be two days. Say above in which order days are written.",
                field=field.label,
                text=text,
            )
        )
    try:
        if found := _YEAR_FIRST.fullmatch(plain) or _COMPACT.fullmatch(plain):
            return date(*(int(part) for part in found.groups()))
        if found := _MONTH_NAMED.fullmatch(plain):
            month = _MONTHS.index((found[2] or found[3])[:3]) + 1
            return date(int(found[5]), month, int(found[1] or found[4]))
        if year:
            return date(year, two, one) if order == "dmy" or (not order and one > 12) else date(year, one, two)
    except ValueError:
        pass  # there is no such day; the message below says how days are written
    raise WrongValue(_("%(field)s must be a date such as 2026-11-23.", field=field.label))


def _moments(ctx: Context, field: Field, mapping: ColumnMap) -> Reader:
    def read(text: str) -> datetime:
        plain = unicodedata.normalize("NFKC", text).strip()
        found = _CLOCK.fullmatch(plain)
        try:
            clock = time.fromisoformat(found[2].zfill(5) if len(found[2]) < 5 else found[2]) if found else time()
        except ValueError:
            raise WrongValue(_("%(field)s must be a time such as 2026-11-23 09:30.", field=field.label)) from None
        day = _day(field, mapping.days, found[1] if found else plain)
        return datetime.combine(day, clock, clock.tzinfo or ctx.company.zone)

    return read


def _choices(_ctx: Context, field: Field, _mapping: ColumnMap) -> Reader:
    assert field.choices is not None
    choices = field.choices

    def read(text: str) -> Choice:
        found = _called(choices).get(plain_words(text))
        if found is None:
            names = ", ".join(str(member.label) for member in choices)
            raise WrongValue(_("%(field)s must be one of: %(names)s.", field=field.label, names=names))
        return found

    return read


@lru_cache(maxsize=256)
def _called(choices: type[Choice]) -> dict[str, Choice]:
    """Give members by all they are called; what two of them are called none is."""
    found: dict[str, set[Choice]] = {}
    for locale in LOCALES:
        with speaking(locale):
            for member in choices:
                found.setdefault(plain_words(str(member.label)), set()).add(member)
    named = {name: next(iter(members)) for name, members in found.items() if len(members) == 1}
    return named | {plain_words(member.value): member for member in choices}


def _flags(_ctx: Context, field: Field, _mapping: ColumnMap) -> Reader:
    def read(text: str) -> bool:
        plain = unicodedata.normalize("NFKC", text).strip().casefold()
        if plain in _YES:
            return True
        if plain in _NO:
            return False
        raise WrongValue(_("%(field)s must be yes or no.", field=field.label))

    return read


_MAKERS: dict[Kind, Callable[[Any, Field, ColumnMap], Reader]] = {
    Kind.NUMBER: _numbers,
    Kind.MONEY: _numbers,
    Kind.QUANTITY: _numbers,
    Kind.RATE: _numbers,
    Kind.DAY: _days,
    Kind.MOMENT: _moments,
    Kind.CHOICE: _choices,
    Kind.FLAG: _flags,
}
__all__ = ["Reader", "reader_for"]
