"""A web server for benchmarks: ``python -m benchmarks.serve PORT``, on the database of HANSE_DATABASE_URL."""

from __future__ import annotations

import sys

import waitress

from hanse.app import make_app
from hanse.config import Settings

if __name__ == "__main__":
    waitress.serve(make_app(Settings.load()), host="127.0.0.1", port=int(sys.argv[1]), threads=8, _quiet=True)
