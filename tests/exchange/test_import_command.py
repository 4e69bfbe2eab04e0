"""What programs may rely on that import by the command line: the same import, as JSON, and going on after a crash."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sample_library.models import Book

from hanse.cli.imports import Work, add_commands
from hanse.exchange import importing, staging
from hanse.testing.databases import COMPANY, Databases, TrialDatabase
from hanse.testing.people import open_for_admin, switch_on

Run = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def database(databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrialDatabase]:
    monkeypatch.setenv("HANSE_HOME", str(tmp_path))
    with databases.copy() as database:
        with database.session() as session, session.begin():
            switch_on(open_for_admin(session), ("sample_library",))
        yield database


@pytest.fixture
def run(database: TrialDatabase, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run ``hanse import`` on the database; give its exit code and what it printed."""
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())

    def call(*arguments: str) -> tuple[int, dict[str, Any]]:
        chosen = parser.parse_args(["import", "library.book", *arguments, "--company", COMPANY, "--json"])
        capsys.readouterr()
        code = Work(database, chosen).do()
        return code, json.loads(capsys.readouterr().out)

    return call


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "books.csv"
    path.write_text("Werk,Pages\nA,1\nB,x\nC,3\n", encoding="utf-8")
    return path


@pytest.fixture
def mapping(tmp_path: Path) -> Path:
    path = tmp_path / "map.json"
    path.write_text(json.dumps({"columns": {"Werk": "title", "Pages": "pages"}}), encoding="utf-8")
    return path


def titles(database: TrialDatabase) -> list[str]:
    with database.session() as session:
        return sorted(open_for_admin(session).all(Book)[Book.title])


def test_a_dry_run_says_what_would_happen(run: Run, database: TrialDatabase, file: Path, mapping: Path) -> None:
    code, report = run(str(file), "--map", str(mapping), "--dry-run")

    assert (code, report["counts"]) == (1, {"created": 2, "refused": 1})
    assert [(error["row"], error["path"], error["text"]) for error in report["errors"]] == [(3, "pages", "x")]
    assert titles(database) == []


def test_skip_imports_the_rest_and_undo_takes_it_back(
    run: Run, database: TrialDatabase, file: Path, mapping: Path
) -> None:
    code, report = run(str(file), "--map", str(mapping), "--mode", "skip", "--match", "title")
    assert (code, report["state"]) == (1, "done")
    assert titles(database) == ["A", "C"]

    _code, undone = run("--undo", str(report["import"]))
    assert undone["state"] == "undone"
    assert titles(database) == []


def test_an_interrupted_import_goes_on_where_it_stopped(
    run: Run, database: TrialDatabase, file: Path, mapping: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "PIECE", 1)
    chunk = importing.run_chunk

    def die_at_the_second(ctx: Any, batch: int, heads: Any, *rest: Any) -> None:
        if titles(database):
            raise KeyboardInterrupt
        chunk(ctx, batch, heads, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(importing, "run_chunk", die_at_the_second)
        with pytest.raises(KeyboardInterrupt):
            run(str(file), "--map", str(mapping), "--mode", "skip")
    assert titles(database) == ["A"]

    _code, report = run("--resume", "1")
    assert report["counts"] == {"created": 2, "refused": 1}
    assert titles(database) == ["A", "C"]
