"""The command line: ``hanse <what> <verb> …``; the same actions as in the browser."""

from hanse.cli.main import main

__all__ = ["main"]
