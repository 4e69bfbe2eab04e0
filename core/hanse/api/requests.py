"""What a program sends: JSON bodies, versions, and keys under which a request is done once."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any, ClassVar, cast

from pyramid.response import Response
from sqlalchemy import text

from hanse.errors import BusinessError
from hanse.i18n import _
from hanse.web.request import WebRequest

MOST_KEY = 200
_ETAG = re.compile(r'\s*(?:W/)?"(\d{1,9})"\s*')

_CLAIM = text(
    "INSERT INTO core_api_request (key, user_id, fingerprint, at, status) VALUES (:key, :user, :print, :now, 0) "
    "ON CONFLICT (user_id, key) DO NOTHING RETURNING id"
)
_THERE = text("SELECT fingerprint, status, location, body FROM core_api_request WHERE user_id = :user AND key = :key")
_SETTLE = text("UPDATE core_api_request SET status = :status, location = :location, body = :body WHERE id = :id")


class BadRequest(BusinessError):
    """What was sent cannot be read."""

    status: ClassVar[int] = 400


class UnsupportedMedia(BusinessError):
    """It is no JSON."""

    status: ClassVar[int] = 415


def json_body(request: WebRequest) -> Any:
    """Read the body; numbers with decimals stay exact.

    :raises UnsupportedMedia: it is no JSON
    :raises BadRequest: it is broken JSON, or holds what no database stores
    """
    body = request.body
    if not body:
        return None
    if request.content_type != "application/json":
        raise UnsupportedMedia(_("Send JSON, with Content-Type: application/json."))
    try:
        given = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        if b"\\ud" in body.lower():
            json.dumps(given, default=str, ensure_ascii=False).encode()  # half a character escapes as \ud800
    except (ValueError, RecursionError) as error:
        raise BadRequest(_("The body is no JSON: %(reason)s", reason=str(error)[:200])) from None
    return given


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def json_object(request: WebRequest) -> dict[str, Any]:
    """Read a body that is an object; nothing is an empty one.

    :raises BadRequest: it is something else
    """
    given = json_body(request)
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise BadRequest(_("The body must be an object."))
    return cast("dict[str, Any]", given)


def wanted_rev(request: WebRequest) -> list[int] | None:
    """Read ``If-Match``: the version the program has seen; None: it does not say.

    :raises BadRequest: it is none of our versions
    """
    given = request.headers.get("If-Match", "").strip()
    if not given or given == "*":
        return None
    found = _ETAG.fullmatch(given)
    if found is None:
        raise BadRequest(_('If-Match takes one ETag of ours, such as "3".'))
    return [int(found[1])]


def number_of(request: WebRequest, name: str, default: int, least: int, most: int) -> int:
    """Read a whole number of the query.

    :raises BusinessError: it is none, or out of bounds
    """
    given = str(request.GET.get(name, default))
    if not re.fullmatch(r"[0-9]{1,9}", given) or not least <= int(given) <= most:
        raise BusinessError(
            _("%(name)s must be between %(least)s and %(most)s.", name=name, least=least, most=most), field=name
        )
    return int(given)


def once(request: WebRequest, work: Callable[[], Response], *, allowed: Callable[[], object]) -> Response:
    """Do what a request asks, or give the answer it got when it was sent before under the same ``Idempotency-Key``.

    A second one waits for the transaction of the first.

    :param allowed: raises an error where the person may not ask for this any more, so that no old answer is given
    :raises BadRequest: the key is too long
    :raises BusinessError: the key was used for something else
    """
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        return work()
    if len(key) > MOST_KEY or not key.isascii():
        raise BadRequest(_("An Idempotency-Key has at most %(most)s plain characters.", most=MOST_KEY))
    ctx = request.ctx
    asked = f"{request.method} {request.path_qs} {ctx.company.id} ".encode() + request.body
    mine = {"user": ctx.user.id, "key": key, "print": hashlib.sha256(asked).hexdigest()}
    claimed = request.db.scalar(_CLAIM, mine | {"now": request.now})
    if claimed is None:
        allowed()
        return _again(request, mine)
    response = work()
    settled = {"status": response.status_int, "location": response.location, "body": response.text or None}
    request.db.execute(_SETTLE, settled | {"id": claimed})
    return response


def _again(request: WebRequest, mine: dict[str, Any]) -> Response:
    fingerprint, status, location, body = request.db.execute(_THERE, mine).one()
    if fingerprint != mine["print"]:
        raise BusinessError(_("This Idempotency-Key was used for another request. Take a new one for each request."))
    response = Response(body=(body or "").encode(), status=status, content_type="application/json")
    response.headers["Idempotency-Replayed"] = "true"
    if location:
        response.headers["Location"] = location
    return response
