from collections.abc import Mapping
from typing import Any

from pyramid.response import Response

def render_to_response(
    renderer_name: str, value: Mapping[str, Any], request: Any = ..., package: Any = ..., response: Any = ...
) -> Response: ...
