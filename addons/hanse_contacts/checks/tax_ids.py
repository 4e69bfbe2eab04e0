"""Tax numbers: China's unified social credit code, VAT numbers of the European Union, others where we know them."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Protocol, cast

from stdnum import get_cc_module
from stdnum.cn import ric, uscc
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, InvalidLength, ValidationError

from hanse import _
from hanse.i18n import Label
from hanse_contacts.checks.home import Home, Unfit

#: Country letters of VAT numbers that are not those of ISO 3166.
_ISO_OF_VAT = {"EL": "GR"}
_VAT_OF_ISO = {"GR": "EL"}
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z]{5,12}")
#: Without any country, only what has the length of a credit code, one character more or less, is taken for one.
_LIKE_CREDIT_CODE = re.compile(r"[0-9A-Z]{17,19}")


class _Rules(Protocol):
    """What a module of stdnum offers."""

    def validate(self, number: str) -> str: ...
    def compact(self, number: str) -> str: ...


@lru_cache(maxsize=50_000)
def checked_tax_id(typed: str, home: Home) -> str:
    """Return the number in capitals without blanks and dashes if its rules are known, else as typed.

    :raises Unfit: a Chinese credit code or a VAT number of the European Union whose digits do not agree
    """
    tidy = unicodedata.normalize("NFKC", typed).strip()
    plain = re.sub(r"[\s./-]", "", tidy).upper()
    if home.country == "CN" and (home.certain or _LIKE_CREDIT_CODE.fullmatch(plain)):
        return _chinese(plain, typed)
    if _is_european(plain, home):
        return _european(plain, typed)
    return _national(plain, home) or tidy


def _chinese(plain: str, typed: str) -> str:
    """Judge a Chinese number.

    Sole traders may have the 18 characters of the owner's identity card, with two more where they run several shops;
    numbers of 15 characters are from before the unified code (2015) and carry no check.
    Source: GB 32100-2015 (unified social credit code), GB 11643-1999 (identity card).
    """
    if len(plain) == 15 and plain.isalnum():
        return plain
    if len(plain) in (18, 20) and ric.is_valid(plain[:18]):
        return plain
    try:
        return uscc.validate(plain)
    except InvalidLength:
        reason: Label = _("it has %(length)s characters, not 18", length=len(plain))
    except InvalidChecksum:
        reason = _("its characters do not agree with the last one, the check character")
    except ValidationError:
        reason = _("it contains a character that is never used in one, such as I, O, S, V or Z")
    raise Unfit(
        _(
            "“%(typed)s” is no unified social credit code: %(reason)s. Compare it with the licence.",
            typed=typed,
            reason=reason,
        )
    )


def _is_european(plain: str, home: Home) -> bool:
    """Tell whether the number can only be meant as a VAT number: its first letters name a member state.

    National numbers may begin with such letters by chance (the Italian codice fiscale does with those of a name).
    Hence it must be no longer than VAT numbers are, and mostly digits unless the letters are those of its own country.
    """
    if not _VAT.fullmatch(plain) or _country_of(plain).lower() not in vat.MEMBER_STATES:
        return False
    if home.certain and (home.country or "").lower() not in vat.MEMBER_STATES:
        return False
    return (home.certain and _country_of(plain) == home.country) or sum(map(str.isdigit, plain)) >= 7


def _country_of(plain: str) -> str:
    return _ISO_OF_VAT.get(plain[:2], plain[:2])


def _european(plain: str, typed: str) -> str:
    try:
        return vat.validate(plain)
    except ValidationError:
        raise Unfit(
            _(
                "“%(typed)s” is no VAT number of %(country)s: its digits do not agree with each other. Compare it with "
                "an invoice of the partner.",
                typed=typed,
                country=_country_of(plain),
            )
        ) from None


def _national(plain: str, home: Home) -> str | None:
    """Return a number that fits the rules of its country; one of a member state gets the letters of VAT numbers."""
    country = home.country if home.certain else None
    rules = cast("_Rules | None", get_cc_module(country.lower(), "vat")) if country else None
    if rules is None or country is None:
        return None
    try:
        number = rules.validate(plain)
    except ValidationError:
        return None
    if country.lower() in vat.MEMBER_STATES:
        prefix = _VAT_OF_ISO.get(country, country)
        return number if number.startswith(prefix) else prefix + number
    return number
