"""What people at their browsers may rely on while Hanse is stopped or started again: no answer fails or is cut."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import psutil
import pytest
from test_serve import PATIENCE, Served, served, wait_for

__all__ = ["served"]

CLIENTS = 8
ROUNDS = 3
AFTERWARDS = 300  # answers after each end

SLOW_PROGRAM = """
import socket, sys, time
from hanse.web.serving import Server

def application(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        print("begun", flush=True)
        time.sleep(1)
    size = int(environ["QUERY_STRING"] or 4)
    body = b"x" * size
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Length", str(size)), ("Content-Type", "text/plain")])
    return [body]

Server(application, sockets=[socket.socket(fileno=int(sys.argv[1]))], threads=4).run()
print("left", flush=True)
"""


@dataclass
class Client(threading.Thread):
    """Asks for pages one after another, on connections that it keeps, until told to stop."""

    port: int
    stop: threading.Event
    keeps: bool
    done: int = 0
    closed: int = 0
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    __hash__ = threading.Thread.__hash__

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        while not self.stop.is_set():
            try:
                connection.request("GET", "/login")
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200 or not body.rstrip().endswith(b"</html>"):
                    self.faults.append(f"{answer.status}, {len(body)} bytes")
                self.done += 1
                if answer.getheader("Connection") == "close":
                    self.closed += 1
                if not self.keeps:
                    connection.close()
            except (OSError, http.client.HTTPException) as error:
                self.faults.append(repr(error))
                connection.close()
        connection.close()


def web_processes(one: Served) -> list[psutil.Process]:
    assert one.process is not None
    children = psutil.Process(one.process.pid).children()
    return [child for child in children if child.status() != psutil.STATUS_ZOMBIE and "web" in child.cmdline()]


@pytest.mark.slow
def test_web_processes_that_end_one_after_another_fail_nobody(served: Served) -> None:
    served.start(HANSE_WEB_PROCESSES="2")
    wait_for(lambda: served.answers() and len(web_processes(served)) == 2)
    stop = threading.Event()
    clients = [Client(served.port, stop, keeps=number % 2 == 0) for number in range(CLIENTS)]
    for client in clients:
        client.start()
    for _round in range(ROUNDS):
        for victim in web_processes(served):
            before = sum(client.done for client in clients)
            victim.terminate()
            wait_for(lambda victim=victim: not victim.is_running() or victim.status() == psutil.STATUS_ZOMBIE)
            wait_for(lambda victim=victim: len([p for p in web_processes(served) if p != victim]) == 2)
            wait_for(lambda before=before: sum(client.done for client in clients) > before + AFTERWARDS)
    stop.set()
    for client in clients:
        client.join(PATIENCE)
    faults = [fault for client in clients for fault in client.faults]
    print(f"{sum(client.done for client in clients)} answers, {len(faults)} faults")
    assert faults == []
    assert sum(client.closed for client in clients if client.keeps) > 0, "who left told those that were connected"
    assert "not finished" not in served.output
    begun = time.monotonic()
    assert served.stop() == 0
    assert time.monotonic() - begun < 15


# --- one web server alone ---------------------------------------------------------------------------------------------


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    """A socket that outlives the server, as the supervisor's does."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        yield one


@pytest.fixture
def server(listening: socket.socket) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:0] = {sys.path!r}\n" + SLOW_PROGRAM,
        str(listening.fileno()),
    ]
    process = subprocess.Popen(command, pass_fds=[listening.fileno()], stdout=subprocess.PIPE, text=True)
    address = listening.getsockname()

    def up() -> bool:
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            return False
        return True

    wait_for(up)
    yield process
    process.kill()
    process.communicate()


def begin(listening: socket.socket, request: bytes) -> socket.socket:
    connection = socket.create_connection(listening.getsockname(), timeout=PATIENCE)
    connection.sendall(request)
    return connection


def read_all(connection: socket.socket) -> bytes:
    with connection, connection.makefile("rb") as stream:
        return stream.read()


@pytest.mark.slow
def test_what_was_accepted_is_answered_whole_and_told_that_it_is_the_last(
    listening: socket.socket, server: subprocess.Popen[str]
) -> None:
    assert server.stdout is not None
    slow = begin(listening, b"GET /slow?5000000 HTTP/1.1\r\nHost: x\r\n\r\n")
    assert server.stdout.readline() == "begun\n"
    half = begin(listening, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n12345")
    silent = begin(listening, b"")
    time.sleep(0.1)
    server.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    server.send_signal(signal.SIGTERM)
    silent.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    half.sendall(b"67890")
    for connection, size in ((silent, 4), (half, 4), (slow, 5_000_000)):
        head, _empty, body = read_all(connection).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in head
        assert len(body) == size
    assert server.stdout.readline() == "left\n"
    assert server.wait(PATIENCE) == 0


@pytest.mark.slow
def test_who_comes_later_waits_for_the_next_process(listening: socket.socket, server: subprocess.Popen[str]) -> None:
    assert server.stdout is not None
    slow = begin(listening, b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
    assert server.stdout.readline() == "begun\n"
    server.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    late = begin(listening, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert b"200 OK" in read_all(slow)
    assert server.wait(PATIENCE) == 0
    command = [
        sys.executable,
        "-c",
        f"import sys; sys.path[:0] = {sys.path!r}\n" + SLOW_PROGRAM,
        str(listening.fileno()),
    ]
    following = subprocess.Popen(command, pass_fds=[listening.fileno()], stdout=subprocess.DEVNULL)
    assert b"200 OK" in read_all(late)
    following.terminate()
    assert following.wait(PATIENCE) == 0
