"""What type checkers see of models, extensions, records and actions: both accept and refuse the same lines."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FILE = Path(__file__).with_name("typing_ok.py")
PATHS = [str(ROOT / folder) for folder in ("core", "addons", "tests/samples")]


def expected(checker: str) -> set[int]:
    lines = enumerate(FILE.read_text().splitlines(), 1)
    return {number for number, line in lines if "# EXPECT:" in line or f"# EXPECT {checker}:" in line}


def lines_refused(output: str) -> dict[int, str]:
    found = re.findall(rf"{FILE.name}:(\d+):(?:\d+:?)?\s*-?\s*error:? (.*)", output)
    return {int(number): message for number, message in found}


def mypy(tmp_path: Path) -> str:
    pytest.importorskip("mypy", reason="mypy is not installed")
    settings = tmp_path / "mypy.ini"
    settings.write_text(f"[mypy]\nstrict = True\nmypy_path = {':'.join(PATHS)}\nfollow_imports = silent\n")
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--config-file",
        str(settings),
        "--cache-dir",
        str(ROOT / ".mypy_cache" / "typing"),
        str(FILE),
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT).stdout


def pyright(tmp_path: Path) -> str:
    program = shutil.which("pyright") or ROOT / "node_modules" / ".bin" / "pyright"
    if not Path(program).exists():
        pytest.skip("pyright is not installed: ./run types installs it")
    settings = tmp_path / "pyrightconfig.json"
    paths = ", ".join(f'"{path}"' for path in PATHS)
    here = os.path.relpath(FILE, tmp_path)
    settings.write_text(
        f'{{"typeCheckingMode": "strict", "extraPaths": [{paths}], "include": ["{here}"], '
        '"reportUnusedExpression": false}'
    )
    command = [str(program), "--project", str(settings), "--pythonpath", sys.executable]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, env=os.environ).stdout


@pytest.mark.parametrize("checker", [mypy, pyright], ids=["mypy", "pyright"])
def test_both_checkers_refuse_exactly_the_lines_that_are_wrong(checker, tmp_path):
    wanted, refused = expected(checker.__name__), lines_refused(checker(tmp_path))
    surprises = {number: message for number, message in refused.items() if number not in wanted}
    assert surprises == {}, "these should be accepted"
    assert wanted - set(refused) == set(), "these should be refused"
