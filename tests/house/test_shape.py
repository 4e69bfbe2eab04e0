"""The shape of the house: short files and functions, docstrings, no second door to the database, no machine's path."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for place in ("core", "addons")
    for path in (ROOT / place).rglob("*.py")
    if "migrations" not in path.relative_to(ROOT).parts
)
LONGEST_FILE = 600
LONGEST_FUNCTION = 60
#: Files that are one thought although they are long, with the thought.
LONG_FILES: dict[str, str] = {
    "core/hanse/database/cluster.py": "one server's life, from the first start to a crash",
}


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield node


def test_no_file_grows_beyond_one_thought():
    long = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in SOURCES}
    assert [name for name, lines in long.items() if lines > LONGEST_FILE and name not in LONG_FILES] == []


def test_no_function_grows_beyond_a_page():
    long = [
        f"{path.relative_to(ROOT)}:{one.lineno} {one.name} has {one.end_lineno - one.lineno + 1} lines"
        for path in SOURCES
        for one in functions(path)
        if one.name != "__init__"  # its parameters alone may fill one, in what is declared once
        and one.end_lineno is not None
        and one.end_lineno - one.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_every_module_says_what_it_is():
    assert [str(path.relative_to(ROOT)) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))] == []


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        (r"except[^\n]*:\n\s+pass\s*\n", "an error is swallowed, and no comment says why"),
        (r"except\s*:", "a bare except catches even Ctrl-C"),
        (r"\b(TODO|FIXME|XXX)\b", "finish it or leave it out"),
        (r"\bprint\(.*#\s*debug", "a print that was forgotten"),
        (r"datetime\.(now\(\)|utcnow|today\(\))|date\.today\(\)(?!.*#)", "time comes from the Context, with its zone"),
    ],
)
def test_what_must_not_stand_in_the_source(pattern, why):
    found = [
        f"{path.relative_to(ROOT)}:{path.read_text()[: match.start()].count(chr(10)) + 1}"
        for path in SOURCES
        for match in re.finditer(pattern, path.read_text())
    ]
    assert found == [], why


def test_addons_compute_with_exact_numbers():
    found = [str(path.relative_to(ROOT)) for path in SOURCES if "float(" in path.read_text() and "addons" in path.parts]
    assert found == []


def test_addons_write_only_through_the_context():
    """insert_columns(), execute() and the session's own writes skip audit and rights; addons have ctx for that."""
    pattern = re.compile(
        r"\b(insert_columns|session\.(add|add_all|delete|merge|bulk_\w+))\(|\.execute\((sa\.)?(insert|update|delete)\("
    )
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "addons")
        for match in pattern.finditer(path.read_text())
    ]
    assert found == []


def test_no_source_names_the_path_of_a_machine():
    pattern = re.compile(r"/(work|home|root|Users)/\w+")
    places = [*SOURCES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "run", ROOT / "config.ini"]
    found = [f"{path.relative_to(ROOT)}: {match[0]}" for path in places for match in pattern.finditer(path.read_text())]
    assert found == []
