"""What an operator may rely on when a next version comes: a backup first, and a way back when it fails."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from homes import ask, contents, fresh_home, settings_for
from sqlalchemy import create_engine

from hanse.addons import installed
from hanse.database import cluster as cluster_module
from hanse.database import migrations
from hanse.database.binaries import SYSTEM_PLACES, all_binaries
from hanse.database.cluster import OWNER, Cluster, ClusterError, Databases
from hanse.database.migrations import MigrationError
from hanse.database.session import Database
from hanse.directory.founding import found_database
from hanse.operations.archive import BackupError, opened
from hanse.operations.restore import restore_backup
from hanse.operations.upgrade import move_to_newest_postgresql, upgrade_safely
from hanse.testing import databases as trial

SYSTEM = sorted(SYSTEM_PLACES.glob("*/bin/initdb"))


class Heard(list[str]):
    def __call__(self, words: str) -> None:
        self.append(words)


def backups(home: Path) -> list[Path]:
    return sorted((home / "backups").glob("*")) if (home / "backups").exists() else []


def revision_before() -> str:
    """The kernel's revision before its newest."""
    scripts = ScriptDirectory.from_config(migrations._config(installed().addons))
    return str(scripts.get_revision(migrations.newest_revisions()["hanse"]).down_revision)


@pytest.fixture
def one_behind(databases: trial.Databases) -> Iterator[Databases]:
    """A database with a company whose kernel has one revision less than the code believes."""
    with databases.copy() as database:
        config = migrations._config(installed().addons)
        engine = create_engine(database.owner_url)
        with engine.begin() as connection:
            config.attributes.update(connection=connection, app_role="hanse_app")
            command.downgrade(config, f"hanse@{revision_before()}")
        engine.dispose()
        ask(database.owner_url, f"UPDATE hanse_revision SET revision = '{revision_before()}' WHERE addon = 'hanse'")
        yield Databases(database.url, database.owner_url, databases.cluster)


def test_a_database_with_companies_is_backed_up_before_it_is_migrated(one_behind: Databases, tmp_path: Path) -> None:
    heard = Heard()
    before = contents(one_behind.owner_url)
    assert upgrade_safely(settings_for(tmp_path), one_behind, tell=heard) == [migrations.newest_revisions()["hanse"]]
    [made] = backups(tmp_path)
    assert heard[0].startswith(f"Backup before migrating: {made}: ")
    with opened(made) as reader:
        assert reader.manifest.addons["hanse"] == revision_before()
        assert reader.manifest.rows == {name: count for name, (count, _digest) in before.items()}
    assert upgrade_safely(settings_for(tmp_path), one_behind, tell=heard) == []
    assert backups(tmp_path) == [made], "nothing to apply, nothing to back up"


def columns_of(owner_url: str) -> dict[str, str]:
    """Give the columns of each table: the newest migration may add some, which changes every row's checksum."""
    sql = "SELECT table_name, string_agg(column_name, ' ' ORDER BY column_name) FROM information_schema.columns "
    return dict(ask(owner_url, sql + "WHERE table_schema = 'public' GROUP BY table_name"))


def fail(*_arguments: object) -> None:
    raise RuntimeError("column is wrong\nand much more")


def test_a_migration_that_fails_names_the_backup_and_it_brings_everything_back(
    one_behind: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, was = contents(one_behind.owner_url), columns_of(one_behind.owner_url)
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "_apply", fail)
        with pytest.raises(
            MigrationError, match=r"column is wrong\. The backup of before is .*db restore --replace"
        ) as e:
            upgrade_safely(settings_for(tmp_path), one_behind, tell=Heard())
    [made] = backups(tmp_path)
    assert str(made) in str(e.value)
    ask(one_behind.owner_url, "UPDATE core_user SET name = 'Somebody else'")
    done = restore_backup(settings_for(tmp_path), one_behind, made, replace=True)
    assert done.migrated == [migrations.newest_revisions()["hanse"]], "the backup is older: it is migrated"
    after = contents(one_behind.owner_url)
    changed = {name for name in before if before[name] != after[name]}
    widened = {name for name, columns in columns_of(one_behind.owner_url).items() if columns != was.get(name)}
    assert changed - widened == {"hanse_revision", "alembic_version"}
    assert {name: after[name][0] for name in widened & set(before)} == {
        name: before[name][0] for name in widened & set(before)
    }


def test_without_a_backup_nothing_is_migrated(
    one_behind: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "hanse.operations.backup.find_program", lambda *_, **__: (_ for _ in ()).throw(BackupError("no"))
    )
    before = contents(one_behind.owner_url)
    with pytest.raises(BackupError, match="no"):
        upgrade_safely(settings_for(tmp_path), one_behind, tell=Heard())
    assert contents(one_behind.owner_url) == before


def test_no_backups_wanted_is_said(one_behind: Databases, tmp_path: Path) -> None:
    heard = Heard()
    assert upgrade_safely(settings_for(tmp_path, backups_kept=0), one_behind, tell=heard)
    assert heard == ["No backup is made before migrating, as backups_kept is 0."]
    assert backups(tmp_path) == []


def test_a_new_database_needs_no_backup(tmp_path: Path, databases: trial.Databases) -> None:
    databases.template()
    databases.cluster.create_database("quite_new")
    new = Databases(databases.cluster.url("quite_new"), databases.cluster.url("quite_new", OWNER), databases.cluster)
    heard = Heard()
    assert upgrade_safely(settings_for(tmp_path), new, tell=heard)
    assert heard == backups(tmp_path) == []
    databases.cluster.drop_database("quite_new")


# --- another major version of PostgreSQL ------------------------------------------------------------------------------

older = pytest.mark.skipif(not SYSTEM, reason="there is no older PostgreSQL in this system")


@pytest.fixture
def of_old(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Path, dict[str, tuple[object, ...]]]]:
    """A home whose database was made by the system's PostgreSQL, with users in it, and what it holds."""
    with fresh_home() as home:
        only = [one for one in all_binaries() if one.folder.is_relative_to(SYSTEM_PLACES)]
        with monkeypatch.context() as patch:
            patch.setattr(cluster_module, "all_binaries", lambda: only)
            with Cluster(home, fsync=False) as old:
                migrations.upgrade(old.url(role=OWNER), old.url())
                database = Database(old.url())
                with database.session() as session, session.begin():
                    found_database(session)
                database.close()
                before = contents(old.url(role=OWNER))
        assert old.major == only[0].major < all_binaries()[0].major
        yield home, before


@older
def test_the_database_moves_to_the_newest_postgresql(of_old: tuple[Path, dict[str, tuple[object, ...]]]) -> None:
    home, before = of_old
    moved = move_to_newest_postgresql(settings_for(home))
    assert moved is not None
    assert (moved.after, moved.old.name) == (str(all_binaries()[0].major), f"data-{moved.before}")
    assert moved.backup in backups(home)
    with Cluster(home, fsync=False) as new:
        assert new.major == all_binaries()[0].major
        assert contents(new.url(role=OWNER)) == before
    assert move_to_newest_postgresql(settings_for(home)) is None


@older
def test_a_move_that_fails_puts_the_old_folder_back(
    of_old: tuple[Path, dict[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, before = of_old
    monkeypatch.setattr("hanse.operations.upgrade.restore_backup", fail)
    with pytest.raises(RuntimeError):
        move_to_newest_postgresql(settings_for(home))
    with Cluster(home, fsync=False) as old:
        assert old.major is not None
        assert old.major < all_binaries()[0].major
        assert contents(old.url(role=OWNER)) == before


@older
def test_without_the_old_programs_it_says_where_to_get_them_and_takes_a_folder(
    of_old: tuple[Path, dict[str, tuple[object, ...]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    home, before = of_old
    wheel, programs = all_binaries()[0], SYSTEM[-1].parent
    monkeypatch.setattr(cluster_module, "all_binaries", lambda: [wheel])
    with pytest.raises(ClusterError, match="was made by PostgreSQL .* hanse db upgrade-postgresql --programs"):
        Cluster(home).start()
    with pytest.raises(ClusterError, match="holds no PostgreSQL"):
        move_to_newest_postgresql(settings_for(home), home)
    moved = move_to_newest_postgresql(settings_for(home), programs)
    assert moved is not None
    with Cluster(home, fsync=False) as new:
        assert contents(new.url(role=OWNER)) == before
