"""What may be attached, told by the bytes and not by the name alone."""

from __future__ import annotations

import mimetypes
from pathlib import PurePosixPath
from typing import BinaryIO

from hanse.errors import BusinessError
from hanse.i18n import _

#: What may be attached, by ending; programs, scripts and pages are not among it.
KINDS = frozenset(
    {
        *(".pdf", ".png", ".jpg", ".jpeg", ".gif", ".webp", ".tif", ".tiff", ".heic"),
        *(".doc", ".docx", ".xls", ".xlsx", ".ppt", ".pptx", ".odt", ".ods", ".odp", ".rtf"),
        *(".txt", ".csv", ".md", ".xml", ".json", ".ofd", ".eml", ".msg", ".zip", ".7z"),
        *(".ofx", ".qfx", ".sta", ".mt940", ".svg"),
    }
)
#: Pictures of which small ones are made and which are shown on the page.
PICTURES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
#: What is shown on the page at all.
SHOWN = PICTURES | {"application/pdf"}
PICTURE_ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".gif", ".webp"})
UNKNOWN = "application/octet-stream"
#: How many bytes from the beginning are looked at.
_LOOKED_AT = 1024
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
)
#: Windows, Linux, macOS and Java programs, WebAssembly, scripts, shortcuts.
_PROGRAMS = (
    *(b"MZ", b"\x7fELF", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"),
    *(b"\xca\xfe\xba\xbe", b"\x00asm", b"#!", b"L\x00\x00\x00\x01\x14\x02\x00"),
)
#: Endings that promise a type the program shows, which the bytes must keep.
_PROMISED = {
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}


def sniff(start: bytes) -> str | None:
    """Tell a picture or PDF by its first bytes; None: it is neither."""
    for beginning, media_type in _BEGINNINGS:
        if start.startswith(beginning):
            return media_type
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return "application/pdf" if b"%PDF-" in start[:_LOOKED_AT] else None


def checked_type(name: str, file: BinaryIO) -> str:
    """Give the type of an uploaded file, and leave it where it begins.

    What is no picture and no PDF has the type of its name; it is only ever sent to be saved.  A drawing (SVG) holds
    nothing but what is drawn.

    :raises BusinessError: it is of a kind that is not taken, a program, or not what its name says
    """
    ending = PurePosixPath(name.lower()).suffix
    if ending not in KINDS:
        raise BusinessError(_("%(name)s: files of this kind are not taken.", name=name))
    file.seek(0)
    start = file.read(_LOOKED_AT)
    file.seek(0)
    if start.startswith(_PROGRAMS):
        raise BusinessError(_("%(name)s is a program; programs are not taken.", name=name))
    found, promised = sniff(start), _PROMISED.get(ending)
    if promised is not None and found != promised:
        raise BusinessError(
            _("%(name)s is not what its name says: it holds no %(kind)s.", name=name, kind=ending[1:].upper())
        )
    if ending == ".svg":
        from hanse.files.drawings import check_drawing  # an XML reader that few uploads need

        check_drawing(name, file)
    return media_type_of(name)


def media_type_of(name: str) -> str:
    """Give the type that a name promises."""
    return _PROMISED.get(PurePosixPath(name.lower()).suffix) or mimetypes.guess_type(name)[0] or UNKNOWN


__all__ = ["KINDS", "PICTURES", "PICTURE_ENDINGS", "SHOWN", "UNKNOWN", "checked_type", "media_type_of", "sniff"]
