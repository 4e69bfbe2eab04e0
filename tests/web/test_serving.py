"""Processes that accept from one socket share what comes."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import pytest

CONNECTIONS = 24
#: A process that says who it is.
PROGRAM = """
import os, socket, sys
from hanse.web.serving import Server

def application(environ, start_response):
    body = str(os.getpid()).encode()
    start_response("200 OK", [("Content-Length", str(len(body)))])
    return [body]

Server(application, sockets=[socket.socket(fileno=int(sys.argv[1]))], threads=2).run()
"""


@pytest.fixture
def port() -> Iterator[int]:
    """Serve from two processes on one socket."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        bound.listen()
        command = [sys.executable, "-c", PROGRAM, str(bound.fileno())]
        processes = [subprocess.Popen(command, pass_fds=[bound.fileno()]) for _one in range(2)]
        try:
            yield int(bound.getsockname()[1])
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(10)


def _ask(connection: http.client.HTTPConnection) -> str:
    connection.request("GET", "/")
    return connection.getresponse().read().decode()


def _wait_for_both(port: int) -> None:
    seen: set[str] = set()
    for _attempt in range(2000):
        held = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _one in range(4)]
        seen.update(_ask(connection) for connection in held)
        for connection in held:
            connection.close()
        if len(seen) == 2:
            return
    raise AssertionError(f"only {seen} ever answered")


def test_connections_that_stay_are_shared_out_evenly(port: int) -> None:
    _wait_for_both(port)
    held = [http.client.HTTPConnection("127.0.0.1", port, timeout=30) for _one in range(CONNECTIONS)]
    for connection in held:
        connection.connect()
    answered = Counter(_ask(connection) for connection in held)
    for connection in held:
        connection.close()

    assert sum(answered.values()) == CONNECTIONS
    assert min(answered.values()) >= CONNECTIONS // 3, answered


def test_a_server_wants_one_socket() -> None:
    from hanse.web.serving import Server

    with pytest.raises(TypeError, match="one socket"):
        Server(lambda _environ, _start: [], listen="127.0.0.1:0 127.0.0.2:0")
