"""One word for one thing: what people read does not use the words that docs/glossary.md avoids."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text().splitlines()
    if line.startswith("| ") and not line.startswith("| English")
]
#: Words that mean something else as well, so that finding one proves nothing.
AMBIGUOUS = {
    "account", "active", "activated", "app", "approved", "attribute", "batch", "book", "booked", "book in", "category",
    "client", "command", "extension", "favourite", "global", "group", "history log", "item", "label", "object",
    "operation", "page", "prefix", "position", "profile", "property", "remark", "right", "row item", "slip", "storno",
    "task", "team", "tenant", "upload", "validated", "verified", "window", "creator", "saldo", "cancellation",
}  # fmt: skip


def messages(path: Path) -> Iterator[tuple[int, str]]:
    """Give what a file marks for translation."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_" and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                yield node.lineno, first.value


def test_every_row_has_four_cells_and_both_languages():
    assert len(ROWS) > 60
    for row in ROWS:
        assert len(row) == 4, row
        assert row[0], row
        assert re.search(r"[\u4e00-\u9fff]", row[1]), row
        assert row[2], row


def test_no_word_stands_for_two_things():
    words = [row[0] for row in ROWS]
    assert sorted(words) == sorted(set(words))


def test_what_people_read_avoids_the_other_words():
    avoided = {word.strip() for row in ROWS for word in row[3].split(",") if word.strip()} - AMBIGUOUS
    pattern = re.compile(
        r"\b(" + "|".join(sorted(map(re.escape, avoided), key=len, reverse=True)) + r")s?\b", re.IGNORECASE
    )
    found = [
        f"{path.relative_to(ROOT)}:{line} says “{match[0]}”: {message}"
        for place in ("core", "addons")
        for path in (ROOT / place).rglob("*.py")
        for line, message in messages(path)
        if (match := pattern.search(message))
    ]
    assert found == []
