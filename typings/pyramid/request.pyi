from typing import Any

from pyramid.registry import Registry
from pyramid.response import Response
from webob.request import BaseRequest

class Route:
    name: str

class Request(BaseRequest):
    matched_route: Route | None
    exception: BaseException | None
    matchdict: dict[str, str]
    registry: Registry
    def invoke_exception_view(self, exc_info: Any = ..., request: Any = ..., reraise: bool = ...) -> Response: ...
