"""What China adds to archives: the data interface of the year, and how long files are kept.

Source of the times: 会计档案管理办法 (order 79 of the Ministry of Finance and the State Archives Administration,
in force 2016-01-01), table 1, for enterprises; they run from the day after the end of the fiscal year (article 14).
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from functools import cache, partial
from pathlib import Path
from typing import BinaryIO, Final

from hanse_cn.gbt24589 import Books, interface, write_file
from hanse_cn.gbt24589.interface import InterfaceFile
from hanse_finance.archive import ArchivedFile, Request, Retention, register_part, register_retention

ADDON: Final = "hanse_cn"
_TABLE: Final = Path(__file__).parent / "data" / "retention.csv"
_FOR_EVER: Final = "permanent"


@cache
def retention() -> dict[str, Retention]:
    """Read how long each kind of file is kept."""
    with _TABLE.open(encoding="utf-8", newline="") as table:
        return {
            row["kind"]: Retention(row["kind"], row["title"], None if row["years"] == _FOR_EVER else int(row["years"]))
            for row in csv.DictReader(table)
        }


def data_interface(wanted: Request) -> Iterator[ArchivedFile]:
    """Give the books of a whole year as XML of GB/T 24589."""
    if not wanted.is_year:
        return
    edition = interface()
    books = Books(wanted.ctx, wanted.span, edition)
    for file in edition.files:
        title = f"{edition.standard} {file.element} {wanted.span.label}"
        yield ArchivedFile(
            f"GBT24589/{file.name}",
            title,
            "ledgers",
            "application/xml",
            partial(_write, books, file),
        )


def _write(books: Books, file: InterfaceFile, out: BinaryIO) -> None:
    write_file(books.edition, file, books.source, out)


register_part("gbt24589", ADDON, data_interface)
register_retention(ADDON, retention)
