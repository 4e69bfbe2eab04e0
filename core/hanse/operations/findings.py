"""What a check of ``hanse doctor`` says, and what it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from sqlalchemy import Connection

from hanse.config import Settings


class Level(StrEnum):
    """How bad a finding is: FAIL wants somebody now, WARN soon."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"


@dataclass(frozen=True, slots=True)
class Finding:
    """The answer of a check, with what to do unless all is well."""

    level: Level
    words: str
    advice: str = ""


def ok(words: str) -> Finding:
    """Say that all is well."""
    return Finding(Level.OK, words)


def warn(words: str, advice: str) -> Finding:
    """Say what should be seen to soon."""
    return Finding(Level.WARN, words, advice)


def fail(words: str, advice: str) -> Finding:
    """Say what must be seen to now."""
    return Finding(Level.FAIL, words, advice)


@dataclass(frozen=True, slots=True)
class Patient:
    """An installation that is looked at; its database through a transaction that can write nothing."""

    settings: Settings
    connection: Connection
    #: name of the app role
    app: str
    #: folder of the data of the embedded PostgreSQL
    data: Path | None


Outside = Callable[[Settings], Finding]
Inside = Callable[[Patient], Finding]
Named = Iterator[tuple[str, Finding]]
