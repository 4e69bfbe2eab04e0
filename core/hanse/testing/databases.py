"""Databases for tests: one throw-away cluster a session, in it one migrated template, of which everything is a copy."""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from hanse.actions.context import identify
from hanse.addons import installed
from hanse.database.cluster import OWNER, Cluster
from hanse.database.migrations import directory_of, upgrade
from hanse.database.session import Database
from hanse.directory.founding import SYSTEM, found_company, found_database
from hanse.i18n import KERNEL

COMPANY = "Hanse Trading"


class TrialDatabase(Database):
    """A copy of the template: one company, every addon of the settings on, the users ``admin`` and ``system``."""

    def __init__(self, url: str, owner_url: str, name: str) -> None:
        super().__init__(url)
        #: the same database as the role that owns the tables
        self.owner_url = owner_url
        self.name = name


class Databases:
    """The cluster of a test session, which the workers of pytest-xdist share, and the template in it."""

    def __init__(self, home: Path, enabled: tuple[str, ...]) -> None:
        self.home = home
        self.cluster = Cluster(home, fsync=False)
        self._enabled = enabled
        self._numbers = itertools.count(1)
        self._template: str | None = None

    def close(self) -> None:
        """Stop using the cluster; the last one stops it."""
        self.cluster.stop()

    def template(self) -> str:
        """Give the name of the migrated template, which the first to ask makes."""
        if self._template is None:
            self.cluster.start()
            name = f"template_{_fingerprint(self._enabled)}"
            ready = self.home / f"{name}.ready"
            with (self.home / "template.lock").open("w") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                if not ready.exists():
                    self._make_template(name)
                    ready.touch()
            self._template = name
        return self._template

    def _make_template(self, name: str) -> None:
        self.cluster.drop_database(name)
        self.cluster.create_database(name)
        upgrade(self.cluster.url(name, OWNER), self.cluster.url(name))
        database = Database(self.cluster.url(name))
        try:
            with database.session() as session, session.begin():
                found_database(session)
                system = identify(session, SYSTEM)
                assert system is not None
                found_company(session, system, {"name": COMPANY, "currency": "CNY"}, addons=self._enabled)
        finally:
            database.close()

    @contextmanager
    def copy(self) -> Generator[TrialDatabase]:
        """Make a copy of the template that lasts as long as the block."""
        name = f"test_{os.getpid()}_{next(self._numbers)}"
        self.cluster.create_database(name, template=self.template())
        database = TrialDatabase(self.cluster.url(name), self.cluster.url(name, OWNER), name)
        try:
            yield database
        finally:
            database.close()
            self.cluster.drop_database(name)


def make_home() -> Path:
    """Make the folder of a session's cluster, which the account of the server reaches too."""
    home = Path(tempfile.mkdtemp(prefix="hanse-tests-"))
    home.chmod(0o711)
    return home


def remove_home(home: Path) -> None:
    """Take the folder away, and the server with it that a killed worker left behind."""
    cluster = Cluster(home, fsync=False)
    if cluster.is_running():
        with cluster:
            pass
    shutil.rmtree(home, ignore_errors=True)


def _fingerprint(enabled: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr(enabled).encode())
    for name in (KERNEL, *installed().addons):
        for path in sorted(directory_of(name).glob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
