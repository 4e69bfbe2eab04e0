"""A web server for benchmarks: ``python -m benchmarks.serve SOCKET``, on the database of HANSE_DATABASE_URL."""

from __future__ import annotations

import logging
import socket
import sys

from hanse.app import make_app
from hanse.config import Settings
from hanse.web.serving import Server

if __name__ == "__main__":
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # eight clients on one thread do queue
    settings = Settings.load()
    Server(make_app(settings), sockets=[socket.socket(fileno=int(sys.argv[1]))], threads=settings.threads).run()
