"""What everybody may rely on from a file store, whichever it is: whole, private, each content kept once."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
import tracemalloc
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from shelves import BucketShelf, FolderShelf, Shelf, Zeros

from hanse.errors import NotFound
from hanse.files import DiskFull, FolderStore, open_store
from hanse.files.copying import copy

LONG_AGO = timedelta(days=3)


def test_what_was_stored_comes_back(shelf: Shelf) -> None:
    key = shelf.files.store("凭证".encode())
    with shelf.files.open(key) as stored:
        assert stored.read().decode() == "凭证"
        stored.seek(3)
        assert stored.read().decode() == "证"
    found = shelf.files.find(key)
    assert found is not None
    assert (found.key, found.size) == (key, 6)
    assert abs(found.touched - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_key_is_the_sha256_of_the_bytes_even_for_a_long_stream(shelf: Shelf) -> None:
    content = os.urandom(3_000_000)
    key = shelf.files.store(io.BytesIO(content))
    assert key == hashlib.sha256(content).hexdigest()
    with shelf.files.open(key) as stored:
        assert stored.read() == content


def test_any_bytes_come_back(shelf: Shelf) -> None:
    @settings(max_examples=25, deadline=None)
    @given(content=some.binary(max_size=300))
    def holds(content: bytes) -> None:
        with shelf.files.open(shelf.files.store(content)) as stored:
            assert stored.read() == content

    holds()


def test_the_same_bytes_are_kept_once(shelf: Shelf) -> None:
    assert shelf.files.store(b"same") == shelf.files.store(io.BytesIO(b"same"))
    assert len(shelf.names()) == 1
    assert len(list(shelf.files.contents())) == 1


@pytest.mark.parametrize("key", ["", "../../etc/passwd", "A" * 64, "0" * 64])
def test_an_unknown_key_is_not_found(shelf: Shelf, key: str) -> None:
    with pytest.raises(NotFound):
        shelf.files.open(key)
    if len(key) == 64 and key.isdigit():
        assert shelf.files.find(key) is None
        assert not shelf.files.is_whole(key)
        assert not shelf.files.remove(key, untouched_since=datetime.now(UTC))


class BreaksOff(io.RawIOBase):
    """An upload whose connection dies after the first piece."""

    def __init__(self) -> None:
        self.pieces = iter([b"half a file"])

    def read(self, size: int = -1) -> bytes:
        try:
            return next(self.pieces)
        except StopIteration:
            raise ConnectionError("gone") from None


def test_an_upload_that_breaks_off_leaves_nothing(shelf: Shelf) -> None:
    with pytest.raises(ConnectionError):
        shelf.files.store(cast("BinaryIO", BreaksOff()))
    assert shelf.names() == []


def test_what_is_damaged_is_found(shelf: Shelf) -> None:
    key = shelf.files.store(b"sound")
    assert shelf.files.is_whole(key)
    shelf.damage(key, b"sOund")
    assert not shelf.files.is_whole(key)


def test_what_is_old_is_removed_and_what_is_stored_again_meanwhile_stays(shelf: Shelf) -> None:
    """The sweep found it old; before it is removed somebody uploads the same bytes."""
    since = datetime.now(UTC) - timedelta(days=1)
    gone, again, young = (shelf.files.store(word) for word in (b"gone", b"again", b"young"))
    for key in (gone, again):
        shelf.age(key, LONG_AGO)
    shelf.files.store(b"again")

    assert [shelf.files.remove(key, untouched_since=since) for key in (gone, again, young)] == [True, False, False]
    assert {one.key for one in shelf.files.contents()} == {again, young}
    assert len(shelf.names()) == 2, "nothing else is left behind"


def test_removing_and_storing_at_once_never_loses_what_was_stored(shelf: Shelf) -> None:
    since = datetime.now(UTC) - timedelta(days=1)
    for turn in range(12):
        content = f"content {turn}".encode()
        key = shelf.files.store(content)
        shelf.age(key, LONG_AGO)
        start = threading.Barrier(3)

        def store(content: bytes = content, start: threading.Barrier = start) -> None:
            start.wait()
            shelf.files.store(content)

        def remove(key: str = key, start: threading.Barrier = start) -> None:
            start.wait()
            shelf.files.remove(key, untouched_since=since)

        threads = [threading.Thread(target=work) for work in (store, remove)]
        for thread in threads:
            thread.start()
        start.wait()
        for thread in threads:
            thread.join(30)
        assert shelf.files.is_whole(key), turn


def test_a_copy_brings_everything_verifies_it_and_goes_on_where_it_stopped(bucket: BucketShelf, tmp_path: Path) -> None:
    here = FolderShelf(tmp_path)
    keys = {here.files.store(f"file {number}".encode()) for number in range(7)}
    bad = here.files.store(b"bad")
    here.damage(bad, b"rotten")
    seen: list[int] = []

    def stop(done: Any) -> None:
        seen.append(done.count)
        if len(seen) == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy(here.files, bucket.files, stop)
    done = copy(here.files, bucket.files)
    assert done.count + done.there == 7
    assert 2 <= done.there <= 3
    assert done.damaged == [bad]
    assert {one.key for one in bucket.files.contents()} == keys
    back = FolderStore(tmp_path / "back")
    assert copy(bucket.files, back).count == 7
    assert all(back.is_whole(key) for key in keys)
    assert copy(bucket.files, back).there == 7


# --- folders ----------------------------------------------------------------------------------------------------------


def test_only_the_program_may_read_files(tmp_path: Path) -> None:
    files = FolderStore(tmp_path / "files")
    place = files.path(files.store(b"private"))
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in (files.folder, place.parent)} == {0o700}


def test_a_hundred_megabytes_stay_flat_in_memory(tmp_path: Path) -> None:
    files = FolderStore(tmp_path / "files")

    tracemalloc.start()
    try:
        key = files.store(cast("BinaryIO", Zeros()))
        with files.open(key) as stored:
            while stored.read(2**16):
                pass
        assert tracemalloc.get_traced_memory()[1] < 24 * 2**20
    finally:
        tracemalloc.stop()


class NoRoom(BreaksOff):
    def read(self, size: int = -1) -> bytes:
        raise OSError(28, "No space left on device")


def test_a_full_disk_is_said_in_words_and_leaves_nothing(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    with pytest.raises(DiskFull, match="is full"):
        shelf.files.store(cast("BinaryIO", NoRoom()))
    assert shelf.names() == []


def test_a_folder_may_be_named(tmp_path: Path) -> None:
    shelf = FolderShelf(tmp_path)
    assert open_store(shelf.settings, None).place == str(tmp_path / "files")
    assert open_store(shelf.settings, str(tmp_path / "other")).place == str(tmp_path / "other")
