"""Checks of an installation that need no database."""

from __future__ import annotations

import os
import platform
import shutil
import sys
import zoneinfo
from importlib.metadata import version
from ipaddress import ip_address
from pathlib import Path

from hanse.config import CONFIG_VARIABLE, Settings
from hanse.operations.findings import Finding, fail, ok, warn
from hanse.setup.places import fonts_folder, vendor_folder
from hanse.web.static_files import FOLDER

OLDEST_PYTHON = (3, 11)
LEAST_MB, FEW_MB = 500, 2000


def python(_settings: Settings) -> Finding:
    """Look at the versions of Python and Hanse."""
    words = f"Hanse {version('hanse')} on Python {platform.python_version()}"
    if sys.version_info < OLDEST_PYTHON:
        return fail(words, "Python 3.11 or later is needed: remove .venv and run ./run setup with a newer one.")
    return ok(words)


def disk(settings: Settings) -> Finding:
    """Look at the room below the home."""
    return room(settings.home)


def room(folder: Path) -> Finding:
    """Look at the room on the disk of a folder, which need not be there yet."""
    there = next(place for place in (folder, *folder.parents) if place.exists())
    free = shutil.disk_usage(there).free // 2**20
    words = f"{free} MB free for {folder}"
    advice = "Free some space, or move the folder to a larger disk (HANSE_HOME)."
    if free < LEAST_MB:
        return fail(words, advice)
    return warn(words, advice) if free < FEW_MB else ok(words)


def reachable(settings: Settings) -> Finding:
    """Look whether the network reaches a server that should stand behind a proxy."""
    if _is_loopback(settings.host):
        return ok(f"only this machine reaches the web server ({settings.host})")
    if settings.trusted_proxy is None:
        return warn(
            f"the network reaches the web server ({settings.host}) without encryption, and no trusted_proxy is named",
            "Put a TLS proxy in front and name it in trusted_proxy, or set host = 127.0.0.1.",
        )
    return ok(f"the web server listens on {settings.host} behind {settings.trusted_proxy}")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def dangers(settings: Settings) -> Finding:
    """Look for settings that are meant for a first hour."""
    found: list[str] = []
    if settings.admin_password:
        found.append("admin_password is set: remove it after the first login")
    if settings.demo and not _is_loopback(settings.host):
        found.append("demo = yes on a server that the network reaches: set demo = no")
    if settings.log_level == "debug":
        found.append("log_level = debug writes much, values of records among it: set info")
    if settings.backups_kept == 0:
        found.append("backups_kept = 0: nothing is backed up before migrations")
    if settings.trusted_proxy == "*":
        found.append("trusted_proxy = * believes every client what it says of its address: name the proxy")
    if found:
        return warn("; ".join(found), "Change config.ini or the environment.")
    return ok("no setting is dangerous")


def secrets(settings: Settings) -> Finding:
    """Look who may read what only we should."""
    places = [Path(os.environ.get(CONFIG_VARIABLE) or ""), settings.home / "secrets.json", settings.home / "backups"]
    hidden = [place for place in places if place.name and place.exists()]
    open_to_all = [str(place) for place in hidden if place.stat().st_mode & 0o004]
    if open_to_all:
        return warn(f"everybody on this machine may read {', '.join(open_to_all)}", "Run chmod o-rwx on them.")
    return ok("files with secrets are closed to others")


def pdf(_settings: Settings) -> Finding:
    """Look whether documents can be printed."""
    from hanse.documents import weasy

    try:
        weasy.ready()
    except Exception as error:  # whatever a library that is missing raises
        return fail(f"the PDF engine does not start: {error}", "Run ./run setup again.")
    if not any(fonts_folder().glob("*.ttf")):
        return fail("there are no fonts for documents", "Run ./run setup again.")
    return ok("the PDF engine and its fonts are there")


def assets(_settings: Settings) -> Finding:
    """Look whether the browser gets its scripts and styles."""
    missing = [path for path in (FOLDER / "css" / "base.css", vendor_folder() / "manifest.json") if not path.exists()]
    if missing:
        return fail(f"{missing[0]} is missing", "Run ./run setup again.")
    return ok("scripts, styles and fonts for browsers are there")


def zones(settings: Settings) -> Finding:
    """Look whether this machine knows time zones."""
    try:
        zoneinfo.ZoneInfo(settings.time_zone)
    except zoneinfo.ZoneInfoNotFoundError:
        return fail(f"there are no data of the time zone {settings.time_zone}", "Install the package tzdata.")
    return ok(f"time zone {settings.time_zone} is known")
