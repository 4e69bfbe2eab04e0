"""What attachments and jobs may rely on from the file store: whole, private, and each content kept once."""

from __future__ import annotations

import hashlib
import io
import os
import stat
from pathlib import Path
from typing import BinaryIO, cast

import pytest

from hanse.errors import NotFound
from hanse.files import DiskFull, FileStore


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FileStore(tmp_path / "files")


def everything_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_what_was_stored_comes_back(files: FileStore) -> None:
    key = files.store("凭证".encode())
    with files.open(key) as stored:
        assert stored.read().decode() == "凭证"
    assert files.size(key) == 6


def test_the_key_is_the_sha256_of_the_bytes_even_for_a_long_stream(files: FileStore) -> None:
    content = os.urandom(700_000)
    assert files.store(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()


def test_the_same_bytes_are_kept_once(files: FileStore) -> None:
    assert files.store(b"same") == files.store(io.BytesIO(b"same"))
    assert len(everything_below(files.folder)) == 1


def test_only_the_program_may_read_files(files: FileStore) -> None:
    place = files.path(files.store(b"private"))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (files.folder, place.parent)} == {0o700}


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "0" * 64])
def test_an_unknown_key_is_not_found(files: FileStore, key: str) -> None:
    with pytest.raises(NotFound):
        files.open(key)


class BreaksOff(io.RawIOBase):
    """An upload whose connection dies after the first piece."""

    def __init__(self) -> None:
        self.pieces = iter([b"half a file"])

    def read(self, size: int = -1) -> bytes:
        try:
            return next(self.pieces)
        except StopIteration:
            raise ConnectionError("gone") from None


def test_an_upload_that_breaks_off_leaves_nothing(files: FileStore) -> None:
    with pytest.raises(ConnectionError):
        files.store(cast("BinaryIO", BreaksOff()))
    assert everything_below(files.folder) == []


class NoRoom(BreaksOff):
    def read(self, size: int = -1) -> bytes:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_said_in_words_and_leaves_nothing(files: FileStore) -> None:
    with pytest.raises(DiskFull, match="is full"):
        files.store(cast("BinaryIO", NoRoom()))
    assert everything_below(files.folder) == []
