"""Test files have names of their own: pytest imports them by their name alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parent.parent


def test_no_two_test_files_have_the_same_name() -> None:
    apart = {TESTS / "samples", TESTS / "partner" / "acme-loans"}  # packages, imported by their full names
    files = [file for file in TESTS.rglob("*.py") if file.name != "conftest.py" and not apart & set(file.parents)]
    names = Counter(file.name for file in files)

    assert [name for name, count in names.items() if count > 1] == []
