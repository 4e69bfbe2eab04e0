"""Reading what a scanner says: GTINs, GS1 element strings, and GS1 Digital Link addresses.

Source: GS1 General Specifications, release 25: 3 (application identifiers), 5.1.3 (symbology identifiers), 7.8 (element
strings and FNC1), 7.9 (check digits), 7.12 (centuries of dates); GS1 Digital Link Standard: URI Syntax, release 1.6.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import pairwise
from urllib.parse import parse_qsl, unquote, urlsplit

from hanse import BusinessError, _
from hanse.i18n import Label

#: The character that scanners send for FNC1 behind an element of variable length: ASCII 29, group separator.
FNC1 = "\x1d"
#: What scanners and people write instead of it.
_SEPARATORS = re.compile("\N{SYMBOL FOR GROUP SEPARATOR}|<GS>|\\{GS\\}|<FNC1>|\\{FNC1\\}", re.IGNORECASE)
#: Symbology identifiers: ISO/IEC 15424.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
#: Those behind which an element string follows: GS1-128, GS1 DataMatrix, GS1 QR, GS1 DataBar, GS1 DotCode.
_OF_GS1 = ("]C1", "]d2", "]Q3", "]e0", "]J1")
_BRACKETED = re.compile(r"\((\d{2,4})\)([^(]*)")
#: Digits of an application identifier by its first two.
_AI_DIGITS: Mapping[str, int] = (
    {f"{n:02}": 2 for n in (*range(23), 30, 37, *range(90, 100))}
    | {f"{n}": 3 for n in (23, 24, 25, 40, 41, 42, 71)}
    | {f"{n}": 4 for n in (*range(31, 37), 39, 43, 70, 72, 80, 81, 82)}
)
#: Characters behind identifiers whose length is fixed; all others end with FNC1 or the end.
_FIXED: Mapping[str, int] = (
    {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2}
    | {f"{n}": 6 for n in range(11, 20)}
    | {f"{n}": 6 for n in range(31, 37)}
    | {"41": 13}
)
#: Characters behind others that we read, at most.
_MOST: Mapping[str, int] = {"10": 20, "21": 20, "22": 20, "30": 8, "37": 8, "240": 30, "241": 30, "400": 30}
_LONGEST = 90
_DATES = ("11", "12", "13", "15", "16", "17")
_NUMERIC = frozenset(("00", "01", "02", "03", "11", "12", "13", "15", "16", "17", "20", "30", "37", "41"))
#: The characters that element strings may hold (character set 82).
_CHARACTERS = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]+")
#: Trade measures: unit by UN/ECE code, by the first three digits of the identifier; the fourth counts decimals.
_MEASURES: Mapping[str, str] = {
    "310": "KGM",
    "311": "MTR",
    "314": "MTK",
    "315": "LTR",
    "316": "MTQ",
    "320": "LBR",
    "321": "INH",
    "322": "FOT",
    "356": "ONZ",
    "357": "ONZ",
    "360": "QT",
    "361": "GLL",
}
#: Keys of a Digital Link address that may stand in its path, as text too.
_PATH_KEYS = {"gtin": "01", "cpv": "22", "lot": "10", "ser": "21"}


class Unreadable(BusinessError):
    """What was scanned follows no rule that we know."""

    def __init__(self, message: Label) -> None:
        super().__init__(message, field="text")


@dataclass(frozen=True, slots=True)
class Measured:
    """A trade measure in a code: 1.25 KGM.

    :ivar unit: UN/ECE code
    """

    amount: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scanned text says.

    :ivar text: what is looked up where there is no trade item number: the text without its symbology identifier
    :ivar elements: application identifier → what stands behind it, in the order of the code
    :ivar gtin: 14 digits; of what is inside (02) where the code is that of a pallet
    :ivar count: so many of ``gtin`` (30 or 37)
    """

    text: str
    elements: Mapping[str, str] = field(default_factory=dict[str, str])
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None
    sscc: str | None = None
    produced: date | None = None
    packed: date | None = None
    best_before: date | None = None
    sell_by: date | None = None
    expires: date | None = None
    count: int | None = None
    measure: Measured | None = None


def check_digit(digits: str) -> str:
    """Give the check digit behind digits: weights 3 and 1 from the right, up to the next ten.

    ``check_digit("629104150021")`` is ``"3"``, the example of the General Specifications.
    """
    total = sum(int(one) * (3 if place % 2 == 0 else 1) for place, one in enumerate(reversed(digits)))
    return str(-total % 10)


def is_gtin(text: str) -> bool:
    """Tell whether a text is a trade item number of 8, 12, 13 or 14 digits whose check digit agrees."""
    plain = text.isascii() and text.isdigit() and len(text) in (8, 12, 13, 14)
    return plain and check_digit(text[:-1]) == text[-1]


def gtin14(text: str) -> str:
    """Write a trade item number with 14 digits, the form in which all lengths are one number."""
    return text.zfill(14)


def read(text: str, *, on: date) -> Scanned:
    """Read what a scanner sent: a number, an element string with or without brackets, or a Digital Link address.

    A text that is none of these is an own code, looked up as it stands.

    :param on: today, which says what century dates are of
    :raises Unreadable: it claims to be an element string and breaks its rules
    """
    plain = _SEPARATORS.sub(FNC1, text.strip(" \t\r\n"))
    symbology = _SYMBOLOGY.match(plain)
    marked = symbology is not None and symbology[0] in _OF_GS1
    plain = plain[3:] if symbology is not None else plain
    if not plain.strip(FNC1):
        raise Unreadable(_("There is nothing to look up. Scan a code, or type it."))
    if marked or plain.startswith(FNC1) or FNC1 in plain:
        return _told(plain.strip(FNC1), dict(_elements(plain.lstrip(FNC1))), on)
    if _BRACKETED.match(plain):
        return _told(plain, _bracketed(plain), on)
    if plain.lower().startswith(("http://", "https://")):
        found = _linked(plain)
        return _told(plain, found, on) if found else Scanned(plain)
    if is_gtin(plain):
        return Scanned(plain, {"01": gtin14(plain)}, gtin14(plain))
    if len(plain) > 16 and plain.startswith("01") and is_gtin(plain[2:16]):  # a scanner that keeps symbologies quiet
        return _told(plain, dict(_elements(plain)), on)
    return Scanned(plain)


def _elements(text: str) -> Iterator[tuple[str, str]]:
    """Cut an element string: fixed lengths as they are, others up to FNC1 or the end."""
    rest = text
    while rest:
        identifier = _identifier(rest)
        rest = rest[len(identifier) :]
        fixed = _FIXED.get(identifier[:2])
        if fixed is not None:
            value, rest = rest[:fixed], rest[fixed:].removeprefix(FNC1)
        else:
            value, _mark, rest = rest.partition(FNC1)
        yield identifier, value


def _identifier(text: str) -> str:
    digits = _AI_DIGITS.get(text[:2])
    found = text[:digits] if digits is not None else ""
    if digits is None or len(found) < digits or not found.isdigit():
        raise Unreadable(_("“%(text)s” begins with no application identifier of GS1.", text=text[:8]))
    return found


def _bracketed(text: str) -> dict[str, str]:
    """Read the line of text below a code: ``(01)09506000134352(10)A-1``."""
    if "".join(match[0] for match in _BRACKETED.finditer(text)) != text:
        raise Unreadable(_("“%(text)s” cannot be read: write each identifier in brackets, (01)….", text=text))
    found = {match[1]: match[2].strip() for match in _BRACKETED.finditer(text)}
    for identifier in found:
        if _AI_DIGITS.get(identifier[:2]) != len(identifier):
            raise Unreadable(_("“%(text)s” begins with no application identifier of GS1.", text=identifier))
    return found


def _linked(text: str) -> dict[str, str]:
    """Read a Digital Link address: ``https://example.com/01/09506000134352/10/A-1?17=271231``."""
    address = urlsplit(text)
    steps = [unquote(step) for step in address.path.strip("/").split("/")]
    pairs = list(pairwise(steps))
    start = next(
        (at for at, (key, value) in enumerate(pairs) if _PATH_KEYS.get(key, key) == "01" and value.isdigit()), None
    )
    if start is None:
        return {}
    keys = [(_PATH_KEYS.get(key, key), value) for key, value in pairs[start::2]]
    keys += [(_PATH_KEYS.get(key, key), value) for key, value in parse_qsl(address.query)]
    known = {key: value for key, value in keys if _AI_DIGITS.get(key[:2]) == len(key)}
    return known | {"01": gtin14(known["01"])}


def _told(text: str, elements: dict[str, str], on: date) -> Scanned:
    """Check elements, and say what they mean.

    :raises Unreadable: one breaks its rules
    """
    for identifier, value in elements.items():
        _check(identifier, value)
    dates = {identifier: _day(identifier, elements[identifier], on) for identifier in _DATES if identifier in elements}
    count = elements.get("37") or elements.get("30")
    return Scanned(
        text,
        elements,
        gtin=elements.get("01") or elements.get("02"),
        lot=elements.get("10"),
        serial=elements.get("21"),
        sscc=elements.get("00"),
        produced=dates.get("11"),
        packed=dates.get("13"),
        best_before=dates.get("15"),
        sell_by=dates.get("16"),
        expires=dates.get("17"),
        count=int(count) if count else None,
        measure=next(_measures(elements), None),
    )


def _check(identifier: str, value: str) -> None:
    fixed = _FIXED.get(identifier[:2])
    most = _MOST.get(identifier, _LONGEST)
    if not value or (fixed is not None and len(value) != fixed) or len(value) > most:
        raise Unreadable(
            _(
                "Behind (%(identifier)s) stand %(length)s characters, which is too few or too many.",
                identifier=identifier,
                length=len(value),
            )
        )
    digits = identifier in _NUMERIC or identifier[:2] in _NUMERIC or "31" <= identifier[:2] <= "36"
    if digits and not (value.isascii() and value.isdigit()):
        raise Unreadable(
            _("Behind (%(identifier)s) stand digits only, not “%(text)s”.", identifier=identifier, text=value)
        )
    if not _CHARACTERS.fullmatch(value):
        raise Unreadable(_("“%(text)s” holds a character that no code of GS1 may hold.", text=value))
    if identifier in ("00", "01", "02") and check_digit(value[:-1]) != value[-1]:
        raise Unreadable(
            _("The last digit of %(number)s must be %(digit)s.", number=value, digit=check_digit(value[:-1]))
        )


def _day(identifier: str, value: str, on: date) -> date:
    """Read a date of six digits; day 00 is the last of the month.

    Years more than 50 before or 49 behind this one are of the next or the last century.

    :raises Unreadable: there is no such day
    """
    year, month, number = on.year // 100 * 100 + int(value[:2]), int(value[2:4]), int(value[4:])
    apart = year - on.year
    year += -100 if apart >= 51 else 100 if apart <= -50 else 0
    try:
        return date(year, month, number or monthrange(year, month)[1])
    except (ValueError, IndexError) as error:
        message = _(
            "(%(identifier)s)%(text)s is no day: year, month and day have two digits each.",
            identifier=identifier,
            text=value,
        )
        raise Unreadable(message) from error


def _measures(elements: Mapping[str, str]) -> Iterator[Measured]:
    for identifier, value in elements.items():
        unit = _MEASURES.get(identifier[:3]) if len(identifier) == 4 else None
        if unit is not None and identifier[3] <= "5":
            yield Measured(Decimal(int(value)).scaleb(-int(identifier[3])), unit)


__all__ = ["FNC1", "Measured", "Scanned", "Unreadable", "check_digit", "gtin14", "is_gtin", "read"]
