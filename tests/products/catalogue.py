"""Work on products in tests, as a person would do it."""

from __future__ import annotations

from typing import Any

from hanse import Context, Model
from hanse.actions import find_action
from hanse.security.permissions import model_name


def act(ctx: Context, model: type[Model], verb: str, *records: Any, **params: Any) -> Any:
    """Run an action of a model by its verb."""
    found = find_action(f"{model_name(model)}.{verb}")
    assert found is not None
    return ctx.run(found, [*records] or None, **params)
