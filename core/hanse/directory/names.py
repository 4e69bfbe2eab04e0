"""Names that come with Hanse, stored in English, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import cast

from babel import Locale

from hanse.i18n import KERNEL, Label, _, current_locale, translate
from hanse.screens.formats import find_by_widget, write_widget

COUNTRY, CURRENCY, ROLE, DEPARTMENT_KIND = "country_name", "currency_name", "role_name", "department_kind"
#: The roles that founding a database stores; those of addons are in their own catalogues.
FOUNDED = (_("Administrator"), _("Reader"))
#: Kinds of departments that addons are meant for, each with the name such a department usually has.
DEPARTMENT_KINDS: Mapping[str, Label] = {
    "office": _("Management"),
    "finance": _("Finance"),
    "sales": _("Sales"),
    "purchasing": _("Purchasing"),
    "store": _("Warehouse"),
    "hr": _("Personnel"),
}


@lru_cache(maxsize=16)
def _countries(locale: str) -> dict[str, str]:
    english = cast("Mapping[str, str]", Locale("en").territories)
    local = cast("Mapping[str, str]", Locale.parse(locale).territories)
    return {name: local.get(code, name) for code, name in english.items() if len(code) == 2}


@lru_cache(maxsize=16)
def _currencies(locale: str) -> dict[str, str]:
    english = cast("Mapping[str, str]", Locale("en").currencies)
    local = cast("Mapping[str, str]", Locale.parse(locale).currencies)
    return {name: local.get(code, name) for code, name in english.items()}


def country_name(stored: str) -> str:
    """Write the English name of a country in the reader's language; a name of somebody's own stays."""
    return _countries(current_locale()).get(stored, stored)


def currency_name(stored: str) -> str:
    """Write the English name of a currency in the reader's language; a name of somebody's own stays."""
    return _currencies(current_locale()).get(stored, stored)


def role_name(stored: str) -> str:
    """Write the name of a role that came with Hanse or an addon in the reader's language."""
    return translate(stored, KERNEL, current_locale())


def department_kind(stored: str) -> str:
    """Write a kind of department in the reader's language; one of somebody's own stays."""
    return str(DEPARTMENT_KINDS.get(stored, stored))


def countries_called(words: str) -> list[str]:
    """Give the stored names of countries whose name in the reader's language has the words."""
    return [stored for stored, local in _countries(current_locale()).items() if words.lower() in local.lower()]


def currencies_called(words: str) -> list[str]:
    """Give the stored names of currencies whose name in the reader's language has the words."""
    return [stored for stored, local in _currencies(current_locale()).items() if words.lower() in local.lower()]


write_widget(COUNTRY, country_name)
write_widget(CURRENCY, currency_name)
write_widget(ROLE, role_name)
write_widget(DEPARTMENT_KIND, department_kind)
find_by_widget(COUNTRY, countries_called)
find_by_widget(CURRENCY, currencies_called)
