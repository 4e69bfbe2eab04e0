"""hanse serve"""

from __future__ import annotations

import argparse
from typing import Any

from hanse.config import Settings


def add_commands(commands: Any) -> None:
    """Add ``serve``."""
    parser = commands.add_parser("serve", help="start Hanse: PostgreSQL, the web server and the jobs")
    parser.set_defaults(work=_serve)


def _serve(_chosen: argparse.Namespace) -> int | None:
    from hanse.server import serve

    return serve(Settings.load())
