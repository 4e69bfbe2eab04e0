"""What a partner may rely on: a package from outside is installed by pip, used by one department, and removed again."""

from __future__ import annotations

import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hanse.database.cluster import temporary_cluster

HERE = Path(__file__).parent
HOUSE = HERE.parent.parent
pytestmark = pytest.mark.slow


def pip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "pip", *arguments], capture_output=True, text=True)


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """A fresh environment that sees Hanse and its libraries, and nothing of ours is written into."""
    if pip("--version").returncode:
        pytest.skip("there is no pip in this environment")
    home = tmp_path / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    python = home / "bin" / "python"
    packages = Path(
        subprocess.check_output(
            [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
        ).strip()
    )
    seen = [sysconfig.get_path("purelib"), str(HOUSE / "core"), str(HOUSE / "addons"), *site.getsitepackages()]
    (packages / "hanse-from-here.pth").write_text("\n".join(dict.fromkeys(seen)))
    return python


@pytest.fixture
def day(environment: Path) -> Iterator[Callable[[str, str], str]]:
    """Run a part of the day in the environment, with these addons; give what it printed."""
    with temporary_cluster() as cluster:
        cluster.create_database("partner")

        def run(part: str, addons: str) -> str:
            env = os.environ | {
                "HANSE_ADDONS": addons,
                "HANSE_DATABASE_URL": cluster.url("partner"),
                "HANSE_DATABASE_OWNER_URL": cluster.url("partner", "hanse_owner"),
            }
            done = subprocess.run(
                [environment, HERE / "day_of_a_partner.py", part], env=env, capture_output=True, text=True
            )
            return done.stdout + done.stderr

        yield run


def test_an_addon_from_outside_is_installed_used_and_removed(
    environment: Path, day: Callable[[str, str], str], tmp_path: Path
) -> None:
    package = shutil.copytree(HERE / "acme-loans", tmp_path / "acme-loans")  # building leaves things behind
    installed = pip(
        "--python",
        str(environment),
        "install",
        "--no-index",
        "--no-build-isolation",
        "--no-deps",
        "--quiet",
        str(package),
    )
    assert installed.returncode == 0, installed.stderr
    assert day("install", "hanse_contacts acme_loans").endswith("fine\n")

    assert pip("--python", str(environment), "uninstall", "--yes", "--quiet", "acme-loans").returncode == 0
    assert "asks for the addon acme_loans" in day("removed", "hanse_contacts acme_loans"), "a missing addon is named"
    assert day("removed", "hanse_contacts").endswith("fine\n")
