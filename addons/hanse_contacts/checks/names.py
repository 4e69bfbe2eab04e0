"""Names as they are compared: without legal form, punctuation, accents and case."""

from __future__ import annotations

import re
import unicodedata

#: Legal forms and the like at the end of Chinese names, the longest first; 省 and 市 stand in the names of places.
_CHINESE_FORMS = re.compile(r"股份有限公司|有限责任公司|有限公司|集团公司|股份公司|总公司|分公司|公司|集团|股份|[省市]")
#: Legal forms as last words, dots taken out.
_FORMS = frozenset(
    (
        *(
            "ab",
            "ag",
            "as",
            "asa",
            "bv",
            "co",
            "company",
            "corp",
            "corporation",
            "gmbh",
            "inc",
            "incorporated",
            "kft",
            "kg",
        ),
        *(
            "kk",
            "limited",
            "llc",
            "llp",
            "lp",
            "ltd",
            "ltda",
            "mbh",
            "nv",
            "oy",
            "oyj",
            "plc",
            "pte",
            "pty",
            "sa",
            "sarl",
        ),
        *("sas", "se", "sl", "sp", "spa", "spzoo", "sro", "srl", "zoo"),
    )
)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b)")
_NO_LETTERS = re.compile(r"[\W_]+")


def comparison_key(name: str) -> str:
    """Return what two names have in common when they mean the same: ``hanse`` for “Hanse Co., Ltd.”.

    A name that consists of nothing but a legal form keeps it.  Empty only for a name without letters and digits.
    """
    return "".join(_words(name))


def core_of_name(name: str) -> str:
    """Return the name's own words in small letters, without its legal form."""
    return " ".join(_words(name))


def _words(name: str) -> list[str]:
    plain = name.casefold() if name.isascii() else _unaccented(name)
    words = _NO_LETTERS.sub(" ", _DOTTED.sub("", plain)).split()
    while len(words) > 1 and words[-1] in _FORMS:
        words.pop()
    if name.isascii() or not _HAN.search(plain):
        return words
    return [short for word in words if (short := _CHINESE_FORMS.sub("", word))] or words


def _unaccented(name: str) -> str:
    spread = unicodedata.normalize("NFKD", name).casefold()
    return unicodedata.normalize("NFKC", "".join(letter for letter in spread if not unicodedata.combining(letter)))
