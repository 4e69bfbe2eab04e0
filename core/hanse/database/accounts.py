"""The system user that PostgreSQL runs as, and the folders that are its own."""

from __future__ import annotations

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

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


def make_public(folder: Path) -> None:
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
