"""What is known of every request afterwards: a line in the log, a number for its errors, and figures for Prometheus."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

from pyramid.response import Response

from hanse import logs
from hanse.web import metrics
from hanse.web.request import WebRequest

Handler = Callable[[WebRequest], Response]
log = logging.getLogger("hanse.access")

#: Paths that machines ask for all the time; they are logged at debug, and take no transaction.
MACHINES = frozenset({"/health", "/ready", "/metrics"})
_NAMED_BY_PEOPLE = frozenset({"download"})


def watch_tween(handler: Handler, _registry: Any) -> Handler:
    """Give each request its number, and note how it went.  Stands around all other tweens."""

    def tween(request: WebRequest) -> Response:
        begun = time.perf_counter()
        status = 500
        with logs.about(lambda: facts_of(request)):
            try:
                response = handler(request)
                status = response.status_int
                response.headers["X-Request-ID"] = request.number
                return response
            finally:
                _note(request, status, time.perf_counter() - begun)
                request.close_files()

    return tween


def facts_of(request: WebRequest) -> logs.Facts:
    """Give what lines of a request carry: numbers only of who asks, and the path without its query."""
    state = request.state
    return {
        "request": request.number,
        "user": state.browser.user.id if state.browser else None,
        "company": state.ctx.company.id if state.ctx else None,
        "method": request.method,
        "path": _path(request),
    }


def _path(request: WebRequest) -> str:
    route = request.matched_route
    if route is not None and route.name in _NAMED_BY_PEOPLE:
        return request.path_info.rpartition("/")[0] + "/…"
    return request.path_info


def _note(request: WebRequest, status: int, seconds: float) -> None:
    path = request.path_info
    route = request.matched_route
    name = "static" if path.startswith("/static/") else route.name if route is not None else "none"
    metrics.note_request(request.method, name, status, seconds, request.services.database.engine)
    level = logging.DEBUG if name == "static" or path in MACHINES else logging.INFO
    if log.isEnabledFor(level):
        log.log(level, "request", extra={"facts": {"status": status, "ms": round(seconds * 1000, 1)}})
