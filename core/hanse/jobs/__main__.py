"""``python -m hanse.jobs``: relay, scheduler and worker in one process; or one of them, where the broker is shared."""

from __future__ import annotations

import argparse
import logging
import signal
import sys
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager

from hanse import logs
from hanse.app import boot
from hanse.config import Settings
from hanse.database.cluster import open_databases
from hanse.database.session import JOBS, Database
from hanse.errors import SetupError
from hanse.jobs.relay import IN_FLIGHT, Relay
from hanse.jobs.schedule import Scheduler
from hanse.jobs.worker import is_in_memory, make_celery, publisher, work

PARTS = ("all", "relay", "scheduler", "worker")
_SETUP_FAILED = 78  # EX_CONFIG
_SECONDS_TO_STOP = 5


def run(settings: Settings, part: str) -> int:
    """Do the jobs of an installation until SIGTERM or Ctrl-C; give the exit code.

    :raises SetupError: the parts could not reach each other, or the database cannot be had
    """
    if part in ("relay", "worker") and is_in_memory(settings):
        raise SetupError(
            f"{part}: with broker_url = memory:// relay and worker are one process. Run python -m hanse.jobs without a "
            "part, or name a broker that several processes reach, as in HANSE_BROKER_URL=redis://localhost/0."
        )
    with open_databases(settings) as databases:
        boot(settings)
        database = Database(databases.app_url, pool_size=2 * settings.jobs_threads + 3, name=JOBS)
        try:
            return _run(settings, database, part)
        finally:
            database.close()


def _run(settings: Settings, database: Database, part: str) -> int:
    celery = make_celery(settings, database)
    in_memory = is_in_memory(settings)
    room = 4 * settings.jobs_threads if in_memory else IN_FLIGHT
    slow = max(1, settings.jobs_threads // 2)
    relay = Relay(database, publisher(celery), in_flight=room, most_slow=slow, broker_forgets=in_memory)
    loops = {"relay": relay.run, "scheduler": Scheduler(database).run}
    with _beside([loop for name, loop in loops.items() if part in ("all", name)]) as stop:
        if part in ("all", "worker"):
            return work(celery, settings)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda _number, _frame: stop.set())
        stop.wait()
    return 0


@contextmanager
def _beside(loops: Sequence[Callable[[threading.Event], None]]) -> Generator[threading.Event]:
    """Run loops in threads until the block ends or something else sets the event."""
    stop = threading.Event()
    threads = [threading.Thread(target=loop, args=(stop,), daemon=True) for loop in loops]
    for thread in threads:
        thread.start()
    try:
        yield stop
    finally:
        stop.set()
        for thread in threads:
            thread.join(_SECONDS_TO_STOP)


def main() -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m hanse.jobs", description="Do the jobs of this installation.")
    parser.add_argument("part", nargs="?", choices=PARTS, default="all")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))  # until there is something to end in peace
    try:
        settings = Settings.load()
        logs.configure(settings)
        for chatty in ("celery", "kombu", "amqp"):
            logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLogger().level))
        return run(settings, given.part)
    except SetupError as error:
        print(error, file=sys.stderr)
        return _SETUP_FAILED


if __name__ == "__main__":
    sys.exit(main())
