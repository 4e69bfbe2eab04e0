"""``hanse serve``: PostgreSQL, the web servers and the jobs process, kept alive by one small supervisor.

The supervisor imports next to nothing.  The first web process starts at once, imports the application while another one
migrates the database, and serves when it gets the word on its standard input; the others follow.  All accept from one
socket that the supervisor holds, so that while one starts again nobody is turned away.  When its input ends, because
the supervisor stops or was killed, a process ends too; so a new start never meets orphans.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import logging
import os
import runpy
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from types import FrameType
from typing import TYPE_CHECKING, Any

from hanse import logs
from hanse.config import Settings
from hanse.database.accounts import make_shared
from hanse.database.cluster import ClusterError, Databases, open_databases
from hanse.errors import SetupError

if TYPE_CHECKING:
    from hanse.database.session import Database

GO = b"go\n"
_INPUT = 0
_SETUP_FAILED = 78  # EX_CONFIG: the message is out already
_LOOK_EVERY = 0.1
_SECONDS_TO_STOP = 20
_SECONDS_FOR_PORT = 4.0
_SLOWEST_RESTART = 30.0
_LIVED_WELL = 60.0
_MOST_FAILURES = 2
_MOST_WEB_PROCESSES = 4

log = logging.getLogger("hanse.server")


# The supervisor -------------------------------------------------------------------------------------------------


@dataclass
class Child:
    """A process that must live: started again when it dies, ever more slowly when it fails.

    One that keeps failing before it ever ``lived`` stops the whole: its settings or its code are wrong.
    """

    part: str
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    begun: float = 0.0
    failures: int = 0
    lived: bool = False
    due: float = field(default_factory=time.monotonic)
    #: descriptor of the socket it accepts from
    socket: int | None = None

    def start(self) -> None:
        # A session of its own: Ctrl-C reaches the supervisor, which asks the children one after another.
        inherited = () if self.socket is None else (self.socket,)
        self.process = subprocess.Popen(
            [*_command(self.part), *(f"--socket={number}" for number in inherited)],
            env=self.environment,
            stdin=subprocess.PIPE,
            start_new_session=True,
            pass_fds=inherited,
        )
        self.begun = time.monotonic()

    def go(self) -> None:
        """Tell the process that the database is ready."""
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):  # it is dead; look() will see
                self.process.stdin.write(GO)
                self.process.stdin.flush()

    def look(self) -> None:
        """Start the process again if it has died and its pause is over."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            if code == _SETUP_FAILED or (self.failures == _MOST_FAILURES and not self.lived):
                raise SetupError(f"The {self.part} process cannot work; it has said why above.")
            pause = self._pause_after(code, now - self.begun)
            self.due = now + pause
            log.warning("The %s process ended (%s); it starts again in %.1f s.", self.part, code, pause)
            self._forget()
        if now >= self.due:
            self.start()
            self.go()

    def _pause_after(self, code: int, seconds_lived: float) -> float:
        """Seconds until the next start: longer after each failure in a row; who was stopped starts at once."""
        if code <= 0 or seconds_lived > _LIVED_WELL:
            self.failures = 0
        else:
            self.failures += 1
        return min(0.1 * 2.0**self.failures, _SLOWEST_RESTART)

    def ask_to_stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait_for_end(self, deadline: float) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("The %s process does not stop and is killed.", self.part)
            self.process.kill()
            self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self.process.stdin.close()
        self.process = None


def _command(part: str) -> list[str]:
    # Pyramid 2.1 still imports pkg_resources, which says at every start that it is old.
    quiet = "ignore:pkg_resources is deprecated"
    return [sys.executable, "-W", quiet, "-m", "hanse.server", "--child", part]


def serve(settings: Settings) -> int:
    """Run Hanse until SIGTERM or Ctrl-C; return the exit code.

    :raises SetupError: the database or the port cannot be had
    """
    logs.configure(settings)
    with _bound_socket(settings) as bound, _stop_requests() as stop, open_databases(settings) as databases:
        ours = {"HANSE_DATABASE_URL": databases.app_url, "HANSE_DATABASE_OWNER_URL": ""} | _counting(settings)
        environment = os.environ | settings.as_environment() | ours
        owner = environment | {"HANSE_DATABASE_OWNER_URL": databases.owner_url}
        children = [
            *(Child("web", environment, socket=bound.fileno()) for _one in range(_web_processes(settings))),
            Child("jobs", environment, lived=True),
        ]
        children[0].start()
        try:
            if not _prepare(owner, stop):
                return 0 if stop.is_set() else 1
            _supervise(settings, databases, children, stop)
        finally:
            _stop(children)
    return 0


@contextlib.contextmanager
def _stop_requests() -> Generator[threading.Event]:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def request(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, request) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _bound_socket(settings: Settings) -> socket.socket:
    """Take the port; nobody is answered before a web process listens.

    Web processes whose supervisor was killed hold it until they have noticed, so it is tried for a while.

    :raises SetupError: another program has it
    """
    bound = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    deadline = time.monotonic() + _SECONDS_FOR_PORT
    try:
        while True:
            try:
                bound.bind((settings.host, settings.port))
            except OSError as error:
                if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                    raise
                time.sleep(_LOOK_EVERY)
            else:
                return bound
    except OSError as error:
        bound.close()
        raise SetupError(
            f"Hanse cannot listen on {settings.host} port {settings.port}: {error.strerror}. "
            "Stop the program that does, or choose another port by HANSE_PORT."
        ) from error


def _counting(settings: Settings) -> dict[str, str]:
    """Give web processes an empty folder in which they count together."""
    folder = settings.home / "run" / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    make_shared(folder)
    return {"PROMETHEUS_MULTIPROC_DIR": str(folder)}


def _web_processes(settings: Settings) -> int:
    return settings.web_processes or usual_web_processes()


def usual_web_processes() -> int:
    """Give the number of web processes for this machine: one for each processor, at most four."""
    return min(_MOST_WEB_PROCESSES, len(os.sched_getaffinity(0)))


def _prepare(environment: dict[str, str], stop: threading.Event) -> bool:
    """Bring the database up to date in a process of its own, the only one that knows the owner's URL."""
    process = subprocess.Popen(_command("prepare"), env=environment)
    while process.poll() is None:
        if stop.wait(0.02):
            process.terminate()
            process.wait()
    return process.returncode == 0 and not stop.is_set()


def _supervise(settings: Settings, databases: Databases, children: list[Child], stop: threading.Event) -> None:
    children[0].go()
    announce = _announcer(settings)
    while not stop.is_set():
        if _database_lives(databases):
            children[0].lived = announce()
            for child in children if children[0].lived else children[:1]:  # the first page before the first job
                child.look()
        stop.wait(_LOOK_EVERY)


def _database_lives(databases: Databases) -> bool:
    cluster = databases.cluster
    if cluster is None or cluster.is_running():
        return True
    log.warning("PostgreSQL ended; it starts again.")
    try:
        cluster.start()
    except ClusterError as error:
        log.error("%s", error)
        time.sleep(1)
        return False
    return True


def _announcer(settings: Settings) -> Callable[[], bool]:
    """Return a question whether the web server has answered yet; the first time it has, the address is printed."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    shown = f"[{settings.host}]" if ":" in settings.host else settings.host
    answered = False

    def announce() -> bool:
        nonlocal answered
        if not answered:
            with contextlib.suppress(OSError), socket.create_connection((host, settings.port), timeout=1):
                answered = True
                print(f"Hanse is at http://{shown}:{settings.port}", flush=True)
        return answered

    return announce


def _stop(children: list[Child]) -> None:
    for child in children:
        child.ask_to_stop()
    deadline = time.monotonic() + _SECONDS_TO_STOP
    for child in children:
        child.wait_for_end(deadline)


# The children ---------------------------------------------------------------------------------------------------


def run_web(settings: Settings, inherited: int | None) -> None:
    """Serve the application when the supervisor says so, from its socket."""
    from hanse.app import make_app
    from hanse.web.serving import Server

    application = make_app(settings)  # opens no connection yet
    _wait_for_go()
    where: dict[str, Any] = (
        {"host": settings.host, "port": settings.port}
        if inherited is None
        else {"sockets": [socket.socket(fileno=inherited)]}
    )
    proxy_headers = "x-forwarded-for x-forwarded-proto x-forwarded-host x-forwarded-prefix"
    Server(
        application,
        **where,
        threads=settings.threads,
        max_request_body_size=(settings.max_upload_mb + 1) * 2**20,
        ident=None,
        trusted_proxy=settings.trusted_proxy,
        trusted_proxy_headers=proxy_headers if settings.trusted_proxy else "",
        clear_untrusted_proxy_headers=True,
    ).run()


def run_jobs(_settings: Settings, _inherited: int | None) -> None:
    """Run ``python -m hanse.jobs`` under the eye of the supervisor."""
    _wait_for_go()
    sys.argv[1:] = []
    runpy.run_module("hanse.jobs", run_name="__main__")


def run_prepare(settings: Settings, _inherited: int | None) -> None:
    """Migrate the database and, in a new one, create the first administrator and the demonstration."""
    from hanse.app import boot
    from hanse.database.session import Database
    from hanse.demo import bootstrap
    from hanse.operations.upgrade import upgrade_safely

    databases = open_databases(settings)
    boot(settings)
    upgrade_safely(settings, databases)
    database = Database(databases.app_url, pool_size=1)
    try:
        _found(settings, database)
        told = bootstrap(settings, database) if settings.demo else None
        if told:
            print(told, flush=True)
    finally:
        database.close()


def _found(settings: Settings, database: Database) -> None:
    """Create the first administrator in an empty database, and show a generated password."""
    from sqlalchemy import update

    from hanse import demo
    from hanse.directory.founding import found_database
    from hanse.directory.models import User
    from hanse.i18n import speaking
    from hanse.security.passwords import hash_password

    with speaking(settings.default_locale), database.session() as session, session.begin():
        password = found_database(session)
        if password and settings.demo:
            demo.want(session)
        if password and settings.admin_password:
            chosen = hash_password(settings.admin_password)
            session.execute(update(User).where(User.login == "admin").values(password=chosen))
    if password and not settings.admin_password:
        print(f"Administrator: admin\nPassword: {password}\nIt is shown only now; change it after the first login.")
        sys.stdout.flush()


def _wait_for_go() -> None:
    """Wait for the word of the supervisor, then watch in the background whether it still lives."""
    if os.read(_INPUT, len(GO)) != GO:
        sys.exit(0)
    threading.Thread(target=_end_with_supervisor, name="supervisor-watch", daemon=True).start()


def _end_with_supervisor() -> None:
    # Not through sys.stdin: a thread that waits in a buffered file breaks the end of the interpreter.
    while os.read(_INPUT, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(_SECONDS_TO_STOP)
    os._exit(1)


_PARTS: dict[str, Callable[[Settings, int | None], None]] = {"web": run_web, "jobs": run_jobs, "prepare": run_prepare}


def main() -> int:
    """Run ``python -m hanse.server``."""
    parser = argparse.ArgumentParser(prog="run serve", description="Start Hanse.")
    parser.add_argument("--child", choices=sorted(_PARTS), help=argparse.SUPPRESS)
    parser.add_argument("--socket", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--host", help="address to listen on, instead of config.ini's")
    parser.add_argument("--port", help="port to listen on, instead of config.ini's")
    given = parser.parse_args()
    overrides = {f"HANSE_{key.upper()}": text for key, text in (("host", given.host), ("port", given.port)) if text}
    try:
        settings = Settings.load(environ=os.environ | overrides)
        if not given.child:
            return serve(settings)
        signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
        logs.configure(settings)
        _PARTS[given.child](settings, given.socket)
    except SetupError as error:
        print(error, file=sys.stderr)
        return _SETUP_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
