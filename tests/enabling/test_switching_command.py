"""What operators may rely on from ``hanse addon enable`` and ``disable``: the plan is printed, then done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from hanse.cli.main import main
from hanse.testing.browser import Site
from hanse.testing.databases import COMPANY
from hanse.testing.people import department


@pytest.fixture
def command(site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    """Run ``hanse addon …`` on the database of the test; give exit code, output and errors."""

    @contextmanager
    def opened() -> Iterator[Any]:
        yield site.database

    monkeypatch.setattr("hanse.cli.session.open_database", opened)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = main(["addon", *arguments, "--company", COMPANY])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def enabled(site: Site) -> frozenset[str]:
    with site.transaction() as ctx:
        return ctx.enabled


def test_a_dry_run_prints_the_plan_and_changes_nothing(site: Site, command: Callable[..., Any]) -> None:
    code, out, _errors = command("disable", "library", "--others", "--dry-run")
    assert code == 0
    assert "Reviews as well, as it needs Library" in out
    assert "Nothing is deleted." in out
    assert "sample_library" in enabled(site)

    assert command("disable", "library", "--others")[1] == out
    assert "sample_library" not in enabled(site)


def test_what_stands_against_it_is_said_and_nothing_is_done(site: Site, command: Callable[..., Any]) -> None:
    code, out, _errors = command("disable", "sample_library")
    assert code == 1
    assert "Library stays on: Fines, Reviews needs it." in out
    assert "sample_library" in enabled(site)


def test_departments_are_given_an_addon_and_lose_it(site: Site, command: Callable[..., Any]) -> None:
    with site.transaction() as ctx:
        desk, attic = department(ctx, "Desk"), department(ctx, "Attic")
    assert command("enable", "library", "--department", "Desk")[0] == 0
    assert "Attic gets Library" in command("enable", "library", "--department", "Attic", "--dry-run")[1]
    code, _out, errors = command("disable", "library", "--department", "Desk")
    assert (code, "No department would be left" in errors) == (1, True)
    with site.transaction() as ctx:
        from hanse.enabling.switches import read_switches

        now = read_switches(ctx)
    assert "sample_library" in now.seen([desk])
    assert "sample_library" not in now.seen([attic])


def test_what_an_addon_asks_is_answered(site: Site, command: Callable[..., Any]) -> None:
    code, out, errors = command("enable", "finance", "--answer", "fiscal_year_start=2031-01")
    assert (code, errors) == (0, "")
    assert "--answer fiscal_year_start=…" in out
    assert "hanse_finance" in enabled(site)
    with site.transaction() as ctx:
        from hanse_finance.models import FiscalYear

        assert [year.start.year for year in ctx.all(FiscalYear)] == [2031]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("enable", "nothing"), "there is no addon 'nothing'"),
        (("enable", "bridge"), "sample_bridge is a bridge"),
        (("enable", "library", "--department", "Nowhere"), "there is no department 'Nowhere'"),
        (("enable", "library", "--as", "nobody"), "there is no active user 'nobody'"),
        (("enable", "finance", "--answer", "x"), "--answer takes NAME=VALUE"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(command: Callable[..., Any], arguments: Any, message: str) -> None:
    code, _out, errors = command(*arguments)
    assert code == 1
    assert message in errors
