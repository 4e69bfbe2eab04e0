"""What everybody may rely on from the embedded PostgreSQL: one answers after start(), whatever happened before."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from hanse.config import Settings
from hanse.database import binaries, cluster
from hanse.database.cluster import OWNER, SUPERUSER, Cluster, ClusterError, open_databases, temporary_cluster


@contextmanager
def reachable_folder() -> Generator[Path]:
    """A folder that the user of PostgreSQL reaches too, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="hanse-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def empty() -> Iterator[Path]:
    """A home without a cluster."""
    with reachable_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A home whose cluster was made and stopped, to copy."""
    with reachable_folder() as folder:
        with Cluster(folder, fsync=False):
            pass
        yield folder


@pytest.fixture
def home(made: Path, empty: Path) -> Path:
    """A home with a cluster of its own that is stopped; five times faster than making one."""
    subprocess.run(["cp", "-a", f"{made}/.", empty], check=True)
    return empty


def ask(one: Cluster, statement: str, database: str = "hanse", role: str = "hanse_app") -> list[tuple[object, ...]]:
    url = one.url(database, role).replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        found = connection.execute(statement.encode())
        return found.fetchall() if found.description else []


def server_of(one: Cluster) -> psutil.Process:
    return psutil.Process(int((one.data / "postmaster.pid").read_text().splitlines()[0]))


def as_server(one: Cluster) -> dict[str, Any]:
    """How to start a process of the user that the server runs as."""
    return {} if one.account.is_me else {"user": one.account.uid, "group": one.account.gid, "extra_groups": []}


def is_dead(process: psutil.Process) -> bool:
    """Gone, or a zombie that its parent has not noticed yet."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_until_gone(process: psutil.Process) -> None:
    psutil.wait_procs([process], timeout=10)


USER_PROGRAM = """
import sys, time
from pathlib import Path
from hanse.database.cluster import Cluster
cluster = Cluster(Path(sys.argv[1]), fsync=False)
cluster.start()
print("up", flush=True)
sys.stdin.read()
cluster.stop()
print("left", flush=True)
"""


def other_user(home: Path) -> subprocess.Popen[str]:
    """Another process that uses the cluster until its input is closed."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", USER_PROGRAM, str(home)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def wait_until_up(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"


def test_the_app_role_is_neither_superuser_nor_owner(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        roles = ask(one, "SELECT rolname, rolsuper, rolbypassrls FROM pg_roles WHERE rolname LIKE 'hanse%' ORDER BY 1")
        owner = ask(one, "SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'hanse'")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(one, "CREATE TABLE forbidden (id int)")
    assert roles == [("hanse_app", False, False), ("hanse_backup", False, True), ("hanse_owner", False, False)]
    assert owner == [("hanse_owner",)]


def test_search_and_exclusion_extensions_are_in_every_new_database(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        one.create_database("second")
        one.create_database("copy", template="second")
        for database in ("hanse", "second", "copy"):
            found = ask(one, "SELECT extname::text FROM pg_extension", database)
            assert {("pg_trgm",), ("btree_gist",)} <= set(found)


def test_the_owner_may_create_tables_and_a_dropped_database_is_gone(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        one.create_database("second")
        ask(one, "CREATE TABLE kept (id int)", "second", OWNER)
        one.drop_database("second")
        one.drop_database("second")
        assert ask(one, "SELECT datname FROM pg_database WHERE datname = 'second'") == []


def test_what_was_written_is_there_after_a_restart(home: Path) -> None:
    with Cluster(home) as one:
        ask(one, "CREATE TABLE kept AS SELECT 1 AS id", role=OWNER)
    assert not one.is_running()
    with Cluster(home) as again:
        assert ask(again, "SELECT id FROM kept", role=OWNER) == [(1,)]


def test_a_second_process_attaches_and_the_last_one_stops_the_server(home: Path) -> None:
    one = Cluster(home, fsync=False)
    one.start()
    server = server_of(one)
    other = other_user(home)
    wait_until_up(other)
    one.stop()
    assert server_of(one) == server
    assert ask(one, "SELECT 1") == [(1,)]
    other.communicate()
    assert not one.is_running()


def test_two_starters_at_once_get_one_server(empty: Path) -> None:
    first, second = other_user(empty), other_user(empty)
    wait_until_up(first)
    wait_until_up(second)
    commands = [one.info["cmdline"] or [] for one in psutil.process_iter(["cmdline"])]
    postmasters = [command for command in commands if "-D" in command and str(empty / "pg/data") in command]
    first.communicate()
    second.communicate()
    assert len(postmasters) == 1


@pytest.mark.parametrize("whole_group", [False, True])
def test_a_killed_server_comes_back_at_once_with_everything_committed(home: Path, whole_group: bool) -> None:
    with Cluster(home) as one:
        ask(one, "CREATE TABLE kept (id int)", role=OWNER)
        ask(one, "INSERT INTO kept SELECT generate_series(1, 20000)", role=OWNER)
        server = server_of(one)
        victims = [server, *server.children(recursive=True)] if whole_group else [server]
        for victim in victims:
            victim.kill()
        wait_until_gone(server)
        assert not one.is_running()
        begun = time.monotonic()
        one.start()
        assert time.monotonic() - begun < 10
        assert ask(one, "SELECT count(*) FROM kept", role=OWNER) == [(20000,)]


def test_a_server_whose_process_was_killed_is_adopted_and_stopped_by_the_next(home: Path) -> None:
    other = other_user(home)
    wait_until_up(other)
    other.send_signal(signal.SIGKILL)
    other.communicate()
    with Cluster(home, fsync=False) as one:
        server = server_of(one)
        assert ask(one, "SELECT 1") == [(1,)]
    assert is_dead(server)


def test_a_lock_file_with_the_process_id_of_a_stranger_is_ignored(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        pass
    # A living process of the same user with the recorded id: PostgreSQL alone would refuse to start.
    stranger = subprocess.Popen(["sleep", "60"], **as_server(one))
    for place in (one.data / "postmaster.pid", one.socket_folder / ".s.PGSQL.5432.lock"):
        place.write_text(f"{stranger.pid}\n{one.data}\n1\n5432\n{one.socket_folder}\n\n  0 0\nready\n")
        place.chmod(0o600)
        os.chown(place, one.account.uid, one.account.gid)
    with one:
        assert ask(one, "SELECT 1") == [(1,)]
    stranger.kill()
    stranger.wait()


def test_a_lock_file_of_a_zombie_is_ignored(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        pass
    zombie = subprocess.Popen(["true"], **as_server(one))
    while psutil.Process(zombie.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    (one.data / "postmaster.pid").write_text(
        f"{zombie.pid}\n{one.data}\n1\n5432\n{one.socket_folder}\n\n  0 0\nready\n"
    )
    with one:
        assert ask(one, "SELECT 1") == [(1,)]
    zombie.wait()


def test_only_the_user_of_the_server_enters_its_folders(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        for folder in (one.folder, one.data, one.socket_folder):
            assert folder.stat().st_mode & 0o777 == 0o700
            assert folder.stat().st_uid == one.account.uid
        assert ask(one, "SHOW listen_addresses", role=SUPERUSER) == [("",)]


def test_a_long_path_gets_a_short_socket_folder(empty: Path) -> None:
    deep = empty / ("d" * 60) / ("e" * 60)
    deep.mkdir(parents=True)
    with Cluster(deep, fsync=False) as one:
        assert len(os.fsencode(one.socket_folder)) < 80
        assert one.socket_folder.stat().st_mode & 0o777 == 0o700
        assert ask(one, "SELECT 1") == [(1,)]
    shutil.rmtree(one.socket_folder)


def test_a_socket_folder_that_somebody_else_put_there_is_refused(empty: Path) -> None:
    one = Cluster(empty, fsync=False)
    (empty / "pg").mkdir()
    (empty / "elsewhere").mkdir()
    (empty / "pg" / "run").symlink_to(empty / "elsewhere")
    os.chown(empty / "pg", one.account.uid, one.account.gid)
    with pytest.raises(ClusterError, match="belongs to another user"):
        one.start()


def test_data_of_another_major_version_is_refused_with_both_versions(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        pass
    (one.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(ClusterError, match=r"made by PostgreSQL 9, but here is only 1\d"):
        one.start()


def test_a_broken_data_folder_is_reported_in_the_words_of_the_server(home: Path) -> None:
    with Cluster(home, fsync=False) as one:
        pass
    shutil.rmtree(one.data / "global")
    with pytest.raises(ClusterError, match=r"could not .*global(.|\n)*postgresql\.log"):
        one.start()


def test_a_half_made_cluster_is_made_anew(empty: Path) -> None:
    one = Cluster(empty, fsync=False)
    (empty / "pg" / "data.new").mkdir(parents=True)
    (empty / "pg" / "data.new" / "PG_VERSION").write_text("18\n")
    os.chown(empty / "pg", one.account.uid, one.account.gid)
    with one:
        assert ask(one, "SELECT 1") == [(1,)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_is_named_and_leaves_nothing_half_done(empty: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=20m,mode=0755", "tmpfs", empty], check=False)
    if mounted.returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        with pytest.raises(ClusterError, match=r"is full .* HANSE_HOME"):
            Cluster(empty).start()
        assert not (empty / "pg" / "data").exists()
    finally:
        subprocess.run(["umount", empty], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has folders that its servers cannot reach")
def test_root_keeps_data_and_binaries_where_the_server_reaches_them(
    empty: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "SYSTEM_HOME", empty / "lib")
    closed = empty / "closed"
    closed.mkdir(mode=0o700)
    wheel = binaries.all_binaries()[0]
    wheel.copy_to(closed)
    monkeypatch.setattr(cluster, "all_binaries", lambda: [wheel.at(closed)])
    with Cluster(closed, fsync=False) as one:
        assert one.folder.is_symlink()
        assert one.data.is_relative_to(empty / "lib")
        assert server_of(one).exe().startswith(str(empty / "lib"))
        assert server_of(one).uids().real == one.account.uid != 0
    assert closed.stat().st_mode & 0o777 == 0o700


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can lend the server another user")
def test_root_in_somebody_s_folder_leaves_everything_to_that_somebody(empty: Path) -> None:
    somebody = pwd.getpwnam("nobody")
    os.chown(empty, somebody.pw_uid, somebody.pw_gid)
    with Cluster(empty / "var", fsync=False) as one:
        assert server_of(one).uids().real == somebody.pw_uid
    assert {path.stat().st_uid for path in [empty / "var", *(empty / "var").rglob("*")]} == {somebody.pw_uid}


@pytest.mark.skipif(not list(Path("/usr/lib/postgresql").glob("*/bin/initdb")), reason="no system PostgreSQL")
def test_without_the_wheel_the_system_serves(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_binaries_of_wheel", lambda: None)
    with Cluster(empty, fsync=False) as one:
        assert server_of(one).exe().startswith("/usr/lib/postgresql/")
        assert ask(one, "SELECT upper('éà'), 'Ä' < 'a'")[0][0] == "ÉÀ"


def test_without_any_postgresql_the_message_says_what_to_do(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(binaries, "_binaries_of_wheel", lambda: None)
    monkeypatch.setattr(binaries, "SYSTEM_PLACES", empty)
    with pytest.raises(ClusterError, match=r"apt-get install postgresql.*HANSE_DATABASE_URL"):
        Cluster(empty).start()


def test_a_url_in_the_settings_needs_no_cluster() -> None:
    settings = Settings(database_url="postgresql://a@h/d", database_owner_url="postgresql://o@h/d")
    with open_databases(settings) as databases:
        assert databases.app_url == "postgresql+psycopg://a@h/d"
        assert databases.owner_url == "postgresql+psycopg://o@h/d"
        assert databases.cluster is None


def test_settings_without_a_url_get_the_embedded_cluster(empty: Path) -> None:
    with open_databases(Settings(home=empty)) as databases:
        assert databases.cluster is not None
        with psycopg.connect(databases.app_url.replace("+psycopg", "")) as connection:
            assert connection.execute("SELECT current_user").fetchall() == [("hanse_app",)]
        assert OWNER in databases.owner_url
    assert not databases.cluster.is_running()


def test_a_temporary_cluster_leaves_nothing_behind() -> None:
    with temporary_cluster() as one:
        assert ask(one, "SHOW fsync") == [("off",)]
    assert not one.home.exists()
