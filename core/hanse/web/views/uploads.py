"""Files for fields: uploaded before the record is saved, and shown where it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from pyramid.response import Response
from sqlalchemy import select
from webob.multidict import MultiDict

from hanse.api.resources import takes_files
from hanse.errors import BusinessError, Forbidden, NotFound
from hanse.files import uploads
from hanse.files.kinds import SHOWN
from hanse.i18n import _
from hanse.models import Kind, Model, StoredFile
from hanse.models.build import back_link
from hanse.screens.files import shown_file
from hanse.security.clauses import readable
from hanse.web.request import WebRequest
from hanse.web.views.belongings import send_file, show_picture, show_small
from hanse.web.views.found import record_for, screen_for

#: What the control for a file is called whose field is called ``photo``: ``photo-file``.
FILE = "-file"


def upload(request: WebRequest) -> Response:
    """Take one file for a field, and say how it is shown; ``pictures=1`` takes only pictures.

    Answers JSON: ``value`` is what the field is to hold, the rest as :func:`shown_file` says; 422 with ``message``.
    """
    given: Any = request.POST.get("file")
    if not getattr(given, "filename", None):
        raise BusinessError(_("Choose a file."))
    try:
        stored = keep(request, str(given.filename), given.file, pictures="pictures" in request.GET)
    except BusinessError as error:
        return Response(json_body={"message": str(error)}, status=error.status)
    return Response(json_body=shown_file(stored, address(request, stored)) | {"value": stored})


def keep(request: WebRequest, name: str, source: BinaryIO, *, pictures: bool = False) -> StoredFile:
    """Store a file and note whose it is, in a transaction of its own: a form that is refused must not lose it.

    :raises Forbidden: there is no field into which this person may put a file
    :raises BusinessError: it is not taken
    """
    if not takes_files(request.ctx):
        raise Forbidden(_("There is no field into which you may put a file."))
    most = uploads.most_megabytes(request.ctx, request.settings)
    stored = uploads.take(request.services.files, name, source, most, pictures=pictures)
    with request.services.database.session() as session, session.begin():
        uploads.note(session, request.ctx.user.id, stored, request.now)
    return stored


def address(request: WebRequest, stored: StoredFile) -> str:
    """Give the address of a file that no record names yet."""
    return request.to(f"/uploads/{stored.key}/{quote(stored.name, safe='')}")


def with_uploads(request: WebRequest) -> tuple[MultiDict[str, Any], dict[str, str]]:
    """Give what a form has sent, files that came along stored and named in their fields; and what was not taken.

    Files are sent at once by a script; they come with the form where it did not run, or was not done yet.
    """
    post = MultiDict(request.POST.items())
    refused: dict[str, str] = {}
    sent = cast("Iterable[tuple[str, Any]]", request.POST.items())
    for name, given in sent:
        if name.endswith(FILE) and getattr(given, "filename", None):
            try:
                post[name.removesuffix(FILE)] = keep(request, str(given.filename), given.file)
            except BusinessError as error:
                refused[name.removesuffix(FILE)] = str(error)
    return post, refused


def show_upload(request: WebRequest) -> Response:
    """Show one's own file before a record names it.

    :raises NotFound: this person has not uploaded it, or long ago
    """
    stored = uploads.find(request.db, request.ctx.user.id, request.matchdict["key"])
    if stored is None:
        raise NotFound(_("The file is no longer there."))
    return answer(request, stored)


def show(request: WebRequest) -> Response:
    """Show the file in a field of a record, or of one of its lines, to whoever may read that.

    :raises NotFound: there is none, or it is not for this person
    """
    screen = screen_for(request)
    record = record_for(request, screen)
    return answer(request, file_in(request, record, request.matchdict["field"]))


def file_in(request: WebRequest, record: Model, path: str) -> StoredFile:
    """Give the file in a field: ``photo``, or ``pages.12.scan`` for the line 12 of ``pages``.

    :raises NotFound: there is none, or it is not for this person
    """
    ctx, missing = request.ctx, NotFound(_("There is no such file, or it is not for you."))
    first, *rest = path.split(".")
    model, number = type(record), record.id
    where: list[Any] = []
    if rest:
        lines = model.__fields__.get(first)
        if lines is None or lines.target is None or not lines.owned or not readable(ctx, lines):
            raise missing
        where.append(getattr(lines.target, back_link(lines).column) == number)
        model, number, first = lines.target, int(rest[0]), rest[1]
    field = model.__fields__.get(first)
    if field is None or field.kind is not Kind.FILE or not readable(ctx, field):
        raise missing
    column: Any = getattr(model, field.column)
    found = ctx.session.scalar(select(column).where(model.id == number, *where))
    if found is None:
        raise missing
    return cast("StoredFile", found)


def answer(request: WebRequest, stored: StoredFile) -> Response:
    """Send a file: ``small=1`` as small picture, ``view=1`` to be looked at on the page, else to be saved."""
    if "small" in request.GET:
        return show_small(request, stored.key)
    if "view" in request.GET and stored.media_type in SHOWN:
        return show_picture(request, stored.key)
    return send_file(request, stored.key, stored.name, stored.media_type)


__all__ = ["address", "answer", "file_in", "keep", "show", "show_upload", "upload", "with_uploads"]
