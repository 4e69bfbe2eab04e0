"""docs/addon-guide.md, followed word by word: every block is written, every command typed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from guide import Add, Set, Type, Write, steps, write

from hanse.testing.databases import Databases, make_home, remove_home

ROOT = Path(__file__).resolve().parents[2]
#: Commands that need a network or another Python, and what stands in for them here: PYTHONPATH, and this environment.
ELSEWHERE = (".venv/bin/pip install ", "./run setup")
PYTHON = shlex.quote(sys.executable)
SPELLINGS = {
    "./run hanse ": f"{PYTHON} -m hanse.cli ",
    ".venv/bin/pybabel ": f"{PYTHON} -m babel.messages.frontend ",
    ".venv/bin/python ": f"{PYTHON} ",
}


class Reader:
    """Somebody with a checkout, an editor and a shell."""

    def __init__(self, folder: Path, home: Path, databases: Databases) -> None:
        self.checkout = folder / "hanse"
        self.checkout.mkdir()
        self.config = self.checkout / "config.ini"
        shutil.copy(ROOT / "config.ini", self.config)
        cluster, name = databases.cluster, f"guide_{os.getpid()}"
        cluster.create_database(name, template=databases.template())
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("HANSE_", "PYTEST_"))},
            "HANSE_CONFIG": str(self.config),
            "HANSE_HOME": str(home),
            "HANSE_DATABASE_URL": cluster.url(name),
            "HANSE_DATABASE_OWNER_URL": cluster.url(name, "hanse_owner"),
            "PYTHONPATH": os.pathsep.join(map(str, (ROOT / "core", ROOT / "addons", folder / "acme_loans"))),
        }

    def does(self, step: Write | Add | Set | Type) -> str:
        """Do what the guide says; give what was printed."""
        if isinstance(step, Set):
            assert re.search(r"(?m)^addons = ", self.config.read_text())
            self.config.write_text(re.sub(r"(?m)^addons = .*$", step.line, self.config.read_text()))
        elif isinstance(step, Type):
            return self.types(step.line)
        else:
            write(step, self.checkout)
        return ""

    def types(self, line: str) -> str:
        if line.startswith(ELSEWHERE):
            return ""
        for spelling, here in SPELLINGS.items():
            if line.startswith(spelling):
                line = here + line.removeprefix(spelling)
                break
        done = subprocess.run(  # noqa: S602  the guide's own commands
            line, shell=True, cwd=self.checkout, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def sees(self) -> None:
        """Keep for the tests of the addon what can be seen in the browser."""
        tests = self.checkout.parent / "acme_loans" / "tests"
        shutil.copy(Path(__file__).parent / "guide_pages.py", tests / "test_pages.py")


@pytest.fixture
def reader(tmp_path: Path, databases: Databases) -> Iterator[Reader]:
    home = make_home()
    yield Reader(tmp_path, home, databases)
    remove_home(home)


@pytest.mark.slow
def test_the_guide_ends_in_a_working_addon(reader: Reader) -> None:
    printed: dict[str, str] = {}
    for step in steps():
        if step == Type("./run serve"):
            reader.sees()
        else:
            answer = reader.does(step)
            if isinstance(step, Type):
                printed[step.line] = printed.get(step.line, "") + answer

    assert "6 passed" in printed[".venv/bin/python -m pytest ../acme_loans"]
    assert printed["./run hanse db migrate"].split() == ["applied", "acme_loans_0001", "applied", "acme_loans_0002"]
    migrations = reader.checkout.parent / "acme_loans" / "acme_loans" / "migrations"
    assert sorted(path.name for path in migrations.glob("*.py")) == [
        "acme_loans_0001_first_tables.py",
        "acme_loans_0002_serial_numbers.py",
    ]


def test_every_page_that_the_documentation_links_is_there() -> None:
    missing = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            missing += [f"{page.relative_to(ROOT)} links {target}"] if not (page.parent / target).exists() else []
    assert missing == []
