"""hanse user: help for whoever has lost password or phone, which the audit log tells."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from porch import Porch
from sqlalchemy import text

from hanse.cli import people
from hanse.signin.vault import Vault


@pytest.fixture
def command(porch: Porch, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Run a command on the database of this test."""

    @contextmanager
    def opened() -> Iterator[Any]:
        yield porch.site.database

    monkeypatch.setattr("hanse.cli.session.open_database", opened)

    def run(*words: str) -> None:
        parser = argparse.ArgumentParser()
        people.add_commands(parser.add_subparsers())
        chosen = parser.parse_args(words)
        chosen.work(chosen)

    return run


def test_a_lost_second_factor_is_reset(porch: Porch, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    user = porch.person("ann")
    sealed = Vault.of(porch.site.settings).seal("GEZDGNBVGY3TQOJQ")
    porch.change(
        "INSERT INTO core_second_factor (user_id, secret, created, confirmed) VALUES (:user, :sealed, now(), now())",
        user=user,
        sealed=sealed,
    )
    assert porch.sign_in("ann").location.endswith("/login/code")
    command("user", "reset-totp", "ann")

    assert porch.sign_in("ann").location == "http://localhost/"
    assert "reset_second_factor" in porch.events(user)
    assert "password alone" in capsys.readouterr().out


def test_a_forgotten_password_is_made_anew(porch: Porch, command: Any, capsys: pytest.CaptureFixture[str]) -> None:
    user = porch.person("ann")
    browser = porch.inside("ann")
    command("user", "reset-password", "ann")

    assert browser.get("/me").status_int == 303
    assert porch.sign_in("ann", capsys.readouterr().out.strip()).status_int == 303
    assert "set_password" in porch.events(user)
    with porch.site.transaction() as ctx:
        assert ctx.session.scalar(text("SELECT via FROM core_audit WHERE action = 'core.user.set_password'")) == "cli"
