"""Web addresses and languages."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError

from hanse import _
from hanse_contacts.checks.home import Unfit


def checked_website(typed: str) -> str:
    """Return a web address with its scheme, so that a page can link to it.

    :raises Unfit: it is none, or neither http nor https
    """
    tidy = typed.strip()
    whole = tidy if "://" in tidy else f"https://{tidy}"
    try:
        parts = urlsplit(whole)
        good = parts.scheme in ("http", "https") and "." in (parts.hostname or "") and not any(map(str.isspace, whole))
    except ValueError:
        good = False
    if not good:
        raise Unfit(_("“%(typed)s” is no web address. It should look like www.company.com.", typed=typed))
    return whole


@lru_cache(maxsize=1_000)
def checked_language(typed: str) -> str:
    """Return a language as Hanse writes it: ``zh_CN`` for ``zh-CN``.

    :raises Unfit: there is no such language
    """
    try:
        locale = Locale.parse(typed.strip().replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise Unfit(_("“%(typed)s” is no language. Write en, de, zh_CN …", typed=typed)) from None
    return "_".join(part for part in (locale.language, locale.territory) if part)
