"""hanse files: compare the files with the rows that name them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from hanse.cli.main import group

_MOST_SHOWN = 20


def add_commands(commands: Any) -> None:
    """Add ``files check``."""
    verbs = group(commands, "files", "look after stored files")
    words = "compare files with the rows that name them; exit code 1 when a row lacks its file, or one is damaged"
    check = verbs.add_parser("check", help=words, description=words)
    check.add_argument("--hashes", action="store_true", help="read every file and reckon its checksum anew")
    check.set_defaults(work=_check)


def _check(chosen: argparse.Namespace) -> int:
    from hanse.cli.session import open_database
    from hanse.config import Settings
    from hanse.files import FileStore, keeping

    files = FileStore.of(Settings.load())
    with open_database() as database, database.engine.begin() as connection:
        found = keeping.check(connection, files, datetime.now(UTC), hashes=chosen.hashes)
    for key, places in list(found.missing.items())[:_MOST_SHOWN]:
        print(f"missing   {key}  named by {', '.join(places)}")
    for key in found.damaged[:_MOST_SHOWN]:
        print(f"damaged   {key}")
    print(
        f"{found.kept} files are kept, {found.needed} are named by rows: {len(found.missing)} missing, "
        f"{len(found.damaged)} damaged, {len(found.unneeded)} that nobody needs"
    )
    if found.missing or found.damaged:
        print("Bring back the files of a backup: their names below home/files are their checksums.")
    return 0 if found.is_well else 1
