"""The log: lines for people or for programs, each with what it is about, and nothing of what people have typed."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from typing_extensions import override

from hanse.config import Settings

Facts = Mapping[str, object]
_about: ContextVar[Callable[[], Facts] | None] = ContextVar("hanse_about", default=None)
#: Lines of a database's errors that hold values of rows.
_VALUES = re.compile(r"^\s*(DETAIL:|CONTEXT:|\[parameters:|Failing row contains).*\n?", re.MULTILINE)


def configure(settings: Settings) -> None:
    """Let this process write its log as the settings say."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter() if settings.log_format == "json" else TextFormatter())
    logging.basicConfig(level=settings.log_level.upper(), handlers=[handler], force=True)
    logging.getLogger("alembic").setLevel(max(logging.WARNING, logging.getLogger().level))  # tells of every plugin


def new_id() -> str:
    """Make up a short number under which the lines of a request are found, and the error that a person reports."""
    return secrets.token_hex(6)


@contextmanager
def about(tell: Callable[[], Facts]) -> Generator[None]:
    """Let every line that is written in the block carry facts, which are asked for when it is written."""
    token = _about.set(tell)
    try:
        yield
    finally:
        _about.reset(token)


def _facts(record: logging.LogRecord) -> dict[str, object]:
    tell = _about.get()
    told: Facts = tell() if tell is not None else {}
    given: Facts = getattr(record, "facts", {})
    return {name: fact for name, fact in {**told, **given}.items() if fact is not None}


class TextFormatter(logging.Formatter):
    """Lines for people: moment, logger, level, message, and facts in brackets."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(name)s %(levelname)s %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        facts = " ".join(f"{name}={fact}" for name, fact in _facts(record).items())
        return _without_values(super().formatMessage(record)) + (f" [{facts}]" if facts else "")

    @override
    def formatException(self, ei: Any) -> str:
        return _without_values(super().formatException(ei))


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for programs that collect logs."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _without_values(record.getMessage()),
        }
        line |= _facts(record)
        if record.exc_info:
            line["error"] = _without_values(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def _without_values(words: str) -> str:
    return _VALUES.sub("", words) if "\n" in words else words
