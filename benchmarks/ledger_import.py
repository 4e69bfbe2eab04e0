"""Import and post a year of books: 5,271 vouchers with 14,827 lines, as a command of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.bench import timed

CASE = Path(__file__).parent.parent / "addons" / "hanse_cn" / "data" / "cn_company_2025.json.gz"


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Median of n (3) whole commands, each into a company of its own; the first, which makes the database, is out."""
    with tempfile.TemporaryDirectory(prefix="hanse-bench-") as home:
        Path(home).chmod(0o711)
        env = os.environ | {"HANSE_HOME": home}
        seconds = [timed(lambda: _import(f"Company {number}", env)) for number in range(1 + (n or 3))][1:]  # noqa: B023
    yield {
        "n": 5271,
        "runs": len(seconds),
        "median_s": round(median(seconds), 2),
        "per_s": round(5271 / median(seconds)),
    }


def _import(company: str, env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "hanse.cli", "finance", "import-ledger", str(CASE), "--company", company]
    subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)
