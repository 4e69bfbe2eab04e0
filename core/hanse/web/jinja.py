"""Jinja as our templates need it: autoescape, newstyle gettext in the reader's language, macros that ask nobody."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader

from hanse.i18n import KERNEL, current_locale, translate

if TYPE_CHECKING:
    from collections.abc import Sequence

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


def environment(folders: Sequence[Path], compiled: Path) -> Environment:
    """Give Jinja over the templates of some folders; the first that has a template decides.

    :param compiled: a folder that only this installation writes, for the next start; where it cannot be written, every
        start compiles anew
    """
    made = Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        trim_blocks=True,
        auto_reload=False,
        cache_size=-1,
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_kept(compiled),
    )
    prepared: Any = made
    prepared.install_gettext_callables(gettext, ngettext, newstyle=True)
    return made


def _kept(compiled: Path) -> FileSystemBytecodeCache | None:
    try:
        compiled.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        log.info("Templates are compiled at every start: %s", error)
        return None
    return FileSystemBytecodeCache(str(compiled)) if os.access(compiled, os.W_OK) else None
