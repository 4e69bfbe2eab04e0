"""The file store: attachments, logos, files of fields and what jobs produce, kept by the SHA-256 of their bytes.

The same bytes are kept once, whole or not at all.  Nothing here knows who may read a file: rows of the database hold
the keys, and who sees the row sees it.  Where the bytes are says the setting ``files_store``: in a folder or a bucket.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, ClassVar, Protocol

from hanse.config import Settings
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _

_KEY = re.compile(r"[0-9a-f]{64}")
PIECE = 2**18


class DiskFull(BusinessError):
    """There is no room for the file; nothing was kept."""

    status: ClassVar[int] = 507


class StoreAway(BusinessError):
    """The store does not answer, or refuses us; nothing was kept.  Jobs try again later."""

    status: ClassVar[int] = 503


class Damaged(StoreAway):
    """The bytes under a key are no longer those that were stored."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept under a key.

    :ivar touched: when it was stored last
    """

    key: str
    size: int
    touched: datetime


class FileStore(Protocol):
    """Keeps bytes by their SHA-256; any number of processes may use it at once."""

    #: folder of the small pictures that were made of its contents
    thumbnails: Path

    @staticmethod
    def of(settings: Settings) -> FileStore:
        """Give the store of an installation, as ``files_store`` says."""
        return open_store(settings, settings.files_store)

    @property
    def place(self) -> str:
        """Where it keeps its contents, for messages."""
        ...

    def store(self, content: bytes | BinaryIO) -> str:
        """Keep ``content``, safe from a crash once this returns; give its key of 64 characters.

        :raises DiskFull: there is no room
        :raises StoreAway: it cannot be reached
        """
        ...

    def open(self, key: str) -> BinaryIO:
        """Open a stored file for reading and seeking.

        :raises NotFound: there is none under this key
        :raises StoreAway: it cannot be reached
        """
        ...

    def find(self, key: str) -> Content | None:
        """Say what is kept under a key; None: nothing.

        :raises StoreAway: it cannot be reached
        """
        ...

    def contents(self) -> Iterator[Content]:
        """Give every content that is kept, in no order."""
        ...

    def is_whole(self, key: str) -> bool:
        """Tell whether the bytes under a key are still those it was reckoned from; False also when none are there."""
        ...

    def remove(self, key: str, *, untouched_since: datetime) -> bool:
        """Take a content away unless somebody has stored the same since; tell whether it is gone.

        Whoever stores the same bytes meanwhile keeps them.
        """
        ...

    def clear(self, *, untouched_since: datetime) -> int:
        """Take away what a process that was killed had half written; give the number of such files."""
        ...


def open_store(settings: Settings, place: str | None) -> FileStore:
    """Open the store at a place: ``s3://bucket/prefix``, the path of a folder, or None for ``<home>/files``."""
    if place is not None and place.startswith("s3://"):
        from hanse.files.bucket import BucketStore  # most have none, and its library takes long to load

        return BucketStore.open_at(settings, place)
    from hanse.files.folder import FolderStore

    return FolderStore(Path(place) if place else settings.home / "files", settings.home / "thumbnails")


def checked_key(key: str) -> str:
    """Give a key that is one.

    :raises NotFound: it is none
    """
    if not is_key(key):
        raise gone()
    return key


def is_key(text: str) -> bool:
    """Tell whether a text is a key."""
    return _KEY.fullmatch(text) is not None


def gone() -> NotFound:
    """Give the error that there is nothing under a key."""
    return NotFound(_("The file is no longer there."))


def digest_of(source: BinaryIO) -> str:
    """Reckon the key of what is left to read, a piece at a time."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def copied(source: BinaryIO, target: BinaryIO) -> str:
    """Copy what is left to read, a piece at a time; give the key of it."""
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
        target.write(piece)
    target.flush()
    return digest.hexdigest()


__all__ = [
    "Content",
    "Damaged",
    "DiskFull",
    "FileStore",
    "StoreAway",
    "checked_key",
    "copied",
    "digest_of",
    "gone",
    "is_key",
    "open_store",
]
