"""Files on their way into fields: stored first, named by a record later, and by nobody's but the uploader's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import Text, func, select, text, type_coerce
from sqlalchemy.orm import Session

from hanse.config import Settings
from hanse.errors import BusinessError
from hanse.files.kinds import PICTURES, checked_type
from hanse.files.models import Upload
from hanse.files.store import FileStore
from hanse.i18n import _
from hanse.models import Field, StoredFile, link_id
from hanse.settings.models import GeneralSettings

if TYPE_CHECKING:
    from hanse.actions import Context

_NOTE = text(
    "INSERT INTO core_upload (user_id, file, at) VALUES (:user, :file, :now) "
    "ON CONFLICT (user_id, file) DO UPDATE SET at = excluded.at"
)
_FORGET = text("DELETE FROM core_upload WHERE at < :then")
_LONGEST_NAME = 200


def most_megabytes(ctx: Context, settings: Settings) -> int:
    """Say how large a file may be: as the operator has set, or less where the company has."""
    return min(settings.max_upload_mb, ctx.settings(GeneralSettings).upload_mb or 2**20)


def plain_name(name: str) -> str:
    """Give the last part of a file's name, without what cannot be shown, short enough, its ending kept."""
    last = "".join(one for one in PurePosixPath(name.replace("\\", "/")).name if one.isprintable())
    ending = PurePosixPath(last).suffix[:20]
    return last if len(last) <= _LONGEST_NAME else last[: _LONGEST_NAME - len(ending)] + ending


def take(files: FileStore, name: str, source: BinaryIO, most: int, *, pictures: bool = False) -> StoredFile:
    """Judge an uploaded file by its bytes, and store it.

    :param most: megabytes it may have
    :param pictures: only pictures are taken
    :raises BusinessError: it is too large, or of a kind that is not taken
    """
    name = plain_name(name)
    media_type = checked_type(name, source)
    if pictures and media_type not in PICTURES:
        raise BusinessError(_("%(name)s is no picture. Choose a PNG, JPEG, GIF or WebP file.", name=name))
    size = source.seek(0, 2)
    source.seek(0)
    if size > most * 2**20:
        raise BusinessError(_("%(name)s is larger than %(most)s MB.", name=name, most=most))
    return StoredFile.of(files.store(source), size, name)


def note(session: Session, user: int, stored: StoredFile, now: datetime) -> None:
    """Remember who has uploaded a file, so that they may put it into fields for a day."""
    session.execute(_NOTE, {"user": user, "file": str(stored), "now": now})


def find(session: Session, user: int, key: str) -> StoredFile | None:
    """Give what somebody has uploaded under a key; None: they have not, or long ago."""
    return session.scalar(
        select(Upload.file)
        .where(link_id(Upload.user) == user, func.starts_with(type_coerce(Upload.file, Text), f"{key}/"))
        .limit(1)
    )


def forget_old(session: Session, then: datetime) -> None:
    """Forget uploads older than ``then``; their files go with the next tidying unless a record names them."""
    session.execute(_FORGET, {"then": then})


def check(ctx: Context, field: Field, rows: Sequence[tuple[str, Mapping[str, Any]]], records: Sequence[int]) -> None:
    """Let people write into a file field only what they have uploaded, or what stands there already.

    Without this, whoever knew the checksum of a file could put it into a record of theirs and read it there.

    :param rows: each with its place in what was given, such as ``3.`` or ``pages.0.``
    :param records: ids of the records that are changed
    :raises BusinessError: for the first that is neither
    """
    wanted = {str(row[field.name]) for _place, row in rows if row.get(field.name)}
    if not wanted:
        return
    own = set(
        ctx.session.scalars(select(Upload.file).where(link_id(Upload.user) == ctx.user.id, Upload.file.in_(wanted)))
    )
    if wanted <= own:
        return
    lines = [int(row["id"]) for _place, row in rows if row.get("id")]
    column: Any = getattr(field.model, field.column)
    query = select(field.model.id, column).where(field.model.id.in_([*lines, *records]))
    there: dict[int, str | None] = {row[0]: row[1] for row in ctx.session.execute(query)}
    for place, row in rows:
        value = row.get(field.name)
        holders = [int(row["id"])] if row.get("id") else list(records)
        if value and value not in own and not (holders and all(there.get(one) == value for one in holders)):
            message = _("%(field)s: this file is no longer at hand. Choose it again.", field=field.label)
            raise BusinessError(message, field=place + field.name)


__all__ = ["check", "find", "forget_old", "most_megabytes", "note", "plain_name", "take"]
