"""The file store: attachments, logos and what jobs produce, kept by the SHA-256 of their bytes.

A file is written beside its place and renamed into it, so that a key that exists is always whole.  The same bytes are
kept once.  Nothing here knows who may read a file: rows of the database hold the keys, and who sees the row sees it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import re
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, ClassVar

from hanse.config import Settings
from hanse.errors import BusinessError, NotFound
from hanse.i18n import _

_KEY = re.compile(r"[0-9a-f]{64}")
_PIECE = 2**18


class DiskFull(BusinessError):
    """There is no room for the file; nothing was kept."""

    status: ClassVar[int] = 507


@dataclass(frozen=True, slots=True)
class Content:
    """What is kept under a key.

    :ivar touched: when it was stored last
    """

    key: str
    size: int
    touched: datetime


class FileStore:
    """Files below one folder; any number of processes may use it at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def of(cls, settings: Settings) -> FileStore:
        """Give the store of an installation: ``<home>/files``."""
        return cls(settings.home / "files")

    def store(self, content: bytes | BinaryIO) -> str:
        """Keep ``content``, safe from a crash once this returns; give its key of 64 characters.

        :raises DiskFull: there is no room
        """
        source = BytesIO(content) if isinstance(content, bytes) else content
        with self._room_needed():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)  # readable by its user only
            unfinished = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    key = _copy(source, target)
                self._put_in_place(unfinished, key)
            finally:
                unfinished.unlink(missing_ok=True)
        return key

    def open(self, key: str) -> BinaryIO:
        """Open a stored file for reading.

        :raises NotFound: there is none under this key
        """
        try:
            return self.path(key).open("rb")
        except FileNotFoundError:
            raise NotFound(_("The file is no longer there.")) from None

    def path(self, key: str) -> Path:
        """Give the place of a stored file, for what can only read from a path.

        :raises NotFound: this is no key
        """
        if not _KEY.fullmatch(key):
            raise NotFound(_("The file is no longer there."))
        return self.folder / key[:2] / key[2:]

    def size(self, key: str) -> int:
        """Give the number of bytes of a stored file.

        :raises NotFound: there is none under this key
        """
        with self.open(key) as stored:
            return os.fstat(stored.fileno()).st_size

    def contents(self) -> Iterator[Content]:
        """Give every content that is kept, in no order."""
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in folder.iterdir():
                if _KEY.fullmatch(folder.name + path.name):
                    found = path.stat()
                    yield Content(folder.name + path.name, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    def is_whole(self, key: str) -> bool:
        """Tell whether the bytes under a key are still those it was reckoned from; False also when none are there."""
        try:
            with self.open(key) as stored:
                digest = hashlib.sha256()
                while piece := stored.read(_PIECE):
                    digest.update(piece)
                return digest.hexdigest() == key
        except NotFound:
            return False

    def remove(self, key: str, *, untouched_since: datetime) -> bool:
        """Take a content away unless somebody has stored the same since; tell whether it is gone.

        It is moved aside before it is looked at: whoever stores the same bytes meanwhile writes them anew.
        """
        place = self.path(key)
        aside = self.folder / f".gone-{key}"
        try:
            place.rename(aside)
        except FileNotFoundError:
            return False
        if datetime.fromtimestamp(aside.stat().st_mtime, UTC) >= untouched_since:
            aside.rename(place)
            return False
        aside.unlink()
        return True

    def clear(self, *, untouched_since: datetime) -> int:
        """Take away what a process that was killed had half written; give the number of such files."""
        left = [
            path
            for path in self.folder.glob(".new-*")
            if datetime.fromtimestamp(path.stat().st_mtime, UTC) < untouched_since
        ]
        for path in left:
            path.unlink(missing_ok=True)
        for aside in self.folder.glob(".gone-*"):  # moved aside by a process that was killed: not removed, so kept
            place = self.path(aside.name.removeprefix(".gone-"))
            place.parent.mkdir(mode=0o700, exist_ok=True)
            aside.rename(place)
        return len(left)

    def _put_in_place(self, unfinished: Path, key: str) -> None:
        place = self.path(key)
        with contextlib.suppress(FileNotFoundError):
            os.utime(place)  # nobody takes away what has just been stored again
            return
        if not place.parent.exists():
            place.parent.mkdir(mode=0o700, exist_ok=True)
            _settle(self.folder)
        unfinished.rename(place)
        _settle(place.parent)

    @contextlib.contextmanager
    def _room_needed(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            message = _("The disk that holds %(folder)s is full. Free some space, then try again.", folder=self.folder)
            raise DiskFull(message) from error


def _copy(source: BinaryIO, target: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        target.write(piece)
    target.flush()
    os.fsync(target.fileno())
    return digest.hexdigest()


def _settle(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["Content", "DiskFull", "FileStore"]
