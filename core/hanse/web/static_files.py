"""Static files under an address that changes with their content, so that browsers may keep them for ever."""

from __future__ import annotations

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "static"


def version(folders: list[Path]) -> str:
    """Give a short hash over all files: the third part of their addresses."""
    digest = hashlib.blake2b(digest_size=6)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and path.suffix not in (".gz", ".br"):
                digest.update(str(path.relative_to(folder)).encode())
                digest.update(path.read_bytes() if path.suffix != ".woff2" else str(path.stat().st_size).encode())
    return digest.hexdigest()
