"""Read docs/addon-guide.md as its reader does: write what it shows, run what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "addon-guide.md"
_BLOCK = re.compile(r"```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
_FILE = re.compile(r"`(\.\./[^`]+)`\s*\Z")
_BELOW = re.compile(r"elow the line that begins with `([^`]+)` in\s+`(\.\./[^`]+)` add:\s*\Z")


@dataclass(frozen=True)
class Write:
    """A file with its whole content."""

    path: str
    text: str


@dataclass(frozen=True)
class Add:
    """Lines to put below another."""

    path: str
    below: str
    text: str


@dataclass(frozen=True)
class Type:
    """A command."""

    line: str


@dataclass(frozen=True)
class Set:
    """A line of config.ini."""

    line: str


Step = Write | Add | Type | Set


def steps() -> Iterator[Step]:
    """Give everything the guide asks for, in its order.

    :raises ValueError: a block of which nobody could tell what to do with it
    """
    text = GUIDE.read_text("utf-8")
    for block in _BLOCK.finditer(text):
        before, content = text[: block.start()], block["text"]
        if block["language"] == "sh":
            yield from (Type(line) for line in content.splitlines())
        elif block["language"] == "ini":
            yield Set(content.strip())
        elif found := _BELOW.search(before):
            yield Add(found[2], found[1], content)
        elif found := _FILE.search(before):
            yield Write(found[1], content)
        else:
            raise ValueError(f"the guide does not say where this belongs:\n{content}")


def write(step: Write | Add, checkout: Path) -> None:
    """Do what an editor does; paths begin at the checkout."""
    path = (checkout / step.path).resolve()
    if isinstance(step, Write):
        path.write_text(step.text, "utf-8")
        return
    lines = path.read_text("utf-8").splitlines(keepends=True)
    (at,) = [number for number, line in enumerate(lines) if line.startswith(step.below)]
    lines.insert(at + 1, step.text)
    path.write_text("".join(lines), "utf-8")
