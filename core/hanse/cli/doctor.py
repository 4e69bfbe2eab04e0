"""hanse doctor"""

from __future__ import annotations

import argparse
from typing import Any

from hanse.config import Settings


def add_commands(commands: Any) -> None:
    """Add ``doctor``."""
    words = "look whether all is well; changes nothing; exit code 1 when something has failed"
    parser = commands.add_parser("doctor", help=words, description=words)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(work=_doctor)


def _doctor(chosen: argparse.Namespace) -> int:
    from hanse.operations import doctor

    found = list(doctor.examine(Settings.load()))
    if chosen.json:
        print(doctor.as_json(found))
    else:
        print("\n".join(doctor.as_lines(found)))
    return 0 if doctor.is_well(found) else 1
