"""Errors for programs: RFC 9457 problem details, with the place of each single error as a JSON pointer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pyramid.response import Response

from hanse.errors import BusinessError, Stale
from hanse.i18n import Label, _

MEDIA_TYPE = "application/problem+json"


def problem(
    status: int,
    title: Label,
    detail: Label = "",
    *,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with a problem; its type is the status itself (about:blank)."""
    body: dict[str, Any] = {"type": "about:blank", "status": status, "title": str(title)}
    if detail:
        body["detail"] = str(detail)
    body |= more or {}
    response = Response(json_body=body, status=status)
    response.content_type = MEDIA_TYPE
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def of_error(error: BusinessError, title: Label) -> Response:
    """Answer an error of the business: every single one with where it is and what to do."""
    stale = isinstance(error, Stale)
    errors = [_single(one) for one in error.each()]
    title = _("Somebody changed this record after you read it. Read it again.") if stale else title
    return problem(412 if stale else error.status, title, str(error), more={"errors": errors})


def _single(error: BusinessError) -> dict[str, Any]:
    said: dict[str, Any] = {"detail": str(error)}
    if error.field:
        said["field"] = error.field
        said["pointer"] = "/" + "/".join(part.replace("~", "~0").replace("/", "~1") for part in error.field.split("."))
    if error.record is not None:
        said["record"] = error.record
    return said
