"""Bank accounts: IBAN (ISO 13616) and BIC (ISO 9362) are checked, domestic numbers only tidied."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from stdnum import bic, iban
from stdnum.exceptions import ValidationError

from hanse import _
from hanse_contacts.checks.home import Unfit

_LIKE_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{8,}")
_IN_GROUPS = re.compile(r"\d[\d -]*")


@lru_cache(maxsize=50_000)
def checked_account_number(typed: str) -> str:
    """Return an IBAN or a number of digits without blanks; anything else as typed.

    :raises Unfit: it begins like an IBAN and is none
    """
    tidy = unicodedata.normalize("NFKC", typed).strip()
    plain = re.sub(r"[\s-]", "", tidy).upper()
    if not _LIKE_IBAN.fullmatch(plain):
        return plain if _IN_GROUPS.fullmatch(tidy) else tidy
    try:
        return iban.validate(plain)
    except ValidationError:
        raise Unfit(
            _(
                "“%(typed)s” is no IBAN: its check digits do not agree with the rest, or its length is not that of "
                "its country.",
                typed=typed,
            )
        ) from None


@lru_cache(maxsize=10_000)
def checked_bic(typed: str) -> str:
    """Return a BIC in capitals.

    :raises Unfit: it is none
    """
    try:
        return bic.validate(unicodedata.normalize("NFKC", typed))
    except ValidationError:
        raise Unfit(_("“%(typed)s” is no BIC. It has 8 or 11 characters, such as BKCHCNBJ.", typed=typed)) from None
