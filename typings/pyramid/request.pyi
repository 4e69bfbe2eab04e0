from typing import Any

from webob.request import BaseRequest

from pyramid.registry import Registry
from pyramid.response import Response

class Request(BaseRequest):
    exception: BaseException | None
    matchdict: dict[str, str]
    registry: Registry
    def invoke_exception_view(self, exc_info: Any = ..., request: Any = ..., reraise: bool = ...) -> Response: ...
