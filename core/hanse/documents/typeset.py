"""Measuring, breaking and fitting text without a layout engine.

Enough typography for a form: one style a field, no kerning, CJK broken anywhere, Latin words and numbers kept whole,
closing punctuation never at the start of a line (kinsoku, GB/T 15834 5.1).  Glyphs and widths come from HarfBuzz on a
memory-mapped font, character by character as they are needed, so a 15 MB font costs the pages that are touched.
"""

import os
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Final

from hanse.documents.errors import DocumentError
from hanse.documents.fonts import Role, font_stack

MISSING_GLYPH: Final = "□"
ELLIPSIS: Final = "…"
_NEVER_FIRST: Final = frozenset("、。，．,.：；:;！？!?）)］]｝}〉》」』】〕〗”’％%‰…—～·")
_NEVER_LAST: Final = frozenset("（([［{｛〈《「『【〔〖“‘￥¥$€£№#")
_WIDE: Final = frozenset("WF")


def harfbuzz() -> ModuleType:
    """Return uharfbuzz, imported when first used."""
    return import_module("uharfbuzz")


class Face:
    """One font file: glyph ids and advances of single characters."""

    def __init__(self, path: Path) -> None:
        hb = harfbuzz()
        self.path = path
        self.face = hb.Face(hb.Blob.from_file_path(str(path)))
        if "glyf" not in self.face.table_tags:
            raise DocumentError(f"{path} is not a font with TrueType outlines. Take it away or put another there.")
        self._font = hb.Font(self.face)
        self.units_per_em: int = self.face.upem
        extents = self._font.get_font_extents("ltr")
        self.ascent: float = extents.ascender / self.units_per_em
        self.descent: float = -extents.descender / self.units_per_em

    def glyph(self, character: str) -> int:
        """Return the glyph id of a character, 0 if the font has none."""
        found: int | None = self._font.get_nominal_glyph(ord(character))
        return found or 0

    def advance(self, glyph: int) -> float:
        """Return the width of a glyph in em."""
        units: int = self._font.get_glyph_h_advance(glyph)
        return units / self.units_per_em


@dataclass(frozen=True, slots=True)
class Shape:
    """How a character is drawn: by which face, with which glyph, how wide (em), and whether it is only a box."""

    face: Face
    glyph: int
    advance: float
    missing: bool


class _Widths(dict[str, float]):
    """Advances in em by character, filled on demand, so that measuring is ``sum(map(...))``."""

    def __init__(self, stack: "FontStack") -> None:
        super().__init__()
        self._stack = stack

    def __missing__(self, character: str) -> float:
        width = self[character] = self._stack.shape(character).advance
        return width


class FontStack:
    """The fonts of a role, asked in order; a character none of them has becomes a visible box."""

    def __init__(self, paths: tuple[Path, ...]) -> None:
        self.faces = tuple(_face(path) for path in paths)
        self._shapes: dict[str, Shape] = {}
        self._widths = _Widths(self)

    def shape(self, character: str) -> Shape:
        """Return how a character is drawn."""
        known = self._shapes.get(character)
        if known is None:
            known = self._shapes[character] = self._find(character, missing=False) or self._box()
        return known

    def _find(self, character: str, *, missing: bool) -> Shape | None:
        for face in self.faces:
            if glyph := face.glyph(character):
                return Shape(face, glyph, face.advance(glyph), missing)
        return None

    def _box(self) -> Shape:
        box = self._find(MISSING_GLYPH, missing=True)
        if box is None:
            raise DocumentError(f"No font has the sign {MISSING_GLYPH} for missing characters. Run ./run setup again.")
        return box

    def width(self, text: str) -> float:
        """Return the width of a text in em."""
        return sum(map(self._widths.__getitem__, text))


@lru_cache(maxsize=64)
def _face(path: Path) -> Face:
    return Face(path)


@lru_cache(maxsize=32)
def _stack(role: Role, *_place: str | None) -> FontStack:
    return FontStack(font_stack(role))


def stack_of(role: Role) -> FontStack:
    """Return the fonts of a role, opened once per process; a font put into the folder later is seen after a restart."""
    return _stack(role, os.environ.get("HANSE_FONTS"), os.environ.get("HANSE_HOME"))


def printable(text: str) -> str:
    """Return a text without what has no shape: controls and line ends become spaces, format marks go.

    Variation selectors go too: the base character is drawn.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_printable(character) for character in text)


@lru_cache(maxsize=4096)
def _printable(character: str) -> str:
    category = unicodedata.category(character)
    if category == "Cf" or "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef":
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else character


def _is_cjk(character: str) -> bool:
    return character >= "\u2e80" and unicodedata.east_asian_width(character) in _WIDE


def _units(text: str) -> Iterator[str]:
    """Yield the pieces no line is broken inside: words, numbers, single CJK characters with their punctuation."""
    unit = ""
    for character in text:
        if unit and _may_break(unit[-1], character):
            yield unit
            unit = ""
        unit += character
    if unit:
        yield unit


def _may_break(before: str, after: str) -> bool:
    if after == " " or after in _NEVER_FIRST or before in _NEVER_LAST:
        return False
    return before == " " or (before in "-/" and not after.isdigit()) or _is_cjk(before) or _is_cjk(after)


def break_lines(text: str, width: float, stack: FontStack) -> list[str]:
    """Return the lines of a text, none wider than ``width`` em; a word wider than a line is cut where it must be."""
    lines: list[str] = []
    line = ""
    for unit in _units(text):
        if stack.width((line + unit).rstrip()) <= width:
            line += unit
            continue
        if line:
            lines.append(line.rstrip())
        *full, line = _cut(unit, width, stack)
        lines.extend(full)
    if line.strip() or not lines:
        lines.append(line.rstrip())
    return lines


def _cut(unit: str, width: float, stack: FontStack) -> list[str]:
    """Cut a piece into parts no wider than a line, a character at least."""
    parts = [""]
    for character in unit:
        if parts[-1] and stack.width(parts[-1] + character) > width:
            parts.append("")
        parts[-1] += character
    return parts


@dataclass(frozen=True, slots=True)
class Fitted:
    """A text as it will be drawn: its lines, the size in points, and whether the end was left out."""

    lines: tuple[str, ...]
    size: float
    truncated: bool = False


@dataclass(frozen=True, slots=True)
class Room:
    """The space for a text, in points: its width, and how many lines of a size go into it.

    ``height`` counts where it is given (the smaller the size, the more lines), else ``max_lines``.
    """

    width: float
    max_lines: int = 1
    height: float | None = None
    leading: float = 1.15

    def lines(self, size: float) -> int:
        """Return how many lines of a size there may be."""
        if self.height is None:
            return self.max_lines
        return max(1, int(self.height / (size * self.leading)))


_HARDLY_SMALLER: Final = 0.87
"""A text that fits one line at this share of its size is not wrapped: a lone last character looks worse."""


def fit(text: str, stack: FontStack, room: Room, *, size: float, min_size: float) -> Fitted:
    """Return a text wrapped, then made smaller, then cut with an ellipsis, whichever is needed first.

    Sizes are points; half a point is taken off at a time, never below ``min_size``.
    """
    em = stack.width(text)
    if em * size <= room.width:
        return Fitted((text,), size)
    if em * size * _HARDLY_SMALLER <= room.width and size * _HARDLY_SMALLER >= min_size:
        return Fitted((text,), round(room.width / em - 0.005, 2))
    while True:
        lines = room.lines(size)
        if em * size <= room.width * lines:
            broken = break_lines(text, room.width / size, stack)
            if len(broken) <= lines:
                return Fitted(tuple(broken), size)
        if size <= min_size:
            return _truncated(text, stack, room.width / size, size, lines)
        size = max(min_size, size - 0.5)


def _truncated(text: str, stack: FontStack, width: float, size: float, max_lines: int) -> Fitted:
    lines = break_lines(text, width, stack)
    if len(lines) <= max_lines:  # the rest was space
        return Fitted(tuple(lines), size)
    kept, last = lines[: max_lines - 1], lines[max_lines - 1]
    while last and stack.width(last + ELLIPSIS) > width:
        last = last[:-1]
    return Fitted((*kept, last + ELLIPSIS), size, truncated=True)
