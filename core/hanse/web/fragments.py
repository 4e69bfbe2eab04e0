"""Parts of pages that are the same for many requests, drawn once.

The frame of a page costs more than its rows.  A fragment is remembered under everything it is drawn from, this
browser's form token included, so it is never shown to anybody else and never stale.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from hanse.remembered import Remembered

_MOST = 2_000


class Fragments:
    """The templates of an application, and what was drawn from them.

    :ivar environment: Jinja over the templates of the kernel and of all addons
    """

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._known = Remembered[Markup](_MOST)

    def get(self, template: str, key: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
        """Give a template drawn with ``values()``, which are asked for only when the key is new."""
        return self._known.get((template, key), lambda: self.draw(template, values()))

    def draw(self, template: str, values: Mapping[str, Any]) -> Markup:
        """Draw a template; nothing is remembered."""
        return Markup(self.environment.get_template(template).render(values))  # noqa: S704  autoescaped by Jinja
