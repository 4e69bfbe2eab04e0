"""The file of a backup: a tar that holds the dump of the database, the files, and last a manifest.

The manifest names every part with its size and SHA-256; as it comes last, a file that ends too early has none.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

from hanse.errors import SetupError

FORMAT = 1
MANIFEST = "manifest.json"
DUMP = "database.dump"
#: What of a home cannot be made again, besides the database.
KEPT = ("files", "secrets.json")
_PART = re.compile(r"(?!.*\.\.)(database\.dump|secrets\.json|files/[\w./-]+)")
_PIECE = 2**20


class BackupError(SetupError):
    """A backup cannot be made, read or brought back: says why and what to do."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a backup says about itself."""

    made_at: str
    hanse: str
    #: version of the server, and of the pg_dump that has read it
    postgresql: str
    pg_dump: str
    #: revision of each addon, also of those no longer installed
    addons: dict[str, str]
    extensions: list[str]
    #: number of rows of each table
    rows: dict[str, int]
    #: who may do what, see :mod:`hanse.operations.rights`
    policies: list[dict[str, Any]]
    grants: list[dict[str, Any]]
    #: bucket in which the files are; empty: they are in the backup
    files_store: str = ""
    parts: dict[str, Part] = field(default_factory=dict[str, Part])
    format: int = FORMAT

    @property
    def files(self) -> int:
        """Number of files besides the dump."""
        return len(self.parts) - 1

    def written(self) -> bytes:
        """Give the manifest as JSON."""
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()


class Writer:
    """A backup that is being written; complete once ``finish`` has been called."""

    def __init__(self, tar: tarfile.TarFile) -> None:
        self._tar = tar
        self._parts: dict[str, Part] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file as a part, and reckon its checksum while it is read."""
        with path.open("rb") as source:
            self.add_open(name, source)

    def add_open(self, name: str, source: BinaryIO) -> None:
        """Add an open file as a part, and reckon its checksum while it is read."""
        member = tarfile.TarInfo(name)
        member.size = source.seek(0, 2)
        member.mode = 0o600
        source.seek(0)
        watched = _Watched(source)
        self._tar.addfile(member, cast("IO[bytes]", watched))
        self._parts[name] = Part(member.size, watched.digest.hexdigest())

    def add_kept(self, home: Path, *, files: bool = True) -> None:
        """Add what of a home cannot be made again.  A file that is just being stored is left out: no row names it.

        :param files: whether those of the folder ``files`` are among it
        """
        for name in KEPT if files else [one for one in KEPT if one != "files"]:
            place = home / name
            for path in sorted(place.rglob("*")) if place.is_dir() else [place]:
                if path.is_file() and not path.name.startswith(".new-"):
                    self.add(path.relative_to(home).as_posix(), path)

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, which makes the backup complete."""
        manifest.parts.update(self._parts)
        text = manifest.written()
        member = tarfile.TarInfo(MANIFEST)
        member.size = len(text)
        with tempfile.SpooledTemporaryFile(len(text) + 1) as source:
            source.write(text)
            source.seek(0)
            self._tar.addfile(member, cast("IO[bytes]", source))


class _Watched:
    """A file whose bytes are hashed as they are read."""

    def __init__(self, source: BinaryIO) -> None:
        self.digest = hashlib.sha256()
        self._source = source

    def read(self, size: int = -1) -> bytes:
        piece = self._source.read(size)
        self.digest.update(piece)
        return piece


@contextmanager
def written(target: Path) -> Generator[tuple[Writer, Path]]:
    """Write a backup under a temporary name, readable by its user only; it gets its own when the block ends well.

    Gives the writer, and a place beside for the dump.

    :raises BackupError: there is such a file already
    """
    if os.path.lexists(target):
        raise BackupError(f"{target} is there already. Name another file: a backup is never overwritten.")
    if not target.parent.is_dir():
        raise BackupError(f"There is no folder {target.parent}. Make it, or name another.")
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    unfinished, dump = Path(name), Path(f"{name}.dump")
    try:
        with os.fdopen(handle, "w+b") as stream:
            with tarfile.open(fileobj=stream, mode="w", format=tarfile.PAX_FORMAT) as tar:
                yield Writer(tar), dump
            stream.flush()
            os.fsync(stream.fileno())
        _name(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
        dump.unlink(missing_ok=True)


def _name(unfinished: Path, target: Path) -> None:
    """Give a complete backup its name, unless somebody else was faster."""
    try:
        os.link(unfinished, target)
    except FileExistsError as error:
        raise BackupError(f"{target} is there already. A backup is never overwritten.") from error
    except OSError:  # a file system without links
        unfinished.rename(target)


class Reader:
    """A backup that was found to be complete."""

    def __init__(self, tar: tarfile.TarFile, path: Path) -> None:
        self.path = path
        self._tar = tar
        self.manifest = self._manifest()

    def _manifest(self) -> Manifest:
        try:
            source = self._tar.extractfile(MANIFEST)
            assert source is not None
            told: dict[str, Any] = json.loads(source.read())
        except (KeyError, ValueError, tarfile.TarError) as error:
            raise BackupError(f"{self.path} is not a complete backup: it has no manifest. Take another one.") from error
        if told.get("format") != FORMAT:
            raise BackupError(f"{self.path} is of a format that this version does not know. Install a newer Hanse.")
        parts = {name: Part(**part) for name, part in told.pop("parts").items()}
        if DUMP not in parts or not all(_PART.fullmatch(name) for name in parts):
            raise BackupError(f"{self.path} holds what a backup does not hold. Take another one.")
        return Manifest(**told, parts=parts)

    def check(self) -> None:
        """Compare every part with its checksum.

        :raises BackupError: one was damaged or is missing
        """
        for name, part in self.manifest.parts.items():
            digest = hashlib.sha256()
            for piece in self._pieces(name):
                digest.update(piece)
            if digest.hexdigest() != part.sha256:
                raise BackupError(f"{self.path} is damaged: {name} is not what was backed up. Take another backup.")

    def take_out(self, name: str, target: Path) -> None:
        """Write a part to a place of its own, whole or not at all."""
        handle, beside = tempfile.mkstemp(prefix=".new-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                for piece in self._pieces(name):
                    stream.write(piece)
                stream.flush()
                os.fsync(stream.fileno())
            Path(beside).rename(target)
        finally:
            Path(beside).unlink(missing_ok=True)

    def _pieces(self, name: str) -> Iterator[bytes]:
        source = None
        with suppress(KeyError, tarfile.TarError):
            source = self._tar.extractfile(name)
        if source is None:
            raise BackupError(f"{self.path} is damaged: {name} is missing. Take another backup.")
        with source:
            while piece := source.read(_PIECE):
                yield piece


@contextmanager
def opened(path: Path) -> Generator[Reader]:
    """Open a backup.

    :raises BackupError: it is none, or not complete
    """
    try:
        with tarfile.open(path, "r:") as tar:
            yield Reader(tar, path)
    except OSError as error:
        raise BackupError(f"{path} cannot be read: {error.strerror or error}.") from error
    except tarfile.TarError as error:
        raise BackupError(f"{path} is not a complete backup ({error}). Take another one.") from error


__all__ = ["DUMP", "BackupError", "Manifest", "Part", "Reader", "Writer", "opened", "written"]
