"""hanse import: bring a file into a model without a browser, by the same code and with the same rights."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from hanse.errors import BusinessError, SetupError

if TYPE_CHECKING:
    from hanse.actions import Context
    from hanse.database.session import Database

_SHOWN = 50


def add_commands(commands: Any) -> None:
    """Add ``import``."""
    words = "import a CSV or XLSX file into a model"
    parser = commands.add_parser("import", help=words, description=words)
    parser.add_argument("model", help="public name of the model, such as contacts.partner")
    parser.add_argument("file", type=Path, nargs="?", help="CSV or XLSX; none with --resume or --undo")
    parser.add_argument("--company", required=True)
    parser.add_argument("--login", default="admin", help="as whom")
    parser.add_argument("--map", type=Path, help="JSON: columns, constants, match, replace (docs/import.md)")
    parser.add_argument("--match", action="append", metavar="FIELD", help="find records by this field (repeatable)")
    parser.add_argument("--mode", choices=["all", "skip"], help="all or nothing (the default), or skip bad rows")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen, and change nothing")
    parser.add_argument("--resume", type=int, metavar="ID", help="go on with an import that was interrupted")
    parser.add_argument("--undo", type=int, metavar="ID", help="undo an import")
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.set_defaults(work=_import)


def _import(chosen: argparse.Namespace) -> int:
    from hanse.cli.session import open_database

    with open_database() as database:
        return Work(database, chosen).do()


class Work:
    """One import on the command line; each step is a transaction of its own."""

    def __init__(self, database: Database, chosen: argparse.Namespace) -> None:
        self.database = database
        self.chosen = chosen

    def do(self) -> int:
        """Do what the arguments say; give the exit code."""
        if self.chosen.undo is not None:
            self.undo(self.chosen.undo)
            return 0
        resumed = self.chosen.resume is not None
        batch = self.chosen.resume if resumed else self.upload()
        return self.check(batch) if self.chosen.dry_run else self.run(batch, resumed=resumed)

    def _open(self, session: Any) -> Context:
        from hanse.cli.session import context

        ctx = context(session, self.chosen.company, login=self.chosen.login)
        ctx.via = "import"
        return ctx

    def upload(self) -> int:
        """Read the file and understand its columns; give the id of the import."""
        from hanse.config import Settings
        from hanse.exchange import importing, staging
        from hanse.exchange.targets import importable, may_import
        from hanse.files import FileStore

        path: Path | None = self.chosen.file
        if path is None or not path.is_file():
            raise SetupError(f"there is no file {path}")
        with self.database.session() as session, session.begin(), path.open("rb") as file:
            ctx = self._open(session)
            if not may_import(ctx, importable(self.chosen.model)):
                raise SetupError(f"{self.chosen.login} may not import {self.chosen.model}")
            batch = staging.add_import(ctx, self.chosen.model, file, path.name, FileStore.of(Settings.load()))
            importing.set_mapping(ctx, batch, self._mapping(ctx, batch))
        return batch

    def _mapping(self, ctx: Context, batch: int) -> Any:
        from hanse.exchange.importing import find_import
        from hanse.exchange.mapping import by_headings, propose, restored
        from hanse.exchange.targets import importable, targets_of

        found = find_import(ctx, batch)
        headings = [str(name) for name in found.headers]
        if self.chosen.map is not None:
            mapping = by_headings(_read_json(self.chosen.map), headings)
        else:
            model = importable(found.model)
            mapping = propose(ctx, model, targets_of(ctx, model), headings, found.fingerprint)
        changed: dict[str, Any] = mapping.stored()
        if self.chosen.match:
            changed["match"] = self.chosen.match
        if self.chosen.mode:
            changed["mode"] = self.chosen.mode
        return restored(changed)

    def check(self, batch: int) -> int:
        """Say what would happen."""
        from hanse.exchange import importing

        with self.database.session() as session, session.begin():
            importing.check(self._open(session), batch, _tell)
        return self._report(batch)

    def run(self, batch: int, *, resumed: bool) -> int:
        """Do the import: at once, or chunk by chunk, each in a transaction that holds its results."""
        from hanse.exchange import importing
        from hanse.exchange.importing import batch_for, find_import
        from hanse.exchange.mapping import SKIP, restored

        with self.database.session() as session, session.begin():
            ctx = self._open(session)
            found = find_import(ctx, batch)
            in_chunks = restored(found.mapping).mode == SKIP and not batch_for(ctx, found).links_to_itself
            if not in_chunks:
                importing.run_at_once(ctx, batch, _tell)
            elif not resumed:
                importing.begin(ctx, batch)
        if in_chunks:
            self._run_chunks(batch)
        return self._report(batch)

    def _run_chunks(self, batch: int) -> None:
        from hanse.exchange import importing, staging

        with self.database.session() as session, session.begin():
            heads = staging.open_heads(self._open(session), batch)
        for start in range(0, len(heads), staging.PIECE):
            with self.database.session() as session, session.begin():
                importing.run_chunk(self._open(session), batch, heads[start : start + staging.PIECE])
            _tell(min(start + staging.PIECE, len(heads)), len(heads))
        with self.database.session() as session, session.begin():
            importing.end(self._open(session), batch)

    def undo(self, batch: int) -> None:
        """Undo an import."""
        from hanse.exchange.undoing import undo

        with self.database.session() as session, session.begin():
            undo(self._open(session), batch, _tell)
        self._report(batch)

    def _report(self, batch: int) -> int:
        """Print what became of the rows; give 1 where some were refused."""
        from sqlalchemy import select

        from hanse.exchange.importing import find_import, summary
        from hanse.exchange.models import ImportRow

        with self.database.session() as session, session.begin():
            ctx = self._open(session)
            found = find_import(ctx, batch)
            query = select(ImportRow.errors).where(ImportRow.batch_id == batch, ImportRow.errors != [])
            rows = session.scalars(query.order_by(ImportRow.number))
            errors = [cast("dict[str, Any]", error) for row in rows for error in row]
            counts = {name: count for name, count in found.counts.items() if name != "headings"}
            if self.chosen.json:
                report = {"import": batch, "state": found.state.value, "counts": counts, "errors": errors}
                print(json.dumps(report, ensure_ascii=False, indent=2))
            else:
                print(f"import {batch}: {found.state.label}: {summary(found.counts)}")
                for error in errors[:_SHOWN]:
                    print(f"  row {error['row']}: {error['field']} “{error['text']}”: {error['message']}")
                if len(errors) > _SHOWN:
                    print(f"  and {len(errors) - _SHOWN} more: --json prints all")
        return 1 if counts.get("refused") else 0


def _read_json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(f"{path} cannot be read as JSON: {error}") from None
    if not isinstance(read, dict):
        raise BusinessError(f"{path} holds no object")
    return cast("dict[str, Any]", read)


def _tell(done: int, total: int) -> None:
    end = "\n" if done == total else "\r"
    print(f"{done:,} of {total:,}", end=end, file=sys.stderr, flush=True)
