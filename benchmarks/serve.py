"""A web server for benchmarks: ``python -m benchmarks.serve SOCKET``, on the database of HANSE_DATABASE_URL."""

from __future__ import annotations

import signal
import socket
import sys

import waitress

from hanse.app import make_app
from hanse.config import Settings

if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    listening = socket.socket(fileno=int(sys.argv[1]))
    waitress.serve(make_app(Settings.load()), sockets=[listening], threads=8, _quiet=True)
