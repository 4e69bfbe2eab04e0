from collections.abc import Iterable, Iterator
from typing import IO, Any

from webob.response import Response as WebobResponse

class Response(WebobResponse): ...

class FileResponse(Response):
    def __init__(
        self,
        path: str,
        request: Any = ...,
        cache_max_age: int | None = ...,
        content_type: str | None = ...,
        content_encoding: str | None = ...,
    ) -> None: ...

class FileIter(Iterable[bytes]):
    def __init__(self, file: IO[bytes], block_size: int = ...) -> None: ...
    def __iter__(self) -> Iterator[bytes]: ...
