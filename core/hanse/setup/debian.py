"""Debian packages without being root: their files, unpacked into a folder of ours."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path


class NotAvailable(Exception):
    """This is no Debian, or its packages cannot be reached."""


def install(packages: Sequence[str]) -> bool:
    """Install packages into the system; False when that is not for us to do or fails."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
    if _try(command).returncode == 0:
        return True
    _try(["apt-get", "update", "-qq"])
    return _try(command).returncode == 0


def unpack(packages: Sequence[str], target: Path, *, dependencies: bool = False) -> None:
    """Unpack packages below ``target``, which is replaced; with those of their dependencies that are not installed.

    :raises NotAvailable: with the reason
    """
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise NotAvailable("this system has no apt-get")
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as place:
        os.chmod(place, 0o755)  # apt downloads as a user of its own  # noqa: S103
        for archive in _download(packages, Path(place), dependencies=dependencies):
            subprocess.run(["dpkg-deb", "-x", archive, target], check=True)


def _download(packages: Sequence[str], place: Path, *, dependencies: bool) -> list[Path]:
    """Download with the package lists of the system, or, where they are empty, with lists of our own."""
    options: list[str] = []
    for attempt in ("the system's lists", "our own lists"):
        if attempt == "our own lists":
            options = _own_lists(place)
        names = _missing(packages, options) if dependencies else list(packages)
        if names and _try(["apt-get", *options, "download", "-qq", *names], cwd=place).returncode == 0:
            return sorted(place.glob("*.deb"))
    raise NotAvailable(f"apt-get could not download {' '.join(packages)}")


def _own_lists(place: Path) -> list[str]:
    for folder in ("state/lists/partial", "cache/archives/partial"):
        (place / folder).mkdir(parents=True)
    settings = {
        "Dir::State": place / "state",
        "Dir::Cache": place / "cache",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Debug::NoLocking": "1",
    }
    options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
    done = _try(["apt-get", *options, "update", "-qq"])
    if done.returncode != 0:
        raise NotAvailable(done.stdout.strip())
    return options


def _missing(packages: Sequence[str], options: Sequence[str]) -> list[str]:
    """Ask apt what it would install."""
    plan = _try(["apt-get", *options, "install", "--simulate", "--no-install-recommends", *packages]).stdout
    return re.findall(r"^Inst (\S+)", plan, re.MULTILINE)


def _try(command: Sequence[str], cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
    return subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
