"""Boot: from settings to a process that knows its addons, and to the WSGI application."""

from __future__ import annotations

import gc
import importlib
from pathlib import Path
from typing import TYPE_CHECKING

from hanse.addons import Installed, load
from hanse.config import Settings
from hanse.errors import SetupError
from hanse.security.passwords import Rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from hanse.database.session import Database

#: New objects that wake the garbage collector; Python's own 700 are fewer than one row of a batch makes.
COLLECT_AFTER = 20_000


def boot(settings: Settings) -> Installed:
    """Load the installed addons; every process does this first.  Opens no connection.

    What is loaded now stays for good, so the garbage collector need not look through it again each time a batch of
    rows makes it wake up; that saves a fifth of the time of posting many vouchers.
    """
    gc.disable()
    try:
        loaded = load(settings.addons)
        Rules.length = settings.password_length
        gc.freeze()
    finally:
        gc.enable()
    gc.set_threshold(COLLECT_AFTER, 20, 50)
    return loaded


def make_app(settings: Settings, database: Database | None = None) -> Callable[..., Any]:
    """Make the WSGI application.  Opens no connection before the first request.

    :param database: instead of the one of the settings
    :raises SetupError: there is no database to work with, or an addon cannot be loaded
    """
    from hanse.database.session import WEB, Database
    from hanse.files import FileStore
    from hanse.signin.oidc import Client
    from hanse.signin.providers import load_providers
    from hanse.web.fragments import Fragments
    from hanse.web.jinja import environment
    from hanse.web.request import Services
    from hanse.web.routes import configure
    from hanse.web.static_files import FOLDER, version

    loaded = boot(settings)
    if database is None:
        if settings.database_url is None:
            raise SetupError("There is no database: start Hanse with ./run serve, or set HANSE_DATABASE_URL.")
        database = Database(settings.database_url, pool_size=settings.threads, name=WEB)
    static, templates = {"": FOLDER}, [Path(__file__).parent / "web" / "templates"]
    for name, addon in loaded.addons.items():
        own = Path(str(importlib.import_module(name).__file__)).parent
        if (own / "static").is_dir():
            static[addon.key] = own / "static"
        if (own / "templates").is_dir():
            templates.append(own / "templates")
    fragments = Fragments(environment(templates, settings.home / "templates"))
    services = Services(settings, database, FileStore.of(settings), version(list(static.values())), fragments)
    services.providers = {name: Client(provider) for name, provider in load_providers().items()}
    return configure(services, static)
