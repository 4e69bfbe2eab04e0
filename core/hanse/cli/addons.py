"""hanse addon: what is installed, in which order; new addons; switching them in a company."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hanse.cli.main import group
from hanse.errors import SetupError


def add_commands(commands: Any) -> None:
    """Add ``addon list``, ``mro``, ``migrate``, ``new``, ``enable`` and ``disable``."""
    verbs = group(commands, "addon", "look at addons and write new ones")
    verbs.add_parser("list", help="installed addons, least dependent first").set_defaults(work=_list)
    mro = verbs.add_parser("mro", help="the order in which addons' overrides of a model are asked")
    mro.add_argument("model", help="a model class, such as Partner")
    mro.set_defaults(work=_mro)
    migrate = verbs.add_parser("migrate", help="write the migration that brings the tables to an addon's models")
    migrate.add_argument("name")
    migrate.add_argument("--message", default="Change tables")
    migrate.set_defaults(work=_migrate)
    new = verbs.add_parser("new", help="write a package that runs, with a test, a migration and a translation")
    new.add_argument("name", help="of the package, such as acme_loans")
    new.add_argument("--folder", type=Path, default=Path(), help="where to put it; by default here")
    new.add_argument("--key", help="prefix of its tables, permissions and addresses; by default from the name")
    new.add_argument("--title", help="what people read")
    new.set_defaults(work=_new)
    from hanse.cli import switching

    switching.add_commands(verbs)


def _list(_chosen: argparse.Namespace) -> None:
    from hanse.addons import installed

    for addon in installed().addons.values():
        needs = f" (needs {', '.join(addon.needs)})" if addon.needs else ""
        print(f"{addon.key:12} {addon.name} {addon.version}{needs}")


def _mro(chosen: argparse.Namespace) -> None:
    from hanse.models import resolution_order
    from hanse.models.base import models_by_name

    found = list(dict.fromkeys(models_by_name.get(chosen.model, [])))
    if not found:
        raise SetupError(f"there is no model {chosen.model}")
    for model in found:
        print(f"{model.__module__}.{model.__name__}")
        for fragment in resolution_order(model):
            names = sorted(name for name in vars(fragment.mixin) if not name.startswith("_"))
            print(f"  {fragment}" + (f"  ({', '.join(names)})" if names else ""))


def _migrate(chosen: argparse.Namespace) -> None:
    from hanse.addons import installed
    from hanse.config import Settings
    from hanse.database import migrations
    from hanse.database.cluster import open_databases

    if chosen.name != "hanse" and chosen.name not in installed().addons:
        raise SetupError(f"{chosen.name} is not installed; list it under addons= in config.ini")
    with open_databases(Settings.load()) as databases:
        migrations.upgrade(databases.owner_url, databases.app_url)
        path = migrations.write(databases.owner_url, chosen.name, chosen.message)
    print(path or "nothing to do")


def _new(chosen: argparse.Namespace) -> None:
    from hanse.cli.new_addon import write_addon

    home = write_addon(chosen.name, chosen.folder, key=chosen.key, title=chosen.title)
    _first_migration(chosen.name, home)
    print(
        f"{home} is written. Next:\n  pip install -e {home}\n"
        f"  add {chosen.name} to addons= in config.ini\n  hanse db migrate"
    )


def _first_migration(name: str, home: Path) -> None:
    """Write the new addon's first migration in a process that has it installed, against a database of its own."""
    script = (
        "import sys; from dataclasses import replace; from hanse.app import boot; from hanse.config import Settings; "
        "from hanse.database import migrations; from hanse.database.cluster import temporary_cluster\n"
        "boot(replace(Settings.load(), addons=(sys.argv[1],)))\n"
        "with temporary_cluster() as cluster:\n"
        "    migrations.upgrade(cluster.url(role='hanse_owner'), cluster.url())\n"
        "    migrations.write(cluster.url(role='hanse_owner'), sys.argv[1], 'First tables')\n"
    )
    paths = os.pathsep.join([str(home), *(path for path in sys.path if path)])
    done = subprocess.run(
        [sys.executable, "-c", script, name], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True
    )
    if done.returncode:
        raise SetupError(f"{home} is written, but its first migration is not:\n{done.stderr[-2000:]}")
