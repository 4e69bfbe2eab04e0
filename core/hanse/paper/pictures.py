"""Logos and seals from the file store: bounded, checked, and clear where paper would show."""

from __future__ import annotations

import io
import logging
import warnings
from typing import TYPE_CHECKING, Final, cast

from hanse.errors import BusinessError, NotFound
from hanse.files.drawings import check_drawing
from hanse.files.kinds import sniff
from hanse.paper.models import LARGEST
from hanse.remembered import Remembered

if TYPE_CHECKING:
    from PIL.Image import Image

    from hanse.documents.weasy import Resource
    from hanse.files import FileStore

log = logging.getLogger("hanse.paper")

#: A picture with more pixels is not drawn: a seal of 80 mm needs 1,900 in each direction at 600 an inch.
MOST_PIXELS: Final = 8_000_000
_DRAWN: Final = ("image/png", "image/jpeg", "image/webp")
_CLEAR: Final = 4
"""How far from white a sheet is that was scanned, of 255."""
_known: Remembered[Resource | None] = Remembered(16)


def logo(files: FileStore | None, key: str | None) -> Resource | None:
    """Give a logo; one that is away, or cannot be drawn, is left out and logged: books must be printable."""
    return None if key is None or files is None else _known.get(("logo", key), lambda: _read(files, key, clear=False))


def seal(files: FileStore | None, key: str | None) -> Resource | None:
    """Give a seal, as :func:`logo`; one that was scanned on white paper is made clear around its lines."""
    return None if key is None or files is None else _known.get(("seal", key), lambda: _read(files, key, clear=True))


def _read(files: FileStore, key: str, *, clear: bool) -> Resource | None:
    from hanse.documents.weasy import Resource

    try:
        with files.open(key) as stored:
            content = stored.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise BusinessError("it has more than 2 MB")
        kind = sniff(content[:1024])
        if kind in _DRAWN:
            return Resource(_clear(content) if clear else _whole(content), "image/png" if clear else kind)
        check_drawing(key, io.BytesIO(content))
    except (NotFound, BusinessError) as error:
        log.warning("The picture %s is left out of what is printed: %s", key, error)
        return None
    return Resource(content, "image/svg+xml")


def _opened(content: bytes) -> Image:
    """Open a picture of few enough pixels, and all of it.

    :raises BusinessError: it is none
    """
    from PIL import Image

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
            if picture.width * picture.height > MOST_PIXELS:
                raise BusinessError("it has too many pixels")
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise BusinessError(f"it cannot be read: {error}") from error
    return picture


def _whole(content: bytes) -> bytes:
    _opened(content)
    return content


def _clear(content: bytes) -> bytes:
    """Return a picture as PNG whose white is clear: what a sheet lacks of white is ink.

    One that is clear somewhere stays as it is.
    """
    from PIL import Image, ImageChops

    picture = _opened(content)
    drawn = picture.convert("RGBA")
    if drawn.getchannel("A").tobytes().strip(b"\xff"):
        ink = drawn
    else:
        red, green, blue, _opaque = drawn.split()
        paper = ImageChops.darker(ImageChops.darker(red, green), blue)
        cover = ImageChops.invert(paper)
        cover = ImageChops.subtract(cover, Image.new("L", cover.size, _CLEAR))
        ink = Image.merge("RGBA", (*(_unmixed(band, paper) for band in (red, green, blue)), cover))
    out = io.BytesIO()
    ink.save(out, "PNG")
    return out.getvalue()


def _unmixed(band: Image, paper: Image) -> Image:
    """Return what ink must have in a band, so that it looks over white as it did: (band - paper) / (1 - paper)."""
    from PIL import ImageChops, ImageMath

    above = ImageChops.subtract(band, paper)
    mixed = ImageMath.lambda_eval(
        lambda args: args["convert"](args["a"] * 255 / args["max"](255 - args["p"], 1), "L"), a=above, p=paper
    )
    return cast("Image", mixed)


__all__ = ["MOST_PIXELS", "logo", "seal"]
