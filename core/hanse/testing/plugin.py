"""The pytest plugin for addon authors: a database, a company, a Context, and other people to act as.

In the settings of pytest, ``hanse_addons`` names what is installed besides the addons of config.ini::

    [tool.pytest.ini_options]
    hanse_addons = ["acme_loans"]

They are on in the company of the tests, unless ``hanse_off`` names them.  With it Hanse is booted before any test
module is imported, so that these may import actions.  Nothing is started before a test asks for a fixture.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import pytest

from hanse.actions import Company, Context
from hanse.addons import installed, is_loaded
from hanse.app import boot
from hanse.config import Settings
from hanse.database.session import HanseSession
from hanse.testing.databases import Databases, TrialDatabase, make_home, remove_home
from hanse.testing.people import Person, open_for_admin, open_for_person

_HOME = pytest.StashKey[Path]()
_DATABASES = pytest.StashKey[Databases]()
_BOOT_ERROR = pytest.StashKey[BaseException]()
_WORKER_HOME = "hanse_home"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("hanse_addons", "addons that are installed besides those of config.ini", type="args", default=[])
    parser.addini("hanse_off", "addons that are installed but off in the company of the tests", type="args", default=[])
    parser.addini("hanse_boot", "boot Hanse before the tests are collected", type="bool", default=False)


def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Boot before conftest.py files are imported; what goes wrong is told to the tests that need Hanse."""
    if not (early_config.getini("hanse_boot") or early_config.getini("hanse_addons")):
        return
    try:
        _boot(early_config)
    except Exception as error:
        early_config.stash[_BOOT_ERROR] = error


def _boot(config: pytest.Config) -> None:
    from dataclasses import replace

    settings = Settings.load()
    extra = cast("list[str]", config.getini("hanse_addons"))
    boot(replace(settings, addons=tuple(dict.fromkeys((*settings.addons, *extra)))))


def pytest_report_header(config: pytest.Config) -> str | None:
    error = config.stash.get(_BOOT_ERROR, None)
    return f"hanse: cannot boot: {error}" if error else None


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist which folder all workers use."""
    node.workerinput[_WORKER_HOME] = str(_home_of(node.config))


def _home_of(config: pytest.Config) -> Path:
    if _HOME not in config.stash:
        given = getattr(config, "workerinput", {}).get(_WORKER_HOME)
        config.stash[_HOME] = Path(given) if given else make_home()
    return config.stash[_HOME]


def pytest_unconfigure(config: pytest.Config) -> None:
    if _HOME in config.stash and not hasattr(config, "workerinput"):
        remove_home(config.stash[_HOME])


@pytest.fixture(scope="session")
def databases(pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The cluster of this session and its template; ``with databases.copy() as database`` for one of your own."""
    if _BOOT_ERROR in pytestconfig.stash:
        raise pytestconfig.stash[_BOOT_ERROR]
    if not is_loaded():
        _boot(pytestconfig)
    off = cast("list[str]", pytestconfig.getini("hanse_off"))
    on = tuple(name for name in installed().addons if name not in off)
    found = Databases(_home_of(pytestconfig), on)
    pytestconfig.stash[_DATABASES] = found  # for as long as the server may live: another worker may use it still
    yield found
    found.close()


@pytest.fixture(scope="session")
def database(databases: Databases) -> Iterator[TrialDatabase]:
    """The database of this process.  Never commit to it; tests that must take ``own_database``."""
    with databases.copy() as found:
        yield found


@pytest.fixture
def own_database(databases: Databases) -> Iterator[TrialDatabase]:
    """A database for this test alone, which may commit."""
    with databases.copy() as found:
        yield found


@pytest.fixture
def session(database: TrialDatabase) -> Iterator[HanseSession]:
    """A session whose transaction is rolled back after the test, even what the test commits."""
    with database.engine.connect() as connection:
        outer = connection.begin()
        with HanseSession(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as found:
            yield found
        outer.rollback()


@pytest.fixture
def ctx(session: HanseSession) -> Context:
    """A Context of the administrator in the company of the template."""
    return open_for_admin(session)


@pytest.fixture
def company(ctx: Context) -> Company:
    """The company of the template: Hanse Trading, in CNY, with every addon on but those of ``hanse_off``."""
    return ctx.company


class AsUser(Protocol):
    """See :func:`as_user`."""

    def __call__(
        self,
        *permissions: str | tuple[str, str],
        role: str | None = None,
        scope: str = "company",
        departments: Sequence[str] = (),
        addons: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Context: ...


@pytest.fixture
def as_user(ctx: Context) -> AsUser:
    """Open a Context of somebody else in the same transaction.

    ``as_user("loans.loan.read", scope="own")`` holds that permission; ``("loans.loan.read", "department")`` gives one
    a scope of its own; ``role="reader"`` has a role that is there.  ``departments`` are names, made when they are new.
    ``addons`` switches exactly these on in the company.
    """

    def open_as(
        *permissions: str | tuple[str, str],
        role: str | None = None,
        scope: str = "company",
        departments: Sequence[str] = (),
        addons: Sequence[str] | None = None,
        name: str | None = None,
    ) -> Context:
        held = tuple(one if isinstance(one, tuple) else (one, scope) for one in permissions)
        return open_for_person(ctx, Person(name, held, role, tuple(departments)), addons)

    return open_as
