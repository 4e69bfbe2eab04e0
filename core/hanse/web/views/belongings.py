"""What belongs to a record: comments, attachments, history."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, BinaryIO
from urllib.parse import quote

from pyramid.httpexceptions import HTTPSeeOther
from pyramid.response import FileIter, Response
from sqlalchemy import select

from hanse.actions import find_action
from hanse.directory.models import Attachment, Company, User
from hanse.errors import BusinessError, NotFound
from hanse.files import uploads
from hanse.files.kinds import PICTURES, SHOWN, UNKNOWN, sniff
from hanse.files.pictures import small_picture
from hanse.i18n import _, format_moment
from hanse.models import Model, link_id
from hanse.screens import Screen, screen_named
from hanse.screens.files import accepted, icon_of, size_in_words
from hanse.screens.history import timeline
from hanse.security.permissions import model_name, verb
from hanse.web.request import WebRequest
from hanse.web.views.actions import run_here
from hanse.web.views.found import record_for, record_of, screen_for
from hanse.web.views.work import changed, colleagues_url, known, refused, toast_header
from hanse.work.comments import LONGEST


def timeline_of(request: WebRequest, screen: Screen, record: Model) -> dict[str, Any]:
    """Give history and comments of a record, or what its screen puts there."""
    if screen.story is not None:
        return {"title": _("What happened"), "entries": screen.story(request.ctx, record)}
    most = 500 if request.GET.get("history") == "all" else 30
    entries, more = timeline(request.ctx, screen.model, record.id, most=most)
    own = request.to(f"{screen.path}/{record.id}")
    return {
        "comment_url": f"{own}/comments",
        "mention_url": colleagues_url(request, record, others=True),
        "entries": [_with_url(one, f"{own}/comments", request.to("/core/merge")) for one in entries],
        "more_url": f"{own}?history=all" if more else "",
    }


def _with_url(entry: dict[str, Any], comments: str, merges: str) -> dict[str, Any]:
    """Say where one's own comment is changed, and where a merge can be undone."""
    if "merge" in entry:
        return entry | {"url": f"{merges}/{entry['merge']}", "link": _("Look at the merge")}
    return entry | {"edit_url": f"{comments}/{entry['comment']}"} if "comment" in entry else entry


def attachments_of(request: WebRequest, screen: Screen, record: Model) -> dict[str, Any]:
    """Give the files of a record."""
    ctx = request.ctx
    found = ctx.session.execute(
        select(Attachment.id, Attachment.name, Attachment.size, User.name, Attachment.at, Attachment.media_type)
        .join(User, User.id == link_id(Attachment.user))
        .where(Attachment.model == model_name(screen.model), Attachment.record == record.id)
        .order_by(Attachment.id)
    )
    may = ctx.may(verb(screen.model, "update"))
    own = request.to(f"{screen.path}/{record.id}/attachments")
    entries = [
        {
            "name": name,
            "url": request.to(f"/files/{id_}/{quote(name, safe='')}"),
            "size": size_in_words(size),
            "user": user,
            "when": format_moment(at, ctx.company.zone),
            "icon": icon_of(name),
            **_seen_here(request, f"/files/{id_}/{quote(name, safe='')}", media_type),
            "delete_url": f"{own}/{id_}/delete" if may else "",
        }
        for id_, name, size, user, at, media_type in found
    ]
    return {"upload_url": own if may else "", "accept": accepted(), "entries": entries}


def _seen_here(request: WebRequest, path: str, media_type: str) -> dict[str, Any]:
    """Say where a picture or PDF is shown on the page, and a picture small."""
    if media_type not in SHOWN:
        return {}
    small = request.to(path, small="1") if media_type in PICTURES else ""
    return {"view_url": request.to(path, view="1"), "small_url": small, "media_type": media_type}


def comment(request: WebRequest) -> Response:
    """Say something about a record."""
    screen = screen_for(request)
    record = record_for(request, screen)
    body = str(request.POST.get("comment", "")).strip()
    action = find_action(verb(screen.model, "comment"))
    if action is None:
        raise NotFound(_("There is no such action."))
    unseen: Sequence[str] = run_here(request, action, [record.id], body=body[:LONGEST]).result if body else ()
    return _after_comment(request, request.to(f"{screen.path}/{record.id}"), unseen)


def edit_comment(request: WebRequest) -> Response:
    """Say one's own comment in other words, or take it away."""
    screen = screen_for(request)
    record = record_for(request, screen)
    own, page = [int(request.matchdict["comment"])], request.to(f"{screen.path}/{record.id}")
    if request.POST.get("do") == "delete":
        return changed(request, lambda: request.ctx.run(known("core.comment.delete"), own), back=page)
    body = str(request.POST.get("comment", ""))
    try:
        unseen = request.ctx.run(known("core.comment.edit"), own, body=body).result
    except BusinessError as error:
        return refused(request, error, back=page)
    return _after_comment(request, page, unseen)


def _after_comment(request: WebRequest, page: str, unseen: Sequence[str]) -> Response:
    """Show the record again; say who was called by name and is not told."""
    if not unseen:
        return HTTPSeeOther(page)
    message = _("Not told, as they may not see this record: %(names)s.", names=", ".join(unseen))
    if not request.is_partial:
        request.say(message, "warn")
        return HTTPSeeOther(page)
    from hanse.web.views.forms import show  # it shows what belongs to a record

    response = show(request)
    response.headers["HX-Trigger"] = toast_header(message, "warn")
    return response


def attach(request: WebRequest) -> Response:
    """Attach files to a record."""
    screen = screen_for(request)
    record = record_for(request, screen)
    action = find_action(verb(screen.model, "attach"))
    if action is None:
        raise NotFound(_("There is no such action."))
    uploads = [one for one in request.POST.getall("files") if getattr(one, "filename", None)]
    files = [_stored(request, upload) for upload in uploads]
    if files:
        run_here(request, action, [record.id], files=files)
    return HTTPSeeOther(request.to(f"{screen.path}/{record.id}"))


def _stored(request: WebRequest, upload: Any) -> dict[str, Any]:
    """Keep one uploaded file.

    :raises BusinessError: it is too large, or of a kind that is not taken
    """
    most = uploads.most_megabytes(request.ctx, request.settings)
    stored = uploads.take(request.services.files, str(upload.filename), upload.file, most)
    return {"name": stored.name, "media_type": stored.media_type, "size": stored.size, "key": stored.key}


def detach(request: WebRequest) -> Response:
    """Take an attachment away; the history keeps that it was there."""
    screen = screen_for(request)
    record = record_for(request, screen)
    action = find_action(verb(screen.model, "detach"))
    if action is None:
        raise NotFound(_("There is no such action."))
    run_here(request, action, [record.id], attachment=int(request.matchdict["attachment"]))
    return HTTPSeeOther(request.to(f"{screen.path}/{record.id}"))


def download(request: WebRequest) -> Response:
    """Send an attachment to whoever may see its record; always as a file to save, never shown inline."""
    record = request.ctx.session.execute(
        select(Attachment.model, Attachment.record, Attachment.name, Attachment.media_type, Attachment.key).where(
            Attachment.id == int(request.matchdict["id"])
        )
    ).first()
    screen = screen_named(record.model) if record is not None else None
    if record is None or screen is None or not {screen.addon, screen.model.__addon__} <= request.ctx.seen:
        raise NotFound(_("There is no such file, or it is not for you."))
    record_of(request, screen, record.record)
    if "small" in request.GET:
        return show_small(request, record.key)
    if "view" in request.GET and record.media_type in SHOWN:
        return show_picture(request, record.key)
    return send_file(request, record.key, record.name, record.media_type)


def show_small(request: WebRequest, key: str) -> Response:
    """Show the small picture of a stored one.

    :raises NotFound: it is no picture
    """
    return _show_here(request, small_picture(request.services.files, request.settings.home, key).open("rb"))


def show_picture(request: WebRequest, key: str) -> Response:
    """Show a stored picture or PDF on the page.

    :raises NotFound: it is neither
    """
    return _show_here(request, request.services.files.open(key))


def _show_here(request: WebRequest, file: BinaryIO) -> Response:
    """Show a picture or PDF on the page: nothing in it can do more than be looked at.

    :raises NotFound: its bytes are neither, whatever was noted of it
    """
    kind = sniff(file.read(1024))
    if kind not in SHOWN:
        file.close()
        raise NotFound(_("There is no such picture."))
    response = _sent(request, file, str(kind))
    response.headers["Content-Disposition"] = "inline"
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    if kind not in PICTURES:  # browsers show a PDF by a program of their own, which a sandbox would keep from starting
        response.headers["Content-Security-Policy"] = _PDF_POLICY
        response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


def _sent(request: WebRequest, file: BinaryIO, media_type: str) -> Response:
    """Answer with an open file, a piece at a time; the server closes it."""
    size = file.seek(0, 2)
    file.seek(0)
    wrap: Callable[[BinaryIO, int], Iterable[bytes]] = request.environ.get("wsgi.file_wrapper", FileIter)
    response = Response(content_type=media_type)
    response.app_iter = wrap(file, _PIECE)
    response.content_length = size
    return response


_PIECE = 2**16
_PDF_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'"


def send_file(request: WebRequest, key: str, name: str, media_type: str) -> Response:
    """Send a stored file to be saved."""
    safe = not media_type.startswith(("text/", "image/svg"))
    response = _sent(request, request.services.files.open(key), media_type if safe else UNKNOWN)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def picture(request: WebRequest) -> Response:
    """Show a logo: only files that a company of this person has as its logo, and only as a picture."""
    key = request.matchdict["file"]
    known = request.ctx.session.scalar(
        select(Company.id).where(Company.logo == key, Company.id.in_(request.ctx.companies))
    )
    if known is None:
        raise NotFound(_("There is no such picture."))
    file = request.services.files.open(key)
    kind = picture_type(file.read(12))
    if kind is None:
        file.close()
        raise NotFound(_("There is no such picture."))
    response = _sent(request, file, kind)
    response.headers["Cache-Control"] = "private, max-age=86400"
    return response


def picture_type(start: bytes) -> str | None:
    """Tell a picture that can be a logo by its first bytes, whatever its name says."""
    found = sniff(start)
    return found if found in ("image/png", "image/jpeg", "image/webp") else None
