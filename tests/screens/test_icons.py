"""Every icon that menus and buttons name is in the sprite."""

from __future__ import annotations

from pathlib import Path

from hanse import setup
from hanse.actions import all_actions
from hanse.screens import all_reports, all_screens, sections
from hanse.web.pages import all_pages


def test_every_icon_is_in_the_sprite(databases: object) -> None:
    there = set((Path(setup.__file__).parent / "icons.txt").read_text(encoding="utf-8").split())
    named = {
        (str(one), one.icon)
        for one in [*all_screens(), *all_pages(), *all_reports(), *sections().values(), *all_actions()]
    }

    assert {pair for pair in named if pair[1] is not None and pair[1] not in there} == set()
