"""Small pictures of stored ones, made when they are first asked for and kept under the same key."""

from __future__ import annotations

import logging
import os
import tempfile
import warnings
from pathlib import Path

from hanse.errors import NotFound
from hanse.files.store import FileStore
from hanse.i18n import _

log = logging.getLogger("hanse.files")

#: The longer side of a small picture, in pixels: sharp at twice the size it is shown in.
SIDE = 240
#: A picture with more pixels is not opened: a few bytes can claim to be gigabytes.
MOST_PIXELS = 60_000_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")


def small_picture(files: FileStore, home: Path, key: str) -> Path:
    """Give the place of the small WebP picture of a stored one, upright as the camera was held.

    :raises NotFound: it is no picture that can be made smaller
    """
    place = home / "thumbnails" / key[:2] / f"{key[2:]}.webp"
    if not place.exists():
        _make(files, key, place)
    return place


def _make(files: FileStore, key: str, place: Path) -> None:
    from PIL import Image, ImageFile, ImageOps

    # A picture that was cut off is drawn as far as it goes; WeasyPrint wants the same, and a process has one switch.
    ImageFile.LOAD_TRUNCATED_IMAGES = True
    try:
        with files.open(key) as stored, warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(stored, formats=_FORMATS) as picture:
                if picture.width * picture.height > MOST_PIXELS:
                    raise NotFound(_("This picture is too large to be shown small."))
                picture.draft("RGB", (SIDE * 2, SIDE * 2))
                turned = ImageOps.exif_transpose(picture)
                turned.thumbnail((SIDE, SIDE))
                drawn = turned.convert("RGBA" if turned.has_transparency_data else "RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        log.info("There is no small picture of %s: %s", key, error)
        raise NotFound(_("There is no such picture.")) from error
    place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, unfinished = tempfile.mkstemp(prefix=".new-", dir=place.parent)
    with os.fdopen(handle, "wb") as target:
        drawn.save(target, "WEBP", quality=80)  # without what the camera has noted: place, owner, time
    Path(unfinished).rename(place)


__all__ = ["MOST_PIXELS", "SIDE", "small_picture"]
