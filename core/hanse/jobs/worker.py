"""The Celery side: the broker is a wire that carries ids of jobs, and Celery the one who picks them up.

Celery has no types, so what this module takes from it is Any; no other module imports it.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from types import FrameType
from typing import Any

from hanse.config import Settings
from hanse.database.session import Database
from hanse.errors import SetupError
from hanse.files import FileStore
from hanse.jobs.execute import execute
from hanse.jobs.relay import BrokerGone, Publish
from hanse.jobs.tasks import queues
from hanse.mail.transport import transport_of

log = logging.getLogger("hanse.jobs")

_SECONDS_BETWEEN_LOOKS = 0.01
_TASK = "hanse.job"
_IN_MEMORY = "memory://localhost//"  # without a host kombu warns


def is_in_memory(settings: Settings) -> bool:
    """Tell whether the broker is this process itself."""
    return settings.broker_url.startswith("memory:")


def make_celery(settings: Settings, database: Database) -> Any:
    """Make the Celery application with its one task, which does the job of an id."""
    _check_client(settings.broker_url)
    broker = _IN_MEMORY if is_in_memory(settings) else settings.broker_url
    celery = import_module("celery").Celery("hanse", broker=broker)
    celery.conf.update(
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        task_create_missing_queues=True,
        # The relay limits what is on the wire. In memory a full prefetch would wait for the next look at the queue.
        worker_prefetch_multiplier=0 if is_in_memory(settings) else 1,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={"polling_interval": _SECONDS_BETWEEN_LOOKS} if is_in_memory(settings) else {},
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
    )
    files, post = FileStore.of(settings), transport_of(settings)

    def do(job: int) -> None:
        execute(database, files, job, post)

    celery.task(do, name=_TASK)
    return celery


def _check_client(url: str) -> None:
    if url.startswith(("redis:", "rediss:")) and find_spec("redis") is None:
        raise SetupError("broker_url names Redis, but its client is not installed: pip install redis")


def publisher(celery: Any) -> Publish:
    """Give the function that puts the id of a job on the wire, or raises BrokerGone."""
    gone: type[Exception] = import_module("kombu.exceptions").OperationalError

    def publish(job: int, queue: str) -> None:
        try:
            celery.send_task(_TASK, args=(job,), queue=wire_queue(queue), task_id=f"job-{job}", ignore_result=True)
        except gone as error:
            raise BrokerGone(str(error)) from error

    return publish


def wire_queue(queue: str) -> str:
    """Name a queue as the broker knows it, which may serve others too."""
    return f"hanse.{queue}"


def work(celery: Any, settings: Settings) -> int:
    """Do jobs in threads until SIGTERM or Ctrl-C, then end those that run; give the exit code."""
    controller = celery.WorkController(
        pool="threads",
        concurrency=settings.jobs_threads,
        queues=[wire_queue(queue) for queue in queues()],
        loglevel=logging.WARNING,
        without_mingle=True,
        without_gossip=True,
        without_heartbeat=True,
    )
    leaving = Leaving()
    controller.stop = leaving.noticed_by(controller.stop)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, leaving.ask)
    controller.start()
    return int(controller.exitcode or 0)


class Leaving:
    """Leave Celery's loop when asked to, which then waits for running jobs.

    Its own flag is looked at every two seconds only, and new jobs would begin meanwhile.  A message that this tears
    out of Celery's hands is handed out again.  Python may be in a finalizer when the signal arrives, where an exception
    comes to nothing, so it is raised again until Celery has noticed.
    """

    def __init__(self, again_after: float = 0.5) -> None:
        self.noticed = threading.Event()
        self._again_after = again_after
        self._asked = False

    def noticed_by(self, stop: Callable[..., Any]) -> Callable[..., Any]:
        """Wrap what Celery calls first when it leaves its loop."""

        def noticing(*arguments: Any, **options: Any) -> Any:
            self.noticed.set()
            return stop(*arguments, **options)

        return noticing

    def ask(self, _number: int, _frame: FrameType | None) -> None:
        """Handle the signal.

        :raises SystemExit: unless Celery is leaving already
        """
        if self.noticed.is_set():
            return
        if not self._asked:
            self._asked = True
            threading.Thread(target=self._remind, daemon=True).start()
        sys.exit(0)

    def _remind(self) -> None:
        while not self.noticed.wait(self._again_after):
            os.kill(os.getpid(), signal.SIGTERM)
