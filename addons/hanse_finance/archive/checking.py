"""Check an archive: whether every file is there, is what was packed, and whether anything was added."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from hanse.errors import SetupError
from hanse_finance.archive.packing import FORMAT, MANIFEST, digest_of, seal_of


class Fault(NamedTuple):
    """What is wrong with a file of an archive: ``altered``, ``missing``, ``added`` or ``twice``."""

    path: str
    what: str


class Checked(NamedTuple):
    """What a check found; an archive without faults is what was packed."""

    seal: str
    files: int
    faults: list[Fault]


def check_archive(path: Path, *, seal: str | None = None) -> Checked:
    """Compare every file of an archive with its manifest, and the manifest with its seal.

    :param seal: what the seal must be; None: only the one in the archive is compared, which proves nothing against
        somebody who writes a manifest of their own
    :raises SetupError: it is no archive of ours
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return _check(archive, path, seal)
    except (OSError, zipfile.BadZipFile) as error:
        raise SetupError(f"{path} cannot be read as an archive: {error}") from error


def _check(archive: zipfile.ZipFile, path: Path, seal: str | None) -> Checked:
    names = Counter(archive.namelist())
    if MANIFEST not in names:
        raise SetupError(f"{path} is no archive of books: it has no {MANIFEST}")
    manifest = _manifest(archive)
    if manifest is None:
        return Checked("", 0, [Fault(MANIFEST, "altered")])
    given = str(manifest.pop("seal", ""))
    faults: list[Fault] = []
    if seal_of(manifest) != given or (seal is not None and seal.strip().lower() != given):
        faults.append(Fault(MANIFEST, "altered"))
    listed: dict[str, Mapping[str, Any]] = {str(one["path"]): one for one in manifest["files"]}
    for name, entry in listed.items():
        if name not in names:
            faults.append(Fault(name, "missing"))
        elif not _is_same(archive, name, entry):
            faults.append(Fault(name, "altered"))
    faults += [Fault(name, "added") for name in names if name not in listed and name != MANIFEST]
    faults += [Fault(name, "twice") for name, count in names.items() if count > 1]
    return Checked(given, len(listed), faults)


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any] | None:
    """Read the manifest; None: it is none any more."""
    try:
        found: dict[str, Any] = json.loads(archive.read(MANIFEST))
        whole = found["format"] == FORMAT and all(one["path"] for one in found["files"])
    except (zipfile.BadZipFile, zlib.error, ValueError, TypeError, LookupError):
        return None
    return found if whole else None


def _is_same(archive: zipfile.ZipFile, name: str, entry: Mapping[str, Any]) -> bool:
    try:
        with archive.open(name) as member:
            digest = digest_of(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return False
    return digest == entry.get("sha256") and archive.getinfo(name).file_size == entry.get("size")
