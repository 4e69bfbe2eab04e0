"""hanse addon: what is installed, in which order, and new addons."""

from __future__ import annotations

import argparse
from typing import Any

from hanse.cli.main import group
from hanse.errors import SetupError


def add_commands(commands: Any) -> None:
    """Add ``addon list``, ``addon mro``, ``addon migrate`` and ``addon new``."""
    verbs = group(commands, "addon", "look at addons and write new ones")
    verbs.add_parser("list", help="installed addons, least dependent first").set_defaults(work=_list)
    mro = verbs.add_parser("mro", help="the order in which addons' overrides of a model are asked")
    mro.add_argument("model", help="a model class, such as Partner")
    mro.set_defaults(work=_mro)
    migrate = verbs.add_parser("migrate", help="write the migration that brings the tables to an addon's models")
    migrate.add_argument("name")
    migrate.add_argument("--message", default="Change tables")
    migrate.set_defaults(work=_migrate)


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
