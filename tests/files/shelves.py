"""Stores with what a test needs to look behind them: age a content, lose it, damage it."""

from __future__ import annotations

import io
import itertools
import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from typing_extensions import override

from hanse.config import Settings
from hanse.files import FileStore, FolderStore

_numbers = itertools.count(1)


class Zeros(io.RawIOBase):
    """A file of a hundred megabytes that nobody has to keep."""

    left = 100 * 2**20

    @override
    def read(self, size: int = -1) -> bytes:
        piece = bytes(min(size, self.left))
        self.left -= len(piece)
        return piece


@contextmanager
def serving_s3() -> Generator[str]:
    """Serve S3 on a free port of this machine; gives the address."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


class Shelf(Protocol):
    """A store, and the way behind it."""

    settings: Settings
    files: FileStore

    def age(self, key: str, by: timedelta) -> None:
        """Let a content be as if it had been stored earlier."""

    def lose(self, key: str) -> None:
        """Take a content away behind the store's back."""

    def damage(self, key: str, content: bytes) -> None:
        """Put other bytes under a key."""

    def names(self) -> list[str]:
        """Give the names of everything that is kept, unfinished things too."""
        ...


class FolderShelf(Shelf):
    """A folder below a home."""

    def __init__(self, home: Path) -> None:
        self.settings = Settings(home=home)
        self.files: FolderStore = FolderStore(home / "files")

    @override
    def age(self, key: str, by: timedelta) -> None:
        place = self.files.path(key)
        then = place.stat().st_mtime - by.total_seconds()
        os.utime(place, (then, then))

    @override
    def lose(self, key: str) -> None:
        self.files.path(key).unlink()

    @override
    def damage(self, key: str, content: bytes) -> None:
        self.files.path(key).write_bytes(content)

    @override
    def names(self) -> list[str]:
        folder = self.files.folder
        return [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]


class BucketShelf(Shelf):
    """A bucket of its own, and a client beside the store's."""

    def __init__(self, server: str, home: Path, *, prefix: str = "/erp") -> None:
        self.name = f"hanse-{next(_numbers)}"
        self.prefix = f"{prefix.strip('/')}/" if prefix else ""
        self.settings = Settings(
            home=home,
            files_store=f"s3://{self.name}{prefix}",
            s3_endpoint=server,
            s3_access_key="key",
            s3_secret_key="secret",
            s3_addressing="path",
        )
        self.files: Any = FileStore.of(self.settings)
        self.client: Any = self.files._client
        self.client.create_bucket(Bucket=self.name)

    def place(self, key: str) -> str:
        return f"{self.prefix}{key[:2]}/{key[2:]}"

    @override
    def age(self, key: str, by: timedelta) -> None:
        self.age_object(self.place(key), by)

    def age_object(self, name: str, by: timedelta) -> None:
        """The server runs in a thread of ours, so its memory is at hand; S3 itself has no such request."""
        from moto.core import DEFAULT_ACCOUNT_ID
        from moto.s3.models import s3_backends

        s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[self.name].keys[name].last_modified -= by

    @override
    def lose(self, key: str) -> None:
        self.client.delete_object(Bucket=self.name, Key=self.place(key))

    @override
    def damage(self, key: str, content: bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=self.place(key), Body=content)

    @override
    def names(self) -> list[str]:
        page = self.client.list_objects_v2(Bucket=self.name)
        return [str(one["Key"]).removeprefix(self.prefix) for one in page.get("Contents", ())]

    def destroy(self) -> None:
        """Take the bucket away."""
        for name in self.names():
            self.client.delete_object(Bucket=self.name, Key=self.prefix + name)
        self.client.delete_bucket(Bucket=self.name)
