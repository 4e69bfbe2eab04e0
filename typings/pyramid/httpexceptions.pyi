from pyramid.response import Response

class HTTPException(Response, Exception):
    title: str
    explanation: str

class HTTPSeeOther(HTTPException):
    def __init__(self, location: str = ...) -> None: ...

class HTTPNotFound(HTTPException): ...
