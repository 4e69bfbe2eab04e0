"""Files below one folder.

A file is written beside its place and renamed into it, so that a key that exists is always whole.
"""

from __future__ import annotations

import contextlib
import errno
import os
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from typing_extensions import override

from hanse.files.store import Content, DiskFull, FileStore, checked_key, copied, digest_of, gone, is_key
from hanse.i18n import _


class FolderStore(FileStore):
    """Files below one folder; any number of processes may use it at once.

    :param thumbnails: where small pictures are kept; beside the folder if it is left out
    """

    def __init__(self, folder: Path, thumbnails: Path | None = None) -> None:
        self.folder = folder
        self.thumbnails = thumbnails or folder.parent / "thumbnails"

    @property
    @override
    def place(self) -> str:
        return str(self.folder)

    @override
    def store(self, content: bytes | BinaryIO) -> str:
        source = BytesIO(content) if isinstance(content, bytes) else content
        with self._room_needed():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=".new-", dir=self.folder)  # readable by its user only
            unfinished = Path(name)
            try:
                with os.fdopen(handle, "wb") as target:
                    key = copied(source, target)
                    os.fsync(target.fileno())
                self._put_in_place(unfinished, key)
            finally:
                unfinished.unlink(missing_ok=True)
        return key

    @override
    def open(self, key: str) -> BinaryIO:
        try:
            return self.path(key).open("rb")
        except FileNotFoundError:
            raise gone() from None

    def path(self, key: str) -> Path:
        """Give the place of a stored file.

        :raises NotFound: this is no key
        """
        checked_key(key)
        return self.folder / key[:2] / key[2:]

    @override
    def find(self, key: str) -> Content | None:
        try:
            found = self.path(key).stat()
        except FileNotFoundError:
            return None
        return Content(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))

    @override
    def contents(self) -> Iterator[Content]:
        for folder in sorted(self.folder.glob("[0-9a-f][0-9a-f]")):
            for path in folder.iterdir():
                if is_key(folder.name + path.name) and (found := self.find(folder.name + path.name)) is not None:
                    yield found

    @override
    def is_whole(self, key: str) -> bool:
        if self.find(key) is None:
            return False
        with self.open(key) as stored:
            return digest_of(stored) == key

    @override
    def remove(self, key: str, *, untouched_since: datetime) -> bool:
        # It is moved aside before it is looked at: whoever stores the same bytes meanwhile writes them anew.
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

    @override
    def clear(self, *, untouched_since: datetime) -> int:
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


def _settle(folder: Path) -> None:
    """Make the names in a folder survive a loss of power."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


__all__ = ["FolderStore"]
