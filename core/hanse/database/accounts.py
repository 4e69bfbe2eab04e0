"""The system user that PostgreSQL runs as, and the folders that are its own."""

from __future__ import annotations

import os
import pwd
import stat
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hanse.errors import SetupError

SYSTEM_USER = "hanse-pg"
SYSTEM_HOME = Path("/var/lib/hanse")


class ClusterError(SetupError):
    """PostgreSQL cannot be started or used: says what, where and what to do."""


@dataclass(frozen=True)
class Account:
    """The system user that PostgreSQL runs as."""

    uid: int
    gid: int

    @property
    def is_me(self) -> bool:
        return self.uid == os.geteuid()


def my_account() -> Account:
    """The user of this process."""
    return Account(os.geteuid(), os.getegid())


def system_account() -> Account:
    """The user hanse-pg, created if need be; ``nobody`` where users cannot be created."""
    for name in (SYSTEM_USER, "nobody"):
        with suppress(KeyError, OSError):
            return _known_account(name) or _created_account(name)
    raise ClusterError(
        f"PostgreSQL refuses to run as root and the user {SYSTEM_USER} cannot be created. "
        "Run Hanse as an ordinary user, or set HANSE_DATABASE_URL."
    )


def _known_account(name: str) -> Account | None:
    with suppress(KeyError):
        entry = pwd.getpwnam(name)
        return Account(entry.pw_uid, entry.pw_gid)
    return None


def _created_account(name: str) -> Account:
    command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", str(SYSTEM_HOME)]
    subprocess.run([*command, "--shell", "/usr/sbin/nologin", name], capture_output=True, check=False)
    entry = pwd.getpwnam(name)
    return Account(entry.pw_uid, entry.pw_gid)


def reaches(account: Account, folder: Path) -> bool:
    """Whether the account may enter the folder."""
    if account.is_me:
        return True
    ask = ["test", "-x", str(folder)]
    return subprocess.run(ask, user=account.uid, group=account.gid, extra_groups=[], check=False).returncode == 0


def owner_of(place: Path) -> Account | None:
    """The owner of a file or folder, or of the first folder above it that exists; None if that is root or unknown."""
    there = next(path for path in (place, *place.parents) if path.exists()).stat()
    if there.st_uid == 0:
        return None
    with suppress(KeyError):  # a folder from outside a container may belong to a number without a name
        return Account(there.st_uid, pwd.getpwuid(there.st_uid).pw_gid)
    return None


def make_shared(folder: Path) -> None:
    """Create a folder, which root gives to the owner of the one above, so that this owner can go on with it."""
    if not folder.exists():
        make_shared(folder.parent)
        folder.mkdir(exist_ok=True)
        _give_to_owner_above(folder)


def open_shared(path: Path) -> IO[bytes]:
    """Open a file to append to, which root gives to the owner of its folder."""
    new = not path.exists()
    file = path.open("ab")
    if new:
        _give_to_owner_above(path)
    return file


def _give_to_owner_above(path: Path) -> None:
    above = path.parent.stat()
    if os.geteuid() == 0 and above.st_uid != 0 and above.st_mode & stat.S_ISVTX == 0:
        os.chown(path, above.st_uid, above.st_gid)


def make_public(folder: Path) -> None:
    """Create a folder that everybody may enter and read."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)


def make_private(folder: Path, account: Account) -> None:
    """Create a folder that only the account may enter, and refuse one that somebody else put there."""
    with suppress(FileExistsError):
        folder.mkdir(mode=0o700)
        if not account.is_me:
            os.chown(folder, account.uid, account.gid)
    there = folder.lstat()
    if there.st_uid != account.uid or folder.is_symlink():
        raise ClusterError(
            f"{folder} belongs to another user. Run Hanse as that user, or choose another folder by HANSE_HOME."
        )
    folder.chmod(0o700)
