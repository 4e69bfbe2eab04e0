"""What stories about Northwind's files share: reading them, and writing what is uploaded."""

from __future__ import annotations

import csv
from pathlib import Path

Row = dict[str, str]
NORTHWIND = Path(__file__).resolve().parents[1] / "data" / "northwind"


def northwind(name: str) -> list[Row]:
    """Read one of Northwind's files."""
    with (NORTHWIND / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[Row]) -> Path:
    """Write rows as a file to be uploaded."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return path
