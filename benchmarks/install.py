"""W1: install all addons into an empty database: every table, index, policy, trigger, and the founding rows."""

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
from hanse.database.cluster import Cluster


def run(n: int | None) -> Iterator[dict[str, Any]]:
    """Time ``hanse db migrate`` as a process of its own, cluster running, database empty; median of n (3)."""
    with tempfile.TemporaryDirectory(prefix="hanse-bench-") as folder:
        Path(folder).chmod(0o711)
        with Cluster(Path(folder)) as cluster:
            seconds: list[float] = []
            for number in range(n or 3):
                name = f"install_{number}"
                cluster.create_database(name)
                env = os.environ | {
                    "HANSE_DATABASE_URL": cluster.url(name),
                    "HANSE_DATABASE_OWNER_URL": cluster.url(name, "hanse_owner"),
                }
                command = [sys.executable, "-m", "hanse.cli", "db", "migrate"]
                seconds.append(timed(lambda: subprocess.run(command, env=env, check=True, stdout=subprocess.DEVNULL)))  # noqa: B023
    yield {"n": len(seconds), "runs": len(seconds), "median_s": round(median(seconds), 2)}
