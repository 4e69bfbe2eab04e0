"""hanse addon new NAME: write a package that runs, with a test, a migration and a translation."""

from __future__ import annotations

import re
from pathlib import Path
from string import Template

from hanse.errors import SetupError

SKELETON = Path(__file__).parent / "skeleton"
#: From a file of the skeleton to its place in the new package.
PLACES = {
    "pyproject.toml.txt": "pyproject.toml",
    "README.md.txt": "README.md",
    "init.py.txt": "{name}/__init__.py",
    "permissions.py.txt": "{name}/permissions.py",
    "models.py.txt": "{name}/models.py",
    "actions.py.txt": "{name}/actions.py",
    "screens.py.txt": "{name}/screens.py",
    "messages.po.txt": "{name}/i18n/zh_CN/LC_MESSAGES/{name}.po",
    "test_items.py.txt": "tests/test_items.py",
}


def write_addon(name: str, folder: Path, *, key: str | None = None, title: str | None = None) -> Path:
    """Write the package ``name`` below ``folder`` and give its folder.

    :raises SetupError: the name does not suit, or the folder is there already
    """
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        raise SetupError(f"{name!r} does not suit: small letters, digits and single underscores, such as acme_loans")
    home = folder / name
    if home.exists():
        raise SetupError(f"{home} is there already; nothing was written")
    words = name.split("_")
    short = key or "".join(words[1:] or words)[:16]
    values = {
        "name": name,
        "distribution": name.replace("_", "-"),
        "key": short,
        "title": title or " ".join(words).capitalize(),
        "Class": "".join(word.capitalize() for word in words),
    }
    for source, place in PLACES.items():
        target = home / place.format(name=name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(Template((SKELETON / source).read_text("utf-8")).substitute(values), "utf-8")
    (home / name / "py.typed").touch()
    (home / name / "migrations").mkdir()
    return home
