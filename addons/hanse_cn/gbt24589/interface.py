"""An edition of the standard, as a data file describes it: files, sections, elements, and the fields that fill them.

Another edition is another file of :data:`FOLDER`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent.parent / "data"
EDITIONS: Final = ("2010",)


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a record.

    :ivar field: what fills it; empty: it stays empty
    :ivar sparse: records may lack the field
    """

    name: str
    field: str
    sparse: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """A kind of record.

    :ivar source: what gives the records
    :ivar waits: it is left out while no addon brings its source
    """

    name: str
    source: str
    elements: tuple[Element, ...]
    waits: bool = False


@dataclass(frozen=True, slots=True)
class InterfaceFile:
    """A file, with the element that holds all its records."""

    name: str
    element: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Interface:
    """An edition.

    :ivar day: how days are written, as for ``strftime``
    """

    standard: str
    encoding: str
    day: str
    yes: str
    no: str
    files: tuple[InterfaceFile, ...]

    def text(self, value: Any) -> str:
        """Write a value as the edition wants it; None is empty."""
        if value is None:
            return ""
        if isinstance(value, bool):
            return self.yes if value else self.no
        return value.strftime(self.day) if hasattr(value, "strftime") else f"{value}"


@cache
def interface(edition: str = EDITIONS[-1]) -> Interface:
    """Read an edition: the year it appeared in."""
    stored = json.loads((FOLDER / f"gbt24589_{edition}.json").read_text(encoding="utf-8"))
    formats = stored["formats"]
    files = tuple(
        InterfaceFile(one["name"], one["element"], tuple(_section(section) for section in one["sections"]))
        for one in stored["files"]
    )
    return Interface(stored["standard"], stored["encoding"], formats["day"], formats["yes"], formats["no"], files)


def _section(stored: Mapping[str, Any]) -> Section:
    elements: list[Element] = []
    for one in stored["fields"]:
        if "repeat" in one:
            numbers = range(1, one["repeat"] + 1)
            elements += [Element(one["element"].format(n=n), one["field"].format(n=n), sparse=True) for n in numbers]
        else:
            elements.append(Element(one["element"], one["field"]))
    return Section(stored["element"], stored["source"], tuple(elements), stored.get("waits", False))
