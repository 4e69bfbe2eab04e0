"""How a stored file is shown: small if it is a picture, else by its name."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from hanse.files.kinds import KINDS, PICTURE_ENDINGS, PICTURES, SHOWN
from hanse.i18n import format_decimal
from hanse.models import Field, StoredFile

_ICONS = {
    ".pdf": "file-type-pdf",
    ".xlsx": "file-spreadsheet",
    ".xls": "file-spreadsheet",
    ".csv": "file-spreadsheet",
    ".png": "photo",
    ".jpg": "photo",
    ".jpeg": "photo",
}


def icon_of(name: str) -> str:
    """Name the icon of a file by its ending."""
    return _ICONS.get(PurePosixPath(name.lower()).suffix, "file")


def size_in_words(count: int) -> str:
    """Write a number of bytes."""
    if count < 1024:
        return f"{count} B"
    return f"{format_decimal(round(count / 1024))} KB" if count < 2**20 else f"{count / 2**20:,.1f} MB"


def accepted(*, pictures: bool = False) -> str:
    """Give what a control for files offers to choose."""
    return ",".join(sorted(PICTURE_ENDINGS if pictures else KINDS))


def place_of(record: int | str, field: Field, stored: StoredFile, *, line: tuple[str, int] | None = None) -> str:
    """Give the path of a file in a field of a record, behind that of its screen.

    :param line: name of the owned lines and id of the line it is in
    """
    inner = field.name if line is None else f"{line[0]}.{line[1]}.{field.name}"
    return f"/{record}/file/{inner}/{quote(stored.name, safe='')}"


def shown_file(stored: StoredFile, url: str) -> dict[str, Any]:
    """Say how a file is shown: name, size in words, icon, where it is saved, looked at, and shown small.

    :param url: its address; ``v`` is put behind it, which changes with the content, so browsers may keep what they got
    """
    version, media_type = stored.key[:12], stored.media_type
    return {
        "name": stored.name,
        "size": size_in_words(stored.size),
        "icon": icon_of(stored.name),
        "media_type": media_type if media_type in SHOWN else "",
        "url": url,
        "view_url": f"{url}?view=1&v={version}" if media_type in SHOWN else "",
        "small_url": f"{url}?small=1&v={version}" if media_type in PICTURES else "",
    }


__all__ = ["accepted", "icon_of", "place_of", "shown_file", "size_in_words"]
