"""Files for tests of imports, and short ways to bring them in."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from openpyxl import Workbook

from hanse.actions import Context
from hanse.exchange import importing, staging
from hanse.exchange.mapping import by_headings
from hanse.exchange.models import Import, ImportRow
from hanse.files import FileStore


def workbook(*rows: Sequence[Any]) -> io.BytesIO:
    """Write an XLSX file."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    book.save(target)
    return target


class Desk:
    """Somebody who imports files."""

    def __init__(self, ctx: Context, files: FileStore) -> None:
        self.ctx = ctx
        self.files = files

    def upload(self, model: str, content: str | bytes | io.BytesIO, **mapping: Any) -> int:
        """Upload a file and map its columns by their headings."""
        if isinstance(content, str):
            content = content.encode()
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        batch = staging.add_import(self.ctx, model, file, "file.csv", self.files)
        if mapping:
            headings = [str(name) for name in self.at(batch).headers]
            importing.set_mapping(self.ctx, batch, by_headings(mapping, headings))
        return batch

    def at(self, batch: int) -> Import:
        return self.ctx.session.get_one(Import, batch)

    def check(self, batch: int) -> dict[str, int]:
        importing.check(self.ctx, batch)
        return self.counts(batch)

    def run(self, batch: int) -> dict[str, int]:
        importing.run_at_once(self.ctx, batch)
        return self.counts(batch)

    def bring(self, model: str, content: str | bytes | io.BytesIO, **mapping: Any) -> int:
        """Upload, map and import a file."""
        batch = self.upload(model, content, **mapping)
        self.run(batch)
        return batch

    def counts(self, batch: int) -> dict[str, int]:
        return {name: count for name, count in self.at(batch).counts.items() if name != "headings"}  # type: ignore[misc]

    def rows(self, batch: int) -> list[ImportRow]:
        self.ctx.session.expire_all()
        query = self.ctx.session.query(ImportRow).filter(ImportRow.batch_id == batch)
        return query.order_by(ImportRow.number).all()

    def errors(self, batch: int) -> list[tuple[int, str, str]]:
        """Give row, target and message of all that was wrong."""
        return [
            (error["row"], error["path"], error["message"])  # type: ignore[index]
            for row in self.rows(batch)
            for error in row.errors
        ]
