"""Bring a backup back into an empty database, and say so unless every row is there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from hanse.config import Settings
from hanse.database import migrations
from hanse.database.accounts import make_shared
from hanse.database.cluster import Databases
from hanse.files.store import FileStore
from hanse.operations import rights
from hanse.operations.archive import DUMP, BackupError, Manifest, Reader, opened
from hanse.operations.backup import TABLES, automatic_backup, count_rows
from hanse.operations.programs import Program, find_program, plain

Connection = psycopg.Connection[Any]
#: Entries of a dump that are done otherwise: roles may have other names here, and extensions belong to a superuser.
_LEFT_OUT = ("ACL", "DEFAULT ACL", "EXTENSION", "COMMENT - EXTENSION", "POLICY", "SCHEMA - public", "COMMENT - SCHEMA")
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc f WHERE pronamespace = 'public'::regnamespace
    AND prokind IN ('f', 'p') AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = f.oid AND d.deptype = 'e')
"""


@dataclass(frozen=True, slots=True)
class Restored:
    """A backup that was brought back."""

    manifest: Manifest
    #: revisions that were applied to bring it to this version
    migrated: list[str]
    #: addons of the backup that are not installed here: their tables are there, and rest
    resting: list[str]
    #: where what was there before is; None where nothing was
    before: Path | None


def restore_backup(settings: Settings, databases: Databases, source: Path, *, replace: bool = False) -> Restored:
    """Bring a backup back, and its database to the revisions of this version.

    Everything is checked before anything is touched.  When it fails, the database is left empty.

    :param replace: whether what is in the database gives way, after a backup of it was made
    :raises BackupError: the backup is damaged or newer than this version, or the database is not empty or in use
    """
    with opened(source) as reader:
        manifest = reader.manifest
        resting = _check_age(manifest)
        reader.check()
        before = _make_room(settings, databases, replace=replace)
        try:
            restore_files(settings, reader)
            _restore_database(settings, databases, reader)
            migrated = migrations.upgrade(databases.owner_url, databases.app_url)
            _restore_secrets(settings.home, reader, replace=replace)
        except BaseException as error:
            with contextlib.suppress(psycopg.Error):
                _clear(databases.owner_url)
            if before is not None and isinstance(error, Exception):
                raise BackupError(f"{error}\nWhat was there before is in {before}; restore that.") from error
            raise
    return Restored(manifest, migrated, resting, before)


def _check_age(manifest: Manifest) -> list[str]:
    """Refuse what is newer than this version; give the addons that are not installed here.

    :raises BackupError: it is newer
    """
    known = migrations.known_revisions()
    newer = {addon: one for addon, one in manifest.addons.items() if addon in known and one not in known[addon]}
    here = version("hanse")
    if newer or _parts(manifest.hanse) > _parts(here):
        detail = "".join(f", {addon} at {revision}" for addon, revision in sorted(newer.items()))
        raise BackupError(
            f"The backup was made by Hanse {manifest.hanse}{detail}, which is newer than this one ({here}). "
            "Install that version, then restore."
        )
    return sorted(set(manifest.addons) - set(known))


def _parts(number: str) -> tuple[int, ...]:
    return tuple(int(part) for part in number.split(".") if part.isdigit())


def _make_room(settings: Settings, databases: Databases, *, replace: bool) -> Path | None:
    """See to it that the database is empty; give the backup of what was in it.

    :raises BackupError: it is not, and must not be cleared, or others use it
    """
    with _as_owner(databases.owner_url) as connection:
        filled = connection.execute(TABLES).fetchall()
        others = connection.execute(_OTHERS).fetchone()
    if not filled:
        return None
    if not replace:
        raise BackupError(
            f"The database is not empty: it has {len(filled)} tables. Restore into a new one (another HANSE_HOME or "
            "HANSE_DATABASE_URL), or say --replace, which makes a backup of it first."
        )
    if others and others[0]:
        raise BackupError(f"{others[0]} connections use the database. Stop Hanse and other programs, then try again.")
    made = automatic_backup(settings, databases, "restore")
    _clear(databases.owner_url)
    return made.path


def _clear(owner_url: str) -> None:
    """Take away all tables and functions but those of extensions."""
    with _as_owner(owner_url) as connection:
        for kind, query in (("TABLE", TABLES), ("ROUTINE", _FUNCTIONS)):
            found = connection.execute(rights.as_sql(query)).fetchall()
            if found:
                names = ", ".join(str(name) for (name,) in found)
                connection.execute(rights.as_sql(f"DROP {kind} {names} CASCADE"))


def _restore_database(settings: Settings, databases: Databases, reader: Reader) -> None:
    manifest = reader.manifest
    with _as_owner(databases.owner_url) as connection:
        server = connection.info.server_version // 10000
        _check_extensions(connection, manifest)
    if server < int(manifest.postgresql.partition(".")[0]):
        raise BackupError(
            f"The backup is of PostgreSQL {manifest.postgresql}, this server is {server}. Use a server as new as that."
        )
    program = find_program("pg_restore", server=server, at_least=int(manifest.pg_dump.partition(".")[0]))
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.home) as folder:
        dump = Path(folder) / DUMP
        reader.take_out(DUMP, dump)
        _run(program, dump, databases.owner_url)
    with _as_owner(databases.owner_url) as connection:
        owner, app = (str(make_url(url).username) for url in (databases.owner_url, databases.app_url))
        rights.give(connection, manifest.policies, manifest.grants, owner=owner, app=app)
        _check_rows(connection, manifest.rows)
        connection.execute("ANALYZE")


def _run(program: Program, dump: Path, owner_url: str) -> None:
    """Restore all but rights and extensions, everything or nothing."""
    chosen = dump.with_name("entries")
    entries = program.run(["--list", str(dump)]).splitlines()
    chosen.write_text("\n".join(line for line in entries if not _is_left_out(line)))
    program.run(
        [f"--use-list={chosen}", "--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(dump)],
        owner_url,
    )


def _is_left_out(line: str) -> bool:
    """Tell whether a line of a dump's list, ``12; 2615 2200 KIND schema name owner``, is of a kind we do ourselves."""
    words = line.partition(";")[2].split(maxsplit=2)
    return (len(words) == 3 and words[2].startswith(_LEFT_OUT)) or " COMMENT - EXTENSION" in line


def _check_extensions(connection: Connection, manifest: Manifest) -> None:
    """Create the extensions that are missing.

    :raises BackupError: this server has not got one, or the role may not create it
    """
    there = {name for (name,) in connection.execute("SELECT extname::text FROM pg_extension")}
    for name in manifest.extensions:
        if name in there:
            continue
        try:
            connection.execute(sql.SQL("CREATE EXTENSION {}").format(sql.Identifier(name)))
        except psycopg.Error as error:
            raise BackupError(
                f"The backup needs the extension {name}: {str(error).partition(chr(10))[0]}. "
                f"Let a superuser run CREATE EXTENSION {name} in this database."
            ) from error


def _check_rows(connection: Connection, rows: Mapping[str, int]) -> None:
    found = count_rows(connection, list(rows))
    wrong = [
        f"{name} has {found[name]} rows instead of {count}" for name, count in rows.items() if found[name] != count
    ]
    if wrong:
        raise BackupError(f"The restored database is not what was backed up: {'; '.join(wrong)}.")


def restore_files(settings: Settings, reader: Reader) -> None:
    """Put files into their places; those that are there stay, as their names say what is in them."""
    home, names = settings.home, [name for name in reader.manifest.parts if name.startswith("files/")]
    if settings.files_store is None:
        for name in names:
            if not (home / name).exists():
                _take_out(reader, name, home / name)
    elif names:
        store = FileStore.of(settings)
        there = {one.key for one in store.contents()}
        for name in names:
            if name.removeprefix("files/").replace("/", "") not in there:
                _bring(reader, name, store, home)


def _bring(reader: Reader, name: str, store: FileStore, home: Path) -> None:
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=home) as folder:
        beside = Path(folder) / "file"
        reader.take_out(name, beside)
        with beside.open("rb") as source:
            store.store(source)


def _restore_secrets(home: Path, reader: Reader, *, replace: bool) -> None:
    """Put what is left into its place, once the database it belongs to is there."""
    for name in reader.manifest.parts:
        if name != DUMP and not name.startswith("files/") and (replace or not (home / name).exists()):
            _take_out(reader, name, home / name)


def _take_out(reader: Reader, name: str, target: Path) -> None:
    if not target.parent.exists():
        make_shared(target.parent)
        target.parent.chmod(0o700)
    reader.take_out(name, target)


@contextmanager
def _as_owner(url: str) -> Generator[Connection]:
    """Open a connection whose changes are kept when the block ends well."""
    try:
        with psycopg.connect(plain(url)) as connection:
            yield connection
    except psycopg.OperationalError as error:
        raise BackupError(f"The database cannot be used: {str(error).strip()}") from error
