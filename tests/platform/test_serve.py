"""What the operator may rely on from ./run serve: one command brings everything up, and whatever dies comes back."""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

PATIENCE = 90.0  # of a machine that does much else


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(what: Callable[[], object], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass
class Served:
    """A running ``hanse serve`` with a home of its own."""

    home: Path
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[str] | None = None

    def start(self, **settings: str) -> subprocess.Popen[str]:
        ours = {"HANSE_HOME": str(self.home), "HANSE_PORT": str(self.port), "HANSE_DEMO": "no"} | settings
        clean = {name: text for name, text in os.environ.items() if not name.startswith("HANSE_")}
        paths = {"PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, "-m", "hanse.server"]
        with (self.home / "output").open("a") as output:
            self.process = subprocess.Popen(command, env=clean | paths | ours, stdout=output, stderr=output, text=True)
        return self.process

    @property
    def output(self) -> str:
        return (self.home / "output").read_text()

    def answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", "/login")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def part(self, word: str) -> psutil.Process | None:
        """The living child that has the word in its command line."""
        assert self.process is not None
        for child in psutil.Process(self.process.pid).children():
            try:
                if word in child.cmdline() and child.status() != psutil.STATUS_ZOMBIE:
                    return child
            except psutil.NoSuchProcess:
                continue
        return None

    def processes(self) -> list[psutil.Process]:
        """Everything that works for this home."""
        found = []
        for process in psutil.process_iter():
            try:
                mine = self.process is not None and process.pid == self.process.pid
                if mine or process.environ().get("HANSE_HOME") == str(self.home) or str(self.home) in process.cwd():
                    found.append(process)
            except psutil.Error:
                continue
        return [one for one in found if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def served() -> Iterator[Served]:
    home = Path(tempfile.mkdtemp(prefix="hanse-test-"))
    home.chmod(0o711)
    one = Served(home)
    yield one
    for process in one.processes():
        process.kill()
    if one.process is not None:
        one.process.wait()
    wait_for(lambda: not one.processes())
    shutil.rmtree(home)


def test_one_command_brings_everything_up_and_one_signal_down(served: Served) -> None:
    served.start()
    wait_for(lambda: f"Hanse is at http://127.0.0.1:{served.port}" in served.output)
    assert served.answers()
    assert served.output.count("Password: ") == 1
    wait_for(lambda: served.part("jobs"))
    assert served.stop() == 0
    assert served.processes() == []

    served.start()
    wait_for(served.answers)
    assert served.output.count("Password: ") == 1
    assert served.stop(signal.SIGINT) == 0


def test_whatever_is_killed_comes_back(served: Served) -> None:
    served.start()
    wait_for(lambda: served.answers() and served.part("jobs"))
    for part in ("jobs", "web", "-D"):  # -D is PostgreSQL's
        victim = served.part(part)
        assert victim is not None
        victim.kill()
        wait_for(lambda part=part, victim=victim: served.part(part) not in (None, victim))
        wait_for(served.answers)
    assert served.stop() == 0


def test_after_a_kill_of_the_supervisor_a_new_start_meets_no_orphans(served: Served) -> None:
    first = served.start()
    wait_for(lambda: served.answers() and served.part("jobs"))
    children = [child for child in (served.part("web"), served.part("jobs")) if child]
    first.kill()
    first.wait()
    wait_for(lambda: not any(child in served.processes() for child in children))
    served.start()
    wait_for(served.answers)
    assert served.stop() == 0
    assert served.processes() == []


def test_a_port_that_is_taken_is_named(served: Served) -> None:
    with socket.create_server(("127.0.0.1", served.port)):
        process = served.start()
        assert process.wait(PATIENCE) == 78
    assert f"cannot listen on 127.0.0.1 port {served.port}" in served.output
    assert "HANSE_PORT" in served.output


def test_a_wrong_setting_is_named_and_nothing_starts(served: Served) -> None:
    assert served.start(HANSE_THREADS="many").wait(PATIENCE) == 78
    assert "HANSE_THREADS = 'many' is not a whole number" in served.output
    assert not (served.home / "pg").exists()


def test_a_missing_addon_is_named_and_everything_stops(served: Served) -> None:
    assert served.start(HANSE_ADDONS="hanse_absent").wait(PATIENCE) != 0
    assert "hanse_absent" in served.output
    assert "Traceback" not in served.output
    assert served.processes() == []
