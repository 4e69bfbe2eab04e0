"""Which rows of a file are its headings, and what they say."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from hanse.i18n import _

#: So many rows of a file are looked at for headings.
LOOKED_AT = 20
_VALUE = re.compile(r"[\d\s.,:/%+\-()]+")


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the headings stand and what they are.

    :ivar row: the number of their first row, from 1
    :ivar count: 1, or 2 where groups stand above them
    """

    row: int
    count: int
    names: tuple[str, ...]

    @property
    def last(self) -> int:
        """The number of their last row."""
        return self.row + self.count - 1


def find_headings(rows: Sequence[Sequence[str]], row: int | None = None) -> Headings:
    """Find the headings among the first rows of a file: below titles and notes, above the values.

    :param row: the number of the row, where a person has said it
    """
    place = row - 1 if row is not None else _likeliest(rows)
    if not 0 <= place < len(rows):
        return Headings(1, 1, ())
    first = list(rows[place])
    below = list(rows[place + 1]) if place + 1 < len(rows) else []
    count = 2 if _is_second_row(first, below) else 1
    names = _joined(first, below) if count == 2 else first
    width = max([len(names), *(len(one) for one in rows[place + count :])])
    return Headings(place + 1, count, tuple(_named([*names, *[""] * (width - len(names))])))


def _likeliest(rows: Sequence[Sequence[str]]) -> int:
    """Give the first row that is filled nearly as wide as the table is, with words."""
    widths = [sum(1 for cell in row if cell) for row in rows]
    widest = max(widths, default=0)
    for place, row in enumerate(rows):
        words = sum(1 for cell in row if cell and not _VALUE.fullmatch(cell))
        if widths[place] * 2 >= widest and words * 2 > widths[place]:
            return place
    return next((place for place, width in enumerate(widths) if width), 0)


def _is_second_row(first: Sequence[str], below: Sequence[str]) -> bool:
    """Tell whether ``below`` names the parts of groups in ``first``.

    Merged cells leave gaps: beside a group's name in the upper row, and in the lower row below what is no group.
    """
    width = max(len(first), len(below))
    upper = [*first, *[""] * (width - len(first))]
    lower = [*below, *[""] * (width - len(below))]
    if all(upper) or not upper[:1] or not upper[0] or any(_VALUE.fullmatch(cell) for cell in lower if cell):
        return False
    in_group = [not cell or (place + 1 < width and not upper[place + 1]) for place, cell in enumerate(upper)]
    return all(bool(cell) == grouped for cell, grouped in zip(lower, in_group, strict=True))


def _joined(first: Sequence[str], below: Sequence[str]) -> list[str]:
    names: list[str] = []
    group = ""
    for place in range(max(len(first), len(below))):
        upper = first[place] if place < len(first) else ""
        lower = below[place] if place < len(below) else ""
        group = upper or group
        names.append(f"{group} {lower}".strip() if lower else upper)
    return names


def _named(names: Sequence[str]) -> list[str]:
    """Give every column a name of its own."""
    seen: dict[str, int] = {}
    result: list[str] = []
    for place, name in enumerate(names):
        plain = " ".join(name.split()) or str(_("Column %(letter)s", letter=_letter(place)))
        seen[plain] = seen.get(plain, 0) + 1
        result.append(plain if seen[plain] == 1 else f"{plain} ({seen[plain]})")
    return result


def _letter(place: int) -> str:
    """Name a column as spreadsheets do: A … Z, AA …"""
    before, at = divmod(place, 26)
    return (_letter(before - 1) if before else "") + chr(ord("A") + at)


def plain_words(text: str) -> str:
    """Give a heading or label for comparison: one width of letters, small, without marks and blanks."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def fingerprint(names: Sequence[str]) -> str:
    """Give a hash that is the same for files with the same headings."""
    return hashlib.sha256("\n".join(plain_words(name) for name in names).encode()).hexdigest()


__all__ = ["LOOKED_AT", "Headings", "find_headings", "fingerprint", "plain_words"]
