"""The locale of the moment, gettext domains, and how numbers, dates and money are written."""

from __future__ import annotations

import inspect
import zoneinfo
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import cast

from babel import Locale, dates, numbers
from babel.support import NullTranslations, Translations

#: Every locale that Hanse itself speaks; the first is the language of the message ids.
LOCALES = ("en", "zh_CN")
#: The kernel's own catalogue.
KERNEL = "hanse"

_locale: ContextVar[str] = ContextVar("hanse_locale", default="en")
_directories: dict[str, Path] = {}


class Text:
    """A message that is translated when it is shown, not when it is written.

    ``domain`` is the top-level package that wrote it, whose catalogue is asked first.
    """

    __slots__ = ("domain", "message", "values")

    def __init__(self, domain: str, message: str, values: dict[str, object]) -> None:
        self.domain, self.message, self.values = domain, message, values

    def __str__(self) -> str:
        translated = translate(self.message, self.domain, _locale.get())
        return translated % _shown(self.values) if self.values else translated

    def __repr__(self) -> str:
        return f"_({self.message!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and (self.message, self.values) == (other.message, other.values)

    def __hash__(self) -> int:
        return hash(self.message)

    def __html__(self) -> str:
        from markupsafe import escape

        return str(escape(str(self)))

    def __mod__(self, values: dict[str, object]) -> Text:
        return Text(self.domain, self.message, {**self.values, **values})


#: What takes a label or message: plain text (not translated) or a translatable one.
Label = str | Text


def _(message: str, /, **values: object) -> Text:
    """Mark ``message`` for translation by the catalogue of the package that calls.

    ``values`` fill ``%(name)s``; dates and decimals among them are written in the reader's locale.
    """
    module = _calling_module()
    return Text(module.partition(".")[0], message, values)


def _calling_module() -> str:
    """Name the module that called the caller of this function."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_globals is globals():
        frame = frame.f_back
    return cast("str", frame.f_globals.get("__name__", KERNEL)) if frame is not None else KERNEL


def register_catalogue(domain: str, directory: Path) -> None:
    """Say where the catalogue of a package lies: ``directory/<locale>/LC_MESSAGES/<domain>.mo``."""
    _directories[domain] = directory
    _catalogue.cache_clear()


@lru_cache(maxsize=256)
def _catalogue(domain: str, locale: str) -> NullTranslations:
    directory = _directories.get(domain)
    return Translations.load(directory, [locale], domain) if directory else NullTranslations()


def translate(message: str, domain: str, locale: str) -> str:
    """Give ``message`` in ``locale``: from the catalogue of ``domain``, else the kernel's, else any, else as it is."""
    if locale == "en" or not message:
        return message
    for name in dict.fromkeys((domain, KERNEL, *_directories)):
        found = _catalogue(name, locale).gettext(message)
        if found != message:
            return found
    return message


def current_locale() -> str:
    """Give the locale of the running request or task."""
    return _locale.get()


def set_locale(locale: str) -> None:
    """Set the locale for the rest of the running request or task."""
    _locale.set(locale)


@contextmanager
def speaking(locale: str) -> Generator[None]:
    """Speak ``locale`` inside the block."""
    token = _locale.set(locale)
    try:
        yield
    finally:
        _locale.reset(token)


def negotiate(wanted: Iterable[str], default: str) -> str:
    """Choose the best of our locales for a browser's list (``zh-CN``, ``zh``, ``en-GB`` …)."""
    for tag in wanted:
        language = tag.replace("-", "_")
        for locale in LOCALES:
            if language == locale or language.partition("_")[0] == locale.partition("_")[0]:
                return locale
    return default


def _shown(values: dict[str, object]) -> dict[str, object]:
    return {name: format_value(value) for name, value in values.items()}


def format_value(value: object) -> object:
    """Write dates and decimals for the reader; leave everything else to ``str()``."""
    if isinstance(value, datetime):
        return format_moment(value)
    if isinstance(value, date):
        return format_day(value)
    if isinstance(value, Decimal):
        return format_decimal(value)
    return value


@lru_cache(maxsize=16)
def _babel(locale: str) -> Locale:
    return Locale.parse(locale)


def format_decimal(value: Decimal | int, places: int | None = None) -> str:
    """Write a number with the locale's separators; ``places`` fixes the decimals, None keeps those it has."""
    if places is None:
        exponent = Decimal(value).normalize().as_tuple().exponent
        places = max(0, -exponent) if isinstance(exponent, int) else 0
    return _grouped(Decimal(value), places, _locale.get())


def _grouped(value: Decimal, places: int, locale: str) -> str:
    if locale in LOCALES:  # both write 1,234.56, and Python writes that a hundred times faster than a pattern
        return f"{value:,.{places}f}"
    pattern = "#,##0" + ("." + "0" * places if places else "")
    return numbers.format_decimal(value, pattern, locale=_babel(locale))


def format_money(value: Decimal, currency: str, places: int) -> str:
    """Write an amount with its currency code (``CNY 1,234.50``); nobody has to guess whose dollar it is."""
    return f"{currency}\N{NO-BREAK SPACE}{_grouped(value, places, _locale.get())}"


@lru_cache(maxsize=4096)
def _day(value: date, locale: str) -> str:
    return dates.format_date(value, "medium" if locale == "en" else "yyyy-MM-dd", locale=_babel(locale))


def format_day(value: date) -> str:
    """Write a day as the locale does (``23 Nov 2026`` is read by everybody; Chinese books write 2026-11-23)."""
    return _day(value, _locale.get())


def format_moment(value: datetime, zone: tzinfo | None = None) -> str:
    """Write a moment in the given time zone, to the minute."""
    local = value.astimezone(zone) if zone else value
    return f"{_day(local.date(), _locale.get())} {local:%H:%M}"


def time_zones() -> list[str]:
    """Name the time zones a person may choose, by continent and city."""
    names = sorted(zoneinfo.available_timezones())
    odd = ("Etc/", "posix/", "right/", "SystemV/", "US/")
    return [name for name in names if "/" in name and not name.startswith(odd)]


def parse_decimal(text: str) -> Decimal:
    """Read a number as people type it: grouping of the locale, full-width digits, spaces, a leading or trailing minus.

    :raises ValueError: it is no number
    """
    plain = text.strip().translate(_FULL_WIDTH).replace(",", "").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    if plain.endswith("-"):
        plain = "-" + plain[:-1]
    if plain.startswith("(") and plain.endswith(")"):
        plain = "-" + plain[1:-1]
    try:
        number = Decimal(plain)
    except ArithmeticError as error:
        raise ValueError(text) from error
    if not number.is_finite():
        raise ValueError(text)
    return number


_FULL_WIDTH = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    0xFF0E: ".",
    0xFF0C: ",",
    0xFF0D: "-",
    0x2212: "-",
    0xFFE5: "",
    0xA5: "",
}
