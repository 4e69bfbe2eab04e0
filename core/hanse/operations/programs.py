"""pg_dump and pg_restore: which of those that are here fit, and how they are run."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from hanse.database.accounts import ClusterError
from hanse.database.binaries import SYSTEM_PLACES, all_binaries
from hanse.operations.archive import BackupError


@dataclass(frozen=True, slots=True)
class Program:
    """A program of PostgreSQL that dumps or restores."""

    path: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def run(self, arguments: Sequence[str], url: str | None = None) -> str:
        """Run the program, on the database of ``url`` if there is one; give what it printed.

        The password goes by the environment, where other users of the machine do not see it.

        :raises BackupError: it failed; the message holds what it said
        """
        command, environment = [str(self.path), *arguments], _environment()
        if url is not None:
            connection: dict[str, Any] = conninfo_to_dict(plain(url))
            environment["PGPASSWORD"] = str(connection.pop("password", "") or "")
            command += ["--no-password", f"--dbname={make_conninfo(**connection)}"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
        if done.returncode != 0:
            raise BackupError(f"{self.path.name} {self.version} failed: {done.stderr.strip()}")
        return done.stdout


def plain(url: str) -> str:
    """Give a URL of SQLAlchemy as libpq takes it."""
    return re.sub(r"^postgresql\+\w+:", "postgresql:", url)


def _environment() -> dict[str, str]:
    """PGHOST, PGOPTIONS and the like of the caller must not reach the program; it speaks so that we understand it."""
    ours = {"LC_ALL": "C", "TZ": "UTC"}
    return {name: text for name, text in os.environ.items() if not name.startswith("PG")} | ours


def find_program(name: str, *, server: int, at_least: int = 0) -> Program:
    """Find ``pg_dump`` or ``pg_restore`` for a server of this major version: of the same if possible, else newer.

    :param at_least: major version that can read the dump
    :raises BackupError: there is none
    """
    found = {one.major: one for one in reversed(_programs(name))}
    fitting = [major for major in found if major >= max(server, at_least)]
    if not fitting:
        have = ", ".join(map(str, sorted(found))) or "none"
        raise BackupError(
            f"{name} must be of PostgreSQL {max(server, at_least)} or later; here is {have}. "
            f"Install it (Debian: apt-get install postgresql-client-{max(server, at_least)})."
        )
    return found[min(fitting)]


def _programs(name: str) -> list[Program]:
    """Give every one that is here: those of the wheel first, then the system's."""
    try:
        folders: Mapping[Path, None] = dict.fromkeys(binaries.folder for binaries in all_binaries())
    except ClusterError:
        folders = {}
    system = (place for place in SYSTEM_PLACES.glob("*/bin") if place not in folders)
    return [
        Program(folder / name, version)
        for folder in (*folders, *system)
        if (folder / name).exists() and (version := _version(folder / name))
    ]


def _version(path: Path) -> str | None:
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None  # made for another machine
    version = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)?)", answer.stdout)
    return version[1] if version else None
