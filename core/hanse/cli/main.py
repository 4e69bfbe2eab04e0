"""Read the command line and do what it says.

An error that a person can mend is one line on standard error and exit code 1; wrong usage is exit code 2.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hanse.errors import HanseError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit code."""
    try:
        parser = make_parser()
        chosen = parser.parse_args(arguments)
        work: Callable[[argparse.Namespace], int | None] = chosen.work
        return work(chosen) or 0
    except HanseError as error:
        print(f"hanse: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130


def make_parser() -> argparse.ArgumentParser:
    """Make the parser with the commands of the kernel and of every installed addon."""
    from hanse.addons import installed
    from hanse.app import boot
    from hanse.cli import addons, audit, database, doctor, files, imports, people, serve
    from hanse.config import Settings

    boot(Settings.load())
    parser = argparse.ArgumentParser(prog="hanse", description="Hanse: a modular ERP.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for part in (serve, database, doctor, audit, files, people, imports, addons):
        part.add_commands(commands)
    for name in installed().addons:
        installed().call_one("commands", name, commands=commands)
    return parser


def group(commands: Any, name: str, words: str) -> Any:
    """Add a group of subcommands, ``hanse NAME …``."""
    parser = commands.add_parser(name, help=words, description=words)
    return parser.add_subparsers(required=True, metavar="VERB")
