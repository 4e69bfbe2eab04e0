"""Parts of pages that are the same for many requests, drawn once.

The frame of a page costs more than its rows.  A fragment is remembered under everything it is drawn from, this
browser's form token included, so it is never shown to anybody else and never stale.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

_MOST = 2_000


class Fragments:
    """Remembered parts, the least recently used one thrown out."""

    def __init__(self) -> None:
        self._known: OrderedDict[Hashable, Markup] = OrderedDict()
        self._lock = threading.Lock()
        self.environment: Environment | None = None

    def get(self, template: str, key: Hashable, values: Callable[[], Mapping[str, Any]]) -> Markup:
        """Give a template drawn with ``values()``, which are asked for only when the key is new."""
        full = (template, key)
        with self._lock:
            found = self._known.get(full)
            if found is not None:
                self._known.move_to_end(full)
                return found
        assert self.environment is not None
        drawn = Markup(self.environment.get_template(template).render(values()))  # noqa: S704  autoescaped by Jinja
        with self._lock:
            self._known[full] = drawn
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return drawn
