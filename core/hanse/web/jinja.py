"""Jinja as our templates need it: autoescape, newstyle gettext in the reader's language, macros that ask nobody."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemBytecodeCache

from hanse.i18n import KERNEL, current_locale, translate

log = logging.getLogger("hanse.web")


def gettext(message: str) -> str:
    """Translate a message of a template."""
    return translate(message, KERNEL, current_locale())


def ngettext(one: str, many: str, count: int) -> str:
    """Translate a message with a number; Chinese has one form for all numbers."""
    if current_locale() == "en":
        return one if count == 1 else many
    translated = translate(one, KERNEL, current_locale())
    return many if translated == one and count != 1 else translated


def prepare(environment: Environment, compiled: Path) -> None:
    """Teach an environment our language functions, and where to keep compiled templates for the next start.

    :param compiled: a folder that only this installation writes; where it cannot be written, every start compiles anew
    """
    prepared: Any = environment
    prepared.install_gettext_callables(gettext, ngettext, newstyle=True)
    try:
        compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        log.info("Templates are compiled at every start: %s", error)
        return
    if os.access(compiled, os.W_OK):
        environment.bytecode_cache = FileSystemBytecodeCache(str(compiled))
