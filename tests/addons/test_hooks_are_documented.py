"""docs/hooks.md lists every hook with what one must know to implement it."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

from hanse.addons import specifications

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "hooks.md").read_text()
HOOKS = {name: function for name, function in vars(specifications).items() if inspect.isfunction(function)}


def test_the_page_lists_exactly_the_hooks_there_are():
    assert re.findall(r"^### `(\w+)\(", TEXT, re.MULTILINE) == list(HOOKS)


def test_the_page_shows_each_hook_with_its_parameters():
    for name, function in HOOKS.items():
        parameters = [one for one in inspect.signature(function).parameters if one != "self"]
        assert f"### `{name}({', '.join(parameters)})`" in TEXT


def test_every_hook_says_when_it_is_called():
    for name, function in HOOKS.items():
        assert "Called " in (function.__doc__ or ""), name
        section = TEXT.split(f"### `{name}(")[1].split("\n### ")[0]
        for word in ("Called by", "Transaction", "Returns"):
            assert f"**{word}**" in section, (name, word)
