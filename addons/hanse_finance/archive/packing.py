"""Pack an archive: every file as it is written, then the index for people, then the manifest with its seal.

The manifest (``manifest.json``) names every other file with size and SHA-256; its seal is the SHA-256 of all it says.
"""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, Final, cast
from xml.sax.saxutils import quoteattr

from hanse import _
from hanse.i18n import speaking
from hanse_finance.archive import ledgers as ledgers
from hanse_finance.archive.parts import INDEX, ArchivedFile, Request, Retention, collected, retentions

MANIFEST: Final = "manifest.json"
FORMAT: Final = "hanse-archive/1"
#: Files up to this many bytes are kept in memory on their way.
_IN_MEMORY: Final = 4 * 2**20
_PIECE: Final = 2**18
#: What is packed already, and would not become smaller.
_PACKED: Final = ("application/pdf", "application/zip", "image/", "video/", "application/vnd.openxmlformats")
PERMANENT: Final = "permanent"


@dataclass(frozen=True, slots=True)
class Packed:
    """What was packed.

    :ivar seal: SHA-256 of what the manifest says; keep it elsewhere, and nobody can exchange the archive unseen
    """

    files: int
    seal: str


def pack(wanted: Request, out: BinaryIO, *, progress: Callable[[int, str], None] | None = None) -> Packed:
    """Write the archive of a closed period into a file.

    :param progress: told how many files are packed, and the title of the one that comes now
    """
    ctx = wanted.ctx
    with speaking(ctx.company.locale), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        packer = _Packer(archive, wanted, retentions(ctx))
        for file in collected(wanted):
            if progress is not None:
                progress(len(packer.entries), file.title)
            packer.add(file)
        listed = list(packer.entries)
        packer.add(ArchivedFile("index.csv", str(_("Index")), INDEX, "text/csv", lambda to: _index_csv(listed, to)))
        packer.add(
            ArchivedFile("index.xml", str(_("Index")), INDEX, "application/xml", lambda to: _index_xml(listed, to))
        )
        said = {
            "format": FORMAT,
            "company": ctx.company.name,
            "period": wanted.span.label,
            "from": wanted.span.start.isoformat(),
            "to": wanted.span.end.isoformat(),
            "made": ctx.now.isoformat(timespec="seconds"),
            "maker": ctx.user.name,
            "files": packer.entries,
        }
        seal = seal_of(said)
        written = json.dumps({**said, "seal": seal}, ensure_ascii=False, indent=1)
        archive.writestr(packer.place(MANIFEST), written.encode(), zipfile.ZIP_DEFLATED)
    return Packed(len(packer.entries), seal)


def seal_of(said: Mapping[str, Any]) -> str:
    """Give the SHA-256 of what a manifest says besides its seal, written in one way only."""
    plain = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(plain.encode()).hexdigest()


def digest_of(content: IO[bytes]) -> str:
    """Give the SHA-256 of what is left of a stream."""
    digest = hashlib.sha256()
    while piece := content.read(_PIECE):
        digest.update(piece)
    return digest.hexdigest()


class _Packer:
    """Adds files to an archive, and remembers what the index says of them."""

    def __init__(self, archive: zipfile.ZipFile, wanted: Request, kept: Mapping[str, Retention]) -> None:
        self.entries: list[dict[str, Any]] = []
        self._archive, self._wanted, self._kept = archive, wanted, kept
        self._names: set[str] = {MANIFEST}

    def add(self, file: ArchivedFile) -> None:
        """Add a file; one whose name is taken gets a number."""
        path = self._distinct(file.path)
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as spool:
            file.write(cast("BinaryIO", spool))  # it is one in all but name
            size = spool.seek(0, io.SEEK_END)
            spool.seek(0)
            digest = digest_of(cast("BinaryIO", spool))
            spool.seek(0)
            info = self.place(path)
            info.compress_type = zipfile.ZIP_STORED if file.media_type.startswith(_PACKED) else zipfile.ZIP_DEFLATED
            with self._archive.open(info, "w", force_zip64=True) as member:
                shutil.copyfileobj(spool, member)
        kept = self._kept.get(file.kind)
        until = kept.until(self._wanted.span.end) if kept else None
        self.entries.append(
            {
                "path": path,
                "title": file.title,
                "kind": kept.title if kept else file.kind,
                "media_type": file.media_type,
                "retention": "" if kept is None else PERMANENT if kept.years is None else str(kept.years),
                "keep_until": until.isoformat() if until else "",
                "size": size,
                "sha256": digest,
            }
        )

    def place(self, path: str) -> zipfile.ZipInfo:
        """Give the head of a member, with the moment of the archive."""
        return zipfile.ZipInfo(path, date_time=self._wanted.ctx.now.timetuple()[:6])

    def _distinct(self, path: str) -> str:
        given, name, count = PurePosixPath(path), path, 1
        while name.casefold() in self._names:  # many file systems do not tell capital letters from small ones
            count += 1
            name = str(given.with_name(f"{given.stem} ({count}){given.suffix}"))
        self._names.add(name.casefold())
        return name


def _headings() -> dict[str, str]:
    return {
        "path": str(_("File")),
        "title": str(_("Title")),
        "kind": str(_("Kind")),
        "media_type": str(_("Type")),
        "retention": str(_("Kept for (years)")),
        "keep_until": str(_("Kept until")),
        "size": str(_("Bytes")),
        "sha256": "SHA-256",
    }


def _index_csv(entries: Sequence[Mapping[str, Any]], out: BinaryIO) -> None:
    headings = _headings()
    rows = [[_worded(name, entry[name]) for name in headings] for entry in entries]
    ledgers.write_csv([list(headings.values()), *rows], out)


def _worded(name: str, value: Any) -> str:
    return str(_("permanent")) if name == "retention" and value == PERMANENT else str(value)


def _index_xml(entries: Sequence[Mapping[str, Any]], out: BinaryIO) -> None:
    out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<index>\n')
    for entry in entries:
        attributes = " ".join(f"{name}={quoteattr(str(value))}" for name, value in entry.items())
        out.write(f"  <file {attributes}/>\n".encode())
    out.write(b"</index>\n")
