"""What rows may rely on for their contents: never gone while named, and not kept for ever after."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from shelves import Shelf
from sqlalchemy import text

from hanse.actions import find_action
from hanse.database.session import Database, in_transaction
from hanse.directory.founding import found_company
from hanse.files import FileStore, FolderStore
from hanse.files.keeping import GRACE, Checked, check, needed_keys, sweep
from hanse.testing import TrialDatabase
from hanse.testing.people import open_for_admin


@pytest.fixture
def house(own_database: TrialDatabase) -> TrialDatabase:
    return own_database


def attach(database: Database, key: str, name: str = "a.txt") -> None:
    def work(session: Any) -> None:
        ctx = open_for_admin(session)
        file = {"name": name, "media_type": "text/plain", "size": 1, "key": key}
        ctx.run(find_action("core.company.attach"), [ctx.company.id], files=[file])

    in_transaction(database, work)


def swept(database: Database, files: FileStore) -> int:
    with database.engine.begin() as connection:
        return sweep(connection, files, datetime.now(UTC))


def checked(database: Database, files: FileStore, **options: Any) -> Checked:
    with database.engine.begin() as connection:
        return check(connection, files, datetime.now(UTC), **options)


def test_what_a_row_names_stays_and_what_none_names_goes_after_a_day(house: TrialDatabase, shelf: Shelf) -> None:
    files = shelf.files
    named, old, young = (files.store(word) for word in (b"named", b"old", b"young"))
    attach(house, named)
    shelf.age(named, GRACE * 2), shelf.age(old, GRACE * 2)

    assert swept(house, files) == 1
    assert {one.key for one in files.contents()} == {named, young}


def test_the_same_bytes_stay_until_the_last_row_is_gone(house: TrialDatabase, shelf: Shelf) -> None:
    files = shelf.files
    key = files.store(b"twice")
    attach(house, key, "one.txt"), attach(house, key, "two.txt")
    shelf.age(key, GRACE * 2)
    for left in (1, 0):
        with house.session() as session, session.begin():
            ctx = open_for_admin(session)
            one = session.scalar(text("SELECT max(id) FROM core_attachment"))
            ctx.run(find_action("core.company.detach"), [ctx.company.id], attachment=one)
        assert files.is_whole(key), "never in the transaction that deletes the row"
        assert swept(house, files) == (0 if left else 1)


def test_files_of_every_company_count(house: TrialDatabase, shelf: Shelf) -> None:
    files = shelf.files
    key = files.store(b"of another company")
    with house.session() as session, session.begin():
        admin = open_for_admin(session)
        other = found_company(session, admin.user, {"name": "Other", "currency": "CNY"}, addons=[])
        file = {"name": "a.txt", "media_type": "text/plain", "size": 1, "key": key}
        other.run(find_action("core.company.attach"), [other.company.id], files=[file])
    shelf.age(key, GRACE * 2)

    assert swept(house, files) == 0
    with house.engine.begin() as connection:
        assert needed_keys(connection)[key] == ["core_attachment.key"]


def test_columns_of_addons_that_are_not_installed_count(house: TrialDatabase, shelf: Shelf) -> None:
    files = shelf.files
    import psycopg

    key = files.store(b"of an addon that was taken out")
    shelf.age(key, GRACE * 2)
    with psycopg.connect(house.owner_url.replace("+psycopg", "")) as connection:
        connection.execute("CREATE TABLE gone_thing (id int, picture text)")
        connection.execute("GRANT SELECT ON gone_thing TO PUBLIC")
        connection.execute("INSERT INTO gone_thing VALUES (1, %s)", [key])

    assert swept(house, files) == 0


def test_what_is_stored_again_while_it_is_swept_stays(shelf: Shelf) -> None:
    """The sweep found it old; before it is removed somebody uploads the same bytes."""
    files = shelf.files
    key = files.store(b"again")
    shelf.age(key, GRACE * 2)
    since = datetime.now(UTC) - GRACE
    files.store(b"again")

    assert not files.remove(key, untouched_since=since)
    assert files.is_whole(key)


def test_a_process_that_is_killed_before_it_commits_leaves_only_what_is_tidied_away(
    house: TrialDatabase, shelf: Shelf
) -> None:
    files = shelf.files
    script = (
        "import os, sys; from pathlib import Path; from hanse.app import boot; from hanse.config import Settings\n"
        "boot(Settings.load())\n"
        "from hanse.actions import find_action; from hanse.database.session import Database\n"
        "from hanse.files import FileStore; from hanse.testing.people import open_for_admin\n"
        "session = Database(sys.argv[1]).session(); session.begin(); ctx = open_for_admin(session)\n"
        "key = FileStore.of(Settings.load()).store(b'never committed')\n"
        "file = {'name': 'a.txt', 'media_type': 'text/plain', 'size': 1, 'key': key}\n"
        "ctx.run(find_action('core.company.attach'), [ctx.company.id], files=[file])\n"
        "os.kill(os.getpid(), 9)\n"
    )
    named = shelf.settings.as_environment().items()
    store_settings = {
        name: value for name, value in named if name.startswith(("HANSE_HOME", "HANSE_FILES", "HANSE_S3"))
    }
    done = subprocess.run(
        [sys.executable, "-c", script, house.url], env=os.environ | store_settings, capture_output=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()[-500:]

    (orphan,) = files.contents()
    found = checked(house, files)
    assert (found.missing, found.needed) == ({}, 0)
    shelf.age(orphan.key, GRACE * 2)
    assert checked(house, files).unneeded == [orphan.key]
    assert swept(house, files) == 1
    assert list(files.contents()) == []


def test_what_is_half_written_or_moved_aside_is_tidied(tmp_path: Path) -> None:
    files = FolderStore(tmp_path / "files")
    key = files.store(b"moved aside")
    files.path(key).rename(files.folder / f".gone-{key}")
    half = files.folder / ".new-half"
    half.write_bytes(b"ha")
    os.utime(half, (0, 0))

    assert files.clear(untouched_since=datetime.now(UTC) - GRACE) == 1
    assert files.is_whole(key), "who was moved aside was not removed"


def test_a_check_names_what_is_missing_and_what_is_damaged(house: TrialDatabase, shelf: Shelf) -> None:
    files = shelf.files
    kept, lost, bad = (files.store(word) for word in (b"kept", b"lost", b"bad"))
    for key in (kept, lost, bad):
        attach(house, key)
    assert checked(house, files, hashes=True).is_well

    shelf.lose(lost)
    shelf.damage(bad, b"BAD")
    found = checked(house, files, hashes=True)
    assert not found.is_well
    assert found.missing == {lost: ["core_attachment.key"]}
    assert found.damaged == [bad]
