"""What an operator may rely on from hanse db backup and restore: what comes back is what was there, or is refused."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from homes import LEDGER, ask, contents, fresh_databases, fresh_home, security, settings_for

from hanse.actions import find_action
from hanse.addons import installed
from hanse.cli.session import context
from hanse.config import Settings
from hanse.database.cluster import Cluster, Databases
from hanse.database.session import Database
from hanse.files import FolderStore
from hanse.operations import programs
from hanse.operations.archive import DUMP, MANIFEST, BackupError
from hanse.operations.backup import Made, automatic_backup, make_backup
from hanse.operations.programs import plain
from hanse.operations.restore import restore_backup
from hanse.testing import TrialDatabase
from hanse.testing import databases as trial
from hanse.testing.browser import Site
from hanse_finance.ledger import import_ledger, read_case
from hanse_finance.reports import span_of, trial_balance

BOOKS = "Books of Edge Cases"
FILE = b"%PDF-1.7 a receipt, scanned\n" * 20


class House:
    """A database with books in it and a file beside it, and a backup of both."""

    def __init__(self, databases: Databases, database: TrialDatabase, home: Path) -> None:
        self.databases, self.database, self.home = databases, database, home
        self.settings = settings_for(home)
        self.backup: Made

    def backed_up(self, name: str = "books.hanse") -> Made:
        return make_backup(self.settings, self.databases, self.home / name)


@pytest.fixture(scope="module")
def house(databases: trial.Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with databases.copy() as database:
        home = tmp_path_factory.mktemp("house")
        import_ledger(database, read_case(LEDGER), BOOKS)
        site = Site(database, home)
        browser = site.browser()
        with site.transaction() as ctx:
            create = find_action("contacts.partner.create")
            assert create is not None
            partner = ctx.run(create, values=[{"name": "Ann"}]).done[0]
        upload = [("files", "receipt.pdf", FILE)]
        browser.post(f"/contacts/partner/{partner}/attachments", {}, upload_files=upload, status=303)
        found = House(Databases(database.url, database.owner_url, databases.cluster), database, home)
        assert len([path for path in (home / "files").rglob("*") if path.is_file()]) == 1
        found.backup = found.backed_up()
        yield found


def trial_rows(database: Database) -> list[object]:
    with database.session() as session, session.begin():
        ctx = context(session, BOOKS)
        return [row.as_json() for row in trial_balance(ctx, span_of(ctx, "2025"))]


def differences(database: Database) -> list[str]:
    with database.session() as session, session.begin():
        ctx = context(session, BOOKS)
        return [line for lines in installed().call("maintained", ctx.enabled, ctx=ctx, check=True) for line in lines]


def test_what_comes_back_is_what_was_there(house: House) -> None:
    """Into a new home with a PostgreSQL of its own: rows, rights, files, balances, and a page served from it."""
    before, walls = contents(house.database.owner_url), security(house.database.owner_url)
    with fresh_home() as home, fresh_databases(home) as new:
        done = restore_backup(settings_for(home), new, house.backup.path)
        assert contents(new.owner_url) == before
        assert sum(done.manifest.rows.values()) == sum(count for count, _digest in before.values()) > 500
        assert security(new.owner_url) == walls
        assert done.migrated == done.resting == []

        name = new.owner_url.rpartition("/")[2].partition("?")[0]
        database = TrialDatabase(new.app_url, new.owner_url, name)
        rows = trial_rows(database)
        assert rows == trial_rows(house.database)
        assert len(rows) > 5
        assert differences(database) == []

        [stored] = [path for path in (home / "files").rglob("*") if path.is_file()]
        assert FolderStore(home / "files").path(stored.parent.name + stored.name).read_bytes() == FILE
        assert stored.stat().st_mode & 0o077 == 0

        page = Site(database, home).browser().get("/contacts/partner")
        assert "Ann" in page.text
        database.close()

        with psycopg.connect(plain(new.app_url)) as connection, pytest.raises(psycopg.Error, match=r"hanse\.companies"):
            connection.execute("SELECT count(*) FROM finance_voucher")
        with psycopg.connect(plain(new.app_url)) as connection:
            connection.execute("SELECT set_config('hanse.companies', '{}', true)")
            assert connection.execute("SELECT count(*) FROM finance_voucher").fetchall() == [(0,)]


def test_the_manifest_says_what_is_in_it(house: House) -> None:
    with tarfile.open(house.backup.path) as tar:
        names = tar.getnames()
        told = json.load(tar.extractfile(MANIFEST))  # type: ignore[arg-type]
    assert names[0] == DUMP
    assert names[-1] == MANIFEST
    assert told["addons"]["hanse_finance"].startswith("hanse_finance_")
    assert set(told["parts"]) == set(names) - {MANIFEST}
    assert told["rows"]["finance_voucher"] > 0, "row security has not hidden them"
    assert house.backup.path.stat().st_mode & 0o777 == 0o600
    assert house.backup.note == ""


def test_a_backup_is_never_overwritten_and_leaves_no_half_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BackupError, match="is there already"):
        house.backed_up()
    before = sorted(house.home.iterdir())
    monkeypatch.setattr(programs.Program, "run", lambda *_: (_ for _ in ()).throw(BackupError("it broke")))
    with pytest.raises(BackupError, match="it broke"):
        house.backed_up("second.hanse")
    assert sorted(house.home.iterdir()) == before


def test_a_database_that_is_not_empty_is_refused_before_anything_is_touched(house: House) -> None:
    before = contents(house.database.owner_url)
    with pytest.raises(BackupError, match="not empty: it has"):
        restore_backup(house.settings, house.databases, house.backup.path)
    assert contents(house.database.owner_url) == before


@pytest.fixture
def second(databases: trial.Databases, tmp_path: Path) -> Iterator[tuple[Settings, Databases]]:
    """A database of this test's own, with the company of the template in it."""
    with databases.copy() as database:
        yield settings_for(tmp_path), Databases(database.url, database.owner_url, databases.cluster)


def test_replace_backs_up_first_and_can_be_taken_back(house: House, second: tuple[Settings, Databases]) -> None:
    settings, other = second
    before = contents(other.owner_url)
    done = restore_backup(settings, other, house.backup.path, replace=True)
    assert contents(other.owner_url) == contents(house.database.owner_url)
    assert done.before is not None
    assert done.before.parent == settings.home / "backups"
    restore_backup(settings, other, done.before, replace=True)
    assert contents(other.owner_url) == before


def test_replace_is_refused_while_others_use_the_database(house: House, second: tuple[Settings, Databases]) -> None:
    settings, other = second
    with psycopg.connect(plain(other.app_url)), pytest.raises(BackupError, match="1 connections use the database"):
        restore_backup(settings, other, house.backup.path, replace=True)
    assert not (settings.home / "backups").exists()


def test_a_damaged_backup_is_refused(house: House, tmp_path: Path) -> None:
    whole = house.backup.path.read_bytes()
    (tmp_path / "flipped").write_bytes(whole[:70_000] + bytes([whole[70_000] ^ 1]) + whole[70_001:])
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "other").write_bytes(b"no tar at all" * 1000)
    for name, words in (
        ("flipped", "damaged: database.dump"),
        ("cut", "not a complete backup"),
        ("other", "not a complete"),
    ):
        with pytest.raises(BackupError, match=words):
            restore_backup(house.settings, house.databases, tmp_path / name)
    with pytest.raises(BackupError, match="cannot be read"):
        restore_backup(house.settings, house.databases, tmp_path / "absent")


def changed(source: Path, target: Path, **told: object) -> Path:
    """Copy a backup, with another manifest."""
    with tarfile.open(source) as old, tarfile.open(target, "w") as new:
        for member in old:
            stream = old.extractfile(member)
            assert stream is not None
            if member.name == MANIFEST:
                text = json.dumps(json.load(stream) | told).encode()
                (target.with_suffix(".json")).write_bytes(text)
                new.add(target.with_suffix(".json"), MANIFEST)
            else:
                new.addfile(member, stream)
    return target


def test_a_backup_of_a_newer_version_is_refused(house: House, tmp_path: Path) -> None:
    newer = changed(house.backup.path, tmp_path / "version", hanse="999.1")
    with pytest.raises(BackupError, match=r"Hanse 999\.1.*newer than this one"):
        restore_backup(house.settings, house.databases, newer)
    addons = house.backup.manifest.addons | {"hanse_finance": "hanse_finance_9999"}
    ahead = changed(house.backup.path, tmp_path / "revision", addons=addons)
    with pytest.raises(BackupError, match="hanse_finance at hanse_finance_9999"):
        restore_backup(house.settings, house.databases, ahead)


def test_rows_that_are_missing_afterwards_are_noticed_and_nothing_half_stays(house: House, tmp_path: Path) -> None:
    rows = house.backup.manifest.rows | {"core_user": 12345}
    wrong = changed(house.backup.path, tmp_path / "rows", rows=rows)
    with fresh_home() as home, fresh_databases(home) as new:
        with pytest.raises(BackupError, match="core_user has .* rows instead of 12345"):
            restore_backup(settings_for(home), new, wrong)
        assert contents(new.owner_url) == {}


def test_the_secrets_of_a_backup_come_only_with_its_database(house: House, tmp_path: Path) -> None:
    secrets = house.home / "secrets.json"
    secrets.write_text("theirs")
    made = house.backed_up("secrets.hanse")
    secrets.unlink()
    wrong = changed(made.path, tmp_path / "wrong", rows=made.manifest.rows | {"core_user": 12345})
    with fresh_home() as home, fresh_databases(home) as new:
        (home / "secrets.json").write_text("ours")
        with pytest.raises(BackupError, match="core_user has"):
            restore_backup(settings_for(home), new, wrong, replace=True)
        assert (home / "secrets.json").read_text() == "ours"
        restore_backup(settings_for(home), new, made.path, replace=True)
        assert (home / "secrets.json").read_text() == "theirs"


def test_a_path_out_of_the_home_is_refused(house: House, tmp_path: Path) -> None:
    parts = {name: {"size": one.size, "sha256": one.sha256} for name, one in house.backup.manifest.parts.items()}
    evil = changed(house.backup.path, tmp_path / "evil", parts=parts | {"files/../../evil": parts[DUMP]})
    with pytest.raises(BackupError, match="holds what a backup does not hold"):
        restore_backup(house.settings, house.databases, evil)


# --- a database of other roles ----------------------------------------------------------------------------------------


def role(cluster: Cluster, name: str) -> None:
    superuser = cluster.url("postgres", "postgres")
    if not ask(superuser, f"SELECT 1 FROM pg_roles WHERE rolname = '{name}'"):
        ask(superuser, f"CREATE ROLE {name} LOGIN")


@pytest.fixture
def elsewhere(databases: trial.Databases) -> Iterator[Databases]:
    """An empty database that belongs to roles of other names, as on a server that somebody else runs."""
    cluster = databases.cluster
    databases.template()
    for name in ("books_owner", "books_app"):
        role(cluster, name)
    superuser = cluster.url("postgres", "postgres")
    ask(superuser, "CREATE DATABASE elsewhere OWNER books_owner TEMPLATE template0")
    yield Databases(cluster.url("elsewhere", "books_app"), cluster.url("elsewhere", "books_owner"), None)
    cluster.drop_database("elsewhere")


def test_it_moves_to_a_server_whose_roles_have_other_names_and_back(
    house: House, elsewhere: Databases, tmp_path: Path
) -> None:
    settings = settings_for(tmp_path)
    restore_backup(settings, elsewhere, house.backup.path)
    before = contents(house.database.owner_url)
    assert contents(elsewhere.owner_url) == before
    named = str(security(elsewhere.owner_url))
    assert "hanse_owner" not in named
    assert "hanse_app" not in named
    database = Database(elsewhere.app_url)
    assert trial_rows(database) == trial_rows(house.database)
    database.close()

    back = make_backup(settings, elsewhere, tmp_path / "back.hanse")
    assert "BYPASSRLS" in back.note, "an owner without it reads through its own policies"
    with fresh_home() as home, fresh_databases(home) as new:
        restore_backup(settings_for(home), new, back.path)
        assert contents(new.owner_url) == before
        assert security(new.owner_url) == security(house.database.owner_url)


def test_a_role_that_does_not_see_every_row_makes_no_backup(house: House, elsewhere: Databases, tmp_path: Path) -> None:
    settings = settings_for(tmp_path)
    restore_backup(settings, elsewhere, house.backup.path)
    with pytest.raises(BackupError, match="role books_app does not see every row of .*HANSE_DATABASE_OWNER_URL"):
        make_backup(settings, replace(elsewhere, owner_url=elsewhere.app_url), tmp_path / "a.hanse")
    ask(elsewhere.owner_url, "DROP POLICY owner ON finance_voucher")
    with pytest.raises(BackupError, match="books_owner does not see every row of finance_voucher;"):
        make_backup(settings, elsewhere, tmp_path / "b.hanse")
    assert not (tmp_path / "b.hanse").exists()


# --- those made by themselves -----------------------------------------------------------------------------------------


def test_only_the_last_few_automatic_backups_are_kept(house: House, tmp_path: Path) -> None:
    settings = settings_for(tmp_path, backups_kept=2)
    (tmp_path / "backups").mkdir()
    own = tmp_path / "backups" / "mine.hanse"
    own.touch()
    made = [
        automatic_backup(settings, house.databases, "test", now=datetime(2026, 1, day, tzinfo=UTC)).path
        for day in (1, 2, 3)
    ]
    assert sorted((tmp_path / "backups").iterdir()) == sorted([own, *made[1:]])


def test_a_program_older_than_the_server_is_refused() -> None:
    with pytest.raises(BackupError, match=r"must be of PostgreSQL 99 or later; here is .*18.*postgresql-client-99"):
        programs.find_program("pg_dump", server=99)
    assert programs.find_program("pg_dump", server=18).major >= 18
