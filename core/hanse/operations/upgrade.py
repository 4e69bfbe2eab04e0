"""Go to a next version: of Hanse with a backup first, of PostgreSQL through a backup."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hanse.config import Settings
from hanse.database import migrations
from hanse.database.binaries import all_binaries
from hanse.database.cluster import OWNER, Cluster, Databases
from hanse.database.migrations import MigrationError
from hanse.operations.archive import BackupError
from hanse.operations.backup import Made, automatic_backup
from hanse.operations.restore import restore_backup

log = logging.getLogger("hanse.operations")


def upgrade_safely(
    settings: Settings, databases: Databases, *, tell: Callable[[str], object] = log.warning
) -> list[str]:
    """Bring the database to the newest revisions, with a backup first where it holds companies.

    :param tell: is given what the operator should read: where the backup is, or that there is none
    :raises MigrationError: it failed; the message names the backup
    :raises BackupError: no backup can be made, so nothing was migrated
    """
    made: list[Made] = []

    def first() -> None:
        if settings.backups_kept == 0:
            tell("No backup is made before migrating, as backups_kept is 0.")
            return
        made.append(automatic_backup(settings, databases, "migration"))
        tell(f"Backup before migrating: {made[0].words}. {made[0].note}".rstrip())

    try:
        return migrations.upgrade(databases.owner_url, databases.app_url, first=first)
    except Exception as error:
        if not made:
            raise
        reason = str(error).strip().partition("\n")[0]
        raise MigrationError(
            f"the database could not be migrated: {reason}. The backup of before is {made[0].path}; to go back, "
            f"install the version that was used last and run: hanse db restore --replace {made[0].path}"
        ) from error


@dataclass(frozen=True, slots=True)
class Moved:
    """A database that went to another major version of PostgreSQL."""

    before: str
    after: str
    backup: Path
    #: the folder of the old version, which is left for people to remove
    old: Path


def move_to_newest_postgresql(settings: Settings, programs: Path | None = None) -> Moved | None:
    """Bring the embedded database to the newest PostgreSQL here; None where it is there already.

    The old one runs once more, by its own programs, and is dumped; a new one is made beside it and filled.  When that
    fails, the old folder is put back.

    :param programs: folder with the programs of the old PostgreSQL (``bin``), where the system has none
    :raises BackupError: the database is elsewhere or in use, or could not be brought over
    """
    if settings.database_url:
        raise BackupError("HANSE_DATABASE_URL names the database; its PostgreSQL is upgraded by whoever runs it.")
    cluster = Cluster(settings.home, programs=programs)
    newest = all_binaries()[0].major
    major = cluster.major
    if major is None or major >= newest:
        return None
    if cluster.is_running():
        raise BackupError("The database is in use. Stop Hanse and its commands first.")
    with cluster:
        made = automatic_backup(settings, _databases(cluster), f"postgresql-{newest}")
    return Moved(str(major), str(newest), made.path, _bring_over(settings, cluster, made.path, major))


def _bring_over(settings: Settings, cluster: Cluster, backup: Path, major: int) -> Path:
    """Fill a new server from the backup; give the folder of the old one."""
    data = cluster.data
    old = data.with_name(f"data-{major}")
    if old.exists():
        raise BackupError(
            f"{old} is left from an earlier try. Look whether it is needed, move it away, and start again."
        )
    data.rename(old)
    new = Cluster(settings.home)
    try:
        with new:
            restore_backup(settings, _databases(new), backup)
    except BaseException:
        if data.exists():
            data.rename(data.with_name(f"data-{major}-failed"))
        old.rename(data)
        raise
    return old


def _databases(cluster: Cluster) -> Databases:
    return Databases(cluster.url(), cluster.url(role=OWNER), cluster)
