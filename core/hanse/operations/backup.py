"""Make a backup: everything an installation needs and cannot make again, as of one moment, in one file."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from hanse.config import Settings
from hanse.database.accounts import make_shared
from hanse.database.cluster import BACKUP, Databases
from hanse.errors import NotFound
from hanse.files.store import FileStore
from hanse.operations import rights
from hanse.operations.archive import DUMP, BackupError, Manifest, Writer, written
from hanse.operations.programs import find_program, plain

Connection = psycopg.Connection[Any]
#: Tables of ours and of whoever put some beside them; what extensions own comes with them.
TABLES = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
        AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
        AND c.relpersistence <> 't'
        AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')
    ORDER BY 1
"""
_EXTENSIONS = "SELECT extname::text FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY 1"
_SEES_ALL = "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
#: Tables of which this role might not see every row.
_HIDDEN = """
    SELECT c.oid::regclass::text FROM pg_class c
    WHERE c.relkind IN ('r', 'p') AND c.relrowsecurity
        AND (c.relforcerowsecurity OR NOT pg_has_role(c.relowner, 'USAGE'))
        AND (NOT EXISTS (
                SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polcmd IN ('*', 'r')
                AND pg_get_expr(p.polqual, p.polrelid) = 'true'
                AND EXISTS (SELECT FROM unnest(p.polroles) r WHERE r = 0 OR pg_has_role(r, 'USAGE')))
            OR EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid AND NOT p.polpermissive))
    ORDER BY 1
"""
_FORBIDDEN = "SELECT t FROM unnest(%s::text[]) t WHERE NOT has_table_privilege(t, 'SELECT')"
_MOST_NAMED = 3
_AUTOMATIC = re.compile(r"before-.*\.hanse")


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made."""

    path: Path
    manifest: Manifest
    #: what whoever asked for it should know; empty when there is nothing
    note: str

    @property
    def words(self) -> str:
        """What it holds, in one line."""
        size = self.path.stat().st_size / 1e6
        counts = self.manifest.rows
        rows, files = sum(counts.values()), self.manifest.files
        return f"{self.path}: {size:.1f} MB, {len(counts)} tables with {rows} rows, {files} files"


def make_backup(settings: Settings, databases: Databases, target: Path, *, with_files: bool = False) -> Made:
    """Back everything up into ``target``, while others go on working.

    The database is read as of one moment.  Files are copied afterwards: they are only ever added, so every file that
    a row of the dump names is there.  Files in a bucket stay there, and the backup says where.

    :param with_files: copy those of a bucket, too
    :raises BackupError: it cannot be done, or not completely
    """
    target = target.expanduser().absolute()
    url = _reader_url(databases)
    with written(target) as (writer, dump), _one_moment(url) as connection:
        tables = [name for (name,) in connection.execute(TABLES)]
        sees_all = _check_sees_all(connection, tables)
        server = connection.info.server_version // 10000
        program = find_program("pg_dump", server=server)
        manifest = _describe(connection, databases, program.version, tables)
        snapshot = _scalar(connection, "SELECT pg_export_snapshot()")
        through_policies = [] if sees_all else ["--enable-row-security"]
        options = ["--format=custom", f"--file={dump}", f"--snapshot={snapshot}", "--lock-wait-timeout=30s"]
        program.run([*options, *through_policies, "--no-publications", "--no-subscriptions"], url)
        writer.add(DUMP, dump)
        dump.unlink()
        store = settings.files_store
        writer.add_kept(settings.home, files=store is None)
        if store is not None and with_files:
            _add_contents(writer, FileStore.of(settings))
        elif store is not None:
            manifest = replace(manifest, files_store=store)
        writer.finish(manifest)
    elsewhere = _FILES_ELSEWHERE.format(store=manifest.files_store) if manifest.files_store else ""
    return Made(target, manifest, " ".join(filter(None, (elsewhere, "" if sees_all else _NO_BYPASS))))


def _add_contents(writer: Writer, store: FileStore) -> None:
    """Add the contents of a bucket, each under the name that it has in a folder."""
    for one in store.contents():
        with contextlib.suppress(NotFound), store.open(one.key) as source:  # tidied away meanwhile: no row names it
            writer.add_open(f"files/{one.key[:2]}/{one.key[2:]}", source)


_FILES_ELSEWHERE = (
    "The files are in {store} and not in this backup, which needs them there as they are now: keep deleted versions in "
    "the bucket for as long as you keep backups, or say --with-files."
)


_NO_BYPASS = (
    "No role with BYPASSRLS could be had; the owner has read through its own policies, which were found to let it see "
    "every row."
)


def automatic_backup(settings: Settings, databases: Databases, reason: str, *, now: datetime | None = None) -> Made:
    """Back up into ``<home>/backups`` before something is done that might fail, and keep the last few of these.

    :param reason: becomes part of the name, ``before-<reason>-<time>.hanse``
    """
    folder = settings.home / "backups"
    make_shared(folder)
    with contextlib.suppress(PermissionError):  # the folder is somebody else's, who has seen to it
        folder.chmod(0o700)
    moment = (now or datetime.now(UTC)).strftime("%Y%m%d-%H%M%S-%f")
    made = make_backup(settings, databases, folder / f"before-{reason}-{moment}.hanse")
    _forget_old(folder, max(1, settings.backups_kept))
    return made


def _forget_old(folder: Path, kept: int) -> None:
    """Remove the oldest that were made by themselves; those that people put there stay."""
    own = [path for path in folder.iterdir() if _AUTOMATIC.fullmatch(path.name)]
    for path in sorted(own, key=lambda path: path.stat().st_mtime_ns)[:-kept]:
        path.unlink()


def _reader_url(databases: Databases) -> str:
    """Give the URL of whoever may see all rows: of our own PostgreSQL the role for backups, else the owner."""
    if databases.cluster is None:
        return databases.owner_url
    return make_url(databases.owner_url).set(username=BACKUP).render_as_string(hide_password=False)


@contextmanager
def _one_moment(url: str) -> Generator[Connection]:
    try:
        with psycopg.connect(plain(url)) as connection:
            connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            connection.read_only = True
            yield connection
    except psycopg.OperationalError as error:
        raise BackupError(f"The database cannot be read: {str(error).strip()}") from error


def _check_sees_all(connection: Connection, tables: list[str]) -> bool:
    """Tell whether row security does not bind this role at all.

    :raises BackupError: it binds it, and hides rows
    """
    forbidden = [name for (name,) in connection.execute(_FORBIDDEN, [tables])]
    sees_all = bool(_scalar(connection, _SEES_ALL))
    hidden = [] if sees_all else [name for (name,) in connection.execute(_HIDDEN)]
    if forbidden or hidden:
        names = forbidden or hidden
        shown = ", ".join(names[:_MOST_NAMED]) + (" …" if len(names) > _MOST_NAMED else "")
        raise BackupError(
            f"The role {connection.info.user} does not see every row of {shown}; a backup by it would lack them. "
            "Give HANSE_DATABASE_OWNER_URL the role that owns the tables, or one with BYPASSRLS and pg_read_all_data."
        )
    return sees_all


def _describe(connection: Connection, databases: Databases, pg_dump: str, tables: list[str]) -> Manifest:
    owner = _scalar(
        connection, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = to_regclass('core_company')"
    )
    policies, grants = rights.take_down(
        connection,
        owner=owner or str(make_url(databases.owner_url).username),
        app=str(make_url(databases.app_url).username),
    )
    there = "hanse_revision" in tables
    return Manifest(
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        hanse=version("hanse"),
        postgresql=connection.info.parameter_status("server_version") or "",
        pg_dump=pg_dump,
        addons=dict(connection.execute("SELECT addon, revision FROM hanse_revision").fetchall()) if there else {},
        extensions=[name for (name,) in connection.execute(_EXTENSIONS)],
        rows=count_rows(connection, tables),
        policies=policies,
        grants=grants,
    )


def count_rows(connection: Connection, tables: list[str]) -> dict[str, int]:
    """Count the rows of tables, as far as the role may see them."""
    counted = sql.SQL("SELECT count(*) FROM {}")
    return {name: int(_scalar(connection, counted.format(rights.as_sql(name)))) for name in tables}


def _scalar(connection: Connection, query: Any) -> Any:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
