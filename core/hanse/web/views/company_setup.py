"""The set-up assistant."""

from __future__ import annotations

from pyramid.response import Response

from hanse.errors import NotFound
from hanse.i18n import _
from hanse.web.request import WebRequest


def show(request: WebRequest) -> Response:
    raise NotFound(_("Not yet."))


def save(request: WebRequest) -> Response:
    raise NotFound(_("Not yet."))
