"""Telephone numbers: stored as E.164, shown in groups with the code of the country."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING

from hanse import _
from hanse_contacts.checks.home import Home, Unfit

# phonenumbers is imported where it is needed: 20 ms of every start, if it stood here.
if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_CHINA = 86
#: How Chinese letterheads write extensions: 010-62781234转8001, 010-62781234-8001.
_CHINESE_EXTENSION = re.compile(r"(?P<number>.*\d)\s*(?:转|轉|分机|分機)(?:分机|分機)?\s*(?P<extension>\d{1,6})")
_DASHED_EXTENSION = re.compile(r"(?P<number>(?:\+86[- ]?|\(?0)\d{2,3}\)?[- ]?\d{7,8})-(?P<extension>\d{1,6})")
_CHINESE_MOBILE = re.compile(r"1\d{10}")


@lru_cache(maxsize=50_000)
def checked_phone(typed: str, home: Home) -> str:
    """Return the number as E.164 (``+8613800138000``, an extension after ``;ext=``).

    Short numbers of China (95588) stay as they are, and so does what cannot be judged: a number that begins with no
    country code and fits no plan of its country.

    :raises Unfit: a Chinese number that cannot be, or one with a country code and too few or many digits
    """
    from phonenumbers import is_possible_number, is_valid_number

    tidy = unicodedata.normalize("NFKC", typed).strip()
    number = _parsed(tidy, home)
    if number is not None and is_valid_number(number):
        return _stored(number)
    if number is not None and number.country_code == _CHINA and _is_chinese_short(number):
        return str(number.national_number)
    if _must_be_chinese(tidy, number, home):
        raise Unfit(
            _(
                "“%(typed)s” is no Chinese telephone number. Mobile numbers have 11 digits, others begin with the area "
                "code (010-6278 1234), and numbers abroad with + and the code of the country.",
                typed=typed,
            )
        )
    if tidy.startswith("+") and (number is None or not is_possible_number(number)):
        raise Unfit(
            _("“%(typed)s” is no telephone number: the digits after the + are too few or too many.", typed=typed)
        )
    return tidy


def _parsed(tidy: str, home: Home) -> PhoneNumber | None:
    from phonenumbers import NumberParseException, parse

    try:
        return parse(_with_plain_extension(tidy), home.country)
    except NumberParseException:
        return None


def _with_plain_extension(tidy: str) -> str:
    for pattern in (_CHINESE_EXTENSION, _DASHED_EXTENSION):
        if found := pattern.fullmatch(tidy):
            return f"{found['number']} ext. {found['extension']}"
    return tidy


def _is_chinese_short(number: PhoneNumber) -> bool:
    from phonenumbers.shortnumberinfo import is_valid_short_number_for_region

    return number.extension is None and is_valid_short_number_for_region(number, "CN")


def _must_be_chinese(tidy: str, number: PhoneNumber | None, home: Home) -> bool:
    """Tell whether the number can only be meant as a Chinese one."""
    if tidy.startswith("+"):
        return number is not None and number.country_code == _CHINA
    if home.country != "CN":
        return False
    return home.certain or _CHINESE_MOBILE.fullmatch(re.sub(r"[ -]", "", tidy)) is not None


def _stored(number: PhoneNumber) -> str:
    from phonenumbers import PhoneNumberFormat, format_number

    plain = format_number(number, PhoneNumberFormat.E164)
    return f"{plain};ext={number.extension}" if number.extension else plain


@lru_cache(maxsize=50_000)
def shown_phone(stored: str) -> str:
    """Return a stored number as people read it: ``+86 138 0013 8000``."""
    if not stored.startswith("+"):
        return stored
    from phonenumbers import NumberParseException, PhoneNumberFormat, format_number, parse

    try:
        return format_number(parse(stored, None), PhoneNumberFormat.INTERNATIONAL)
    except NumberParseException:
        return stored
