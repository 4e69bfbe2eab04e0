"""Builders that the tests of pages share."""

from __future__ import annotations

from typing import Any

from hanse.actions import find_action
from hanse.testing.browser import Site


def create(site: Site, name: str, *rows: dict[str, Any]) -> list[int]:
    """Create records of the sample library; give their ids."""
    action = find_action(f"library.{name}.create")
    assert action is not None
    with site.transaction() as ctx:
        return list(ctx.run(action, values=list(rows)).done)
