"""hanse files: compare the files with the rows that name them."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from hanse.cli.main import group

_MOST_SHOWN = 20
_TOLD_EVERY = 1_000


def add_commands(commands: Any) -> None:
    """Add ``files check`` and ``files copy``."""
    verbs = group(commands, "files", "look after stored files")
    words = "compare files with the rows that name them; exit code 1 when a row lacks its file, or one is damaged"
    check = verbs.add_parser("check", help=words, description=words)
    check.add_argument("--hashes", action="store_true", help="read every file and reckon its checksum anew")
    check.set_defaults(work=_check)
    words = "bring files to another store and verify them; what is there already is left out, so it can be repeated"
    copy = verbs.add_parser("copy", help=words, description=words)
    copy.add_argument("target", help="s3://bucket/prefix, or a folder")
    copy.add_argument("--from", dest="source", help="the same; left out: where files are now")
    copy.set_defaults(work=_copy)


def _copy(chosen: argparse.Namespace) -> int:
    from hanse.config import Settings
    from hanse.files import open_store
    from hanse.files.copying import Copied, copy

    settings = Settings.load()
    source = open_store(settings, chosen.source or settings.files_store)
    target = open_store(settings, chosen.target)
    print(f"from {source.place} to {target.place}")

    def tell(done: Copied) -> None:
        if (done.count + done.there) % _TOLD_EVERY == 0:
            print(f"{done.count} copied, {done.there} were there …", flush=True)

    done = copy(source, target, tell)
    for key in done.damaged[:_MOST_SHOWN]:
        print(f"damaged   {key}")
    print(
        f"{done.count} files copied ({done.bytes / 1e6:.1f} MB), {done.there} were there, {len(done.damaged)} damaged "
        "and left out"
    )
    return 1 if done.damaged else 0


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
        print(f"Bring them back to {files.place} from a backup or an older version: their names are their checksums.")
    return 0 if found.is_well else 1
