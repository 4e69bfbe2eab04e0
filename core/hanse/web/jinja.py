"""Jinja as our templates need it: autoescape, newstyle gettext in the reader's language, macros that ask nobody."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

from hanse.i18n import KERNEL, current_locale, translate


def gettext(message: str) -> str:
    """Translate a message of a template."""
    return translate(message, KERNEL, current_locale())


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a message with a number; Chinese has one form for all numbers."""
    if current_locale() == "en":
        return one if count == 1 else many
    translated = translate(one, KERNEL, current_locale())
    return many if translated == one and count != 1 else translated


def prepare(environment: Environment) -> None:
    """Teach an environment our language functions."""
    prepared: Any = environment
    prepared.install_gettext_callables(gettext, ngettext, newstyle=True)
