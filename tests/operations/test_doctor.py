"""What an operator may rely on from hanse doctor: it finds what is wrong, says what to do, and changes nothing."""

from __future__ import annotations

import json
import os
import shutil
import sys
import zoneinfo
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from homes import ask, contents, fresh_databases, fresh_home, security, settings_for
from sqlalchemy import create_engine, text

from hanse.cli import doctor as command
from hanse.database import migrations
from hanse.database.session import JOBS, Database
from hanse.database.walls import faults
from hanse.documents import weasy
from hanse.operations import doctor, inside, outside
from hanse.operations.findings import Finding, Level
from hanse.testing import TrialDatabase

SCHEDULE = (
    "INSERT INTO core_schedule (task, company_id, rule, next_at) "
    "SELECT 'hanse.tidy_jobs', id, 'x', now() - interval '1 hour' FROM core_company"
)
JOB = (
    "INSERT INTO core_job (task, args, queue, state, run_at, created_at, user_id, company_id, locale, via) "
    "SELECT 'x', '{{}}', 'default', '{}', now() - interval '1 hour', now(), u.id, c.id, 'en', 'job' "
    "FROM core_user u, core_company c LIMIT 1"
)


def look(database: TrialDatabase, name: str, **settings: Any) -> Finding:
    """What one check says of a database."""
    patient = settings_for(Path("/"), web_processes=1, **settings)
    return dict(doctor.examine_database(patient, database.url, None))[name]


def test_a_sound_database_passes_every_check(own_database: TrialDatabase, tmp_path: Path) -> None:
    ask(own_database.owner_url, "DELETE FROM core_schedule")
    worker = Database(own_database.url, name=JOBS)
    with worker.engine.connect():
        found = dict(doctor.examine_database(settings_for(tmp_path, web_processes=1), own_database.url, None))
    worker.close()
    assert set(found) == set(doctor.INSIDE)
    assert {name: one for name, one in found.items() if one.level != Level.OK} == {}


@pytest.mark.parametrize(
    ("check", "harm", "level", "words"),
    [
        ("extensions", "DROP EXTENSION btree_gist CASCADE", "WARN", "btree_gist"),
        (
            "migrations",
            "DELETE FROM hanse_revision WHERE addon = 'hanse_finance'",
            "FAIL",
            "hanse_finance is at nothing",
        ),
        (
            "row security",
            "ALTER TABLE finance_voucher NO FORCE ROW LEVEL SECURITY",
            "FAIL",
            "finance_voucher: row security",
        ),
        ("row security", "DROP POLICY app_insert ON finance_voucher", "FAIL", "policy app_insert"),
        ("row security", "CREATE POLICY open ON finance_voucher USING (true)", "FAIL", "policy open"),
        ("row security", "GRANT DELETE ON core_audit TO hanse_app", "FAIL", "core_audit: the app role may"),
        ("row security", "ALTER TABLE core_audit DISABLE TRIGGER append_only", "FAIL", "trigger append_only"),
        ("failed jobs", JOB.format("dead"), "WARN", "1 jobs have failed"),
        ("waiting jobs", JOB.format("pending"), "WARN", "a job waits since 1:00:0"),
        ("schedules", SCHEDULE, "WARN", "1 schedules are overdue"),
        ("company zones", "UPDATE core_company SET time_zone = 'Mars/Olympus'", "FAIL", "Mars/Olympus"),
    ],
)
def test_harm_in_the_database_is_found(
    own_database: TrialDatabase, check: str, harm: str, level: str, words: str
) -> None:
    owner = own_database.owner_url
    if "EXTENSION" in harm:
        owner = owner.replace("hanse_owner", "postgres")
    if check == "schedules":
        ask(owner, "DELETE FROM core_schedule")
    ask(owner, harm)
    found = look(own_database, check)
    assert found.level == level
    assert words in found.words
    assert found.advice


def test_a_role_that_row_security_does_not_bind_is_found(own_database: TrialDatabase) -> None:
    as_owner = dict(doctor.examine_database(settings_for(Path("/")), own_database.owner_url, None))
    assert as_owner["role"].words == "the app role hanse_owner is an owner"
    superuser = own_database.owner_url.replace("hanse_owner", "postgres")
    found = dict(doctor.examine_database(settings_for(Path("/")), superuser, None))["role"]
    assert found.level == Level.FAIL
    assert "a superuser and free of row security" in found.words


def test_other_harm_is_found(own_database: TrialDatabase, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert look(own_database, "jobs process").level == Level.WARN
    assert "allows 97" in look(own_database, "connections", threads=200).words
    monkeypatch.setattr(inside, "OLDEST_MAJOR", 99)
    assert look(own_database, "postgresql").level == Level.FAIL
    monkeypatch.setattr(inside, "_FURTHEST_CLOCK", -inside.LONGEST_WAIT)
    assert "apart" in look(own_database, "clock").words
    monkeypatch.setattr(outside, "LEAST_MB", 2**40)
    settings = settings_for(tmp_path)
    assert dict(doctor.examine_database(settings, own_database.url, tmp_path))["data disk"].level == Level.FAIL
    gone = own_database.url.replace(own_database.name, "no_such_database")
    [(name, found)] = doctor.examine_database(settings, gone, None)
    assert (name, found.level) == ("database", Level.FAIL)
    assert "does not exist" in found.words


def broken(*_arguments: object) -> None:
    raise OSError("no Pango")


@pytest.mark.parametrize(
    ("check", "place", "name", "instead", "level", "words"),
    [
        ("python", sys, "version_info", (3, 10), "FAIL", "on Python"),
        ("disk", shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 2**20 * 600}), "WARN", "600 MB free"),
        ("disk", shutil, "disk_usage", lambda _folder: type("Usage", (), {"free": 2**20}), "FAIL", "1 MB free"),
        ("pdf", weasy, "ready", broken, "FAIL", "no Pango"),
        ("pdf", outside, "fonts_folder", lambda: Path("/nowhere"), "FAIL", "no fonts"),
        ("assets", outside, "vendor_folder", lambda: Path("/nowhere"), "FAIL", "manifest.json is missing"),
    ],
)
def test_harm_around_it_is_found(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: str,
    place: object,
    name: str,
    instead: Callable[..., Any],
    level: str,
    words: str,
) -> None:
    assert doctor.OUTSIDE[check](settings_for(tmp_path)).level == Level.OK
    monkeypatch.setattr(place, name, instead)
    found = doctor.OUTSIDE[check](settings_for(tmp_path))
    assert found.level == level
    assert words in found.words


@pytest.mark.parametrize(
    ("check", "settings", "words"),
    [
        ("network", {"host": "0.0.0.0"}, "no trusted_proxy"),
        ("settings", {"admin_password": "x"}, "admin_password"),
        ("settings", {"demo": True, "host": "0.0.0.0"}, "demo = yes"),
        ("settings", {"log_level": "debug"}, "debug"),
        ("settings", {"backups_kept": 0}, "backups_kept"),
        ("settings", {"trusted_proxy": "*"}, "every client"),
    ],
)
def test_dangerous_settings_are_found(tmp_path: Path, check: str, settings: dict[str, Any], words: str) -> None:
    assert doctor.OUTSIDE[check](settings_for(tmp_path)).level == Level.OK
    found = doctor.OUTSIDE[check](replace(settings_for(tmp_path), **settings))
    assert found.level == Level.WARN
    assert words in found.words


def test_secrets_that_everybody_may_read_and_a_zone_without_data_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets.json").touch(mode=0o600)
    assert outside.secrets(settings_for(tmp_path)).level == Level.OK
    (tmp_path / "secrets.json").chmod(0o644)
    assert "secrets.json" in outside.secrets(settings_for(tmp_path)).words
    assert outside.zones(settings_for(tmp_path, time_zone="Mars/Olympus")).level == Level.FAIL
    assert zoneinfo.ZoneInfo("Asia/Shanghai")


def test_it_changes_nothing(own_database: TrialDatabase) -> None:
    before = contents(own_database.owner_url), security(own_database.owner_url)
    list(doctor.examine_database(settings_for(Path("/")), own_database.url, None))
    assert (contents(own_database.owner_url), security(own_database.owner_url)) == before

    def write(patient: Any) -> Finding:
        patient.connection.execute(text("DELETE FROM core_job"))
        raise AssertionError("it could write")

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(doctor.INSIDE, "clock", write)
        found = look(own_database, "clock")
    assert "read-only transaction" in found.words


def test_a_postgresql_that_does_not_run_is_not_started(tmp_path: Path) -> None:
    assert list(doctor.examine(settings_for(tmp_path)))[-1][1].words == "there is no database yet"
    assert list(tmp_path.iterdir()) == []
    with fresh_home() as home:
        with fresh_databases(home) as databases:
            migrations.upgrade(databases.owner_url, databases.app_url)
            found = dict(doctor.examine(settings_for(home)))
            assert found["migrations"].level == Level.OK
            assert "MB free" in found["data disk"].words
        before = sorted(home.rglob("*"))
        assert dict(doctor.examine(settings_for(home)))["database"].words.startswith("PostgreSQL does not run")
        assert sorted(home.rglob("*")) == before


def test_the_command_speaks_to_people_and_programs_and_fails_when_something_has(
    own_database: TrialDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    import argparse

    monkeypatch.setitem(os.environ, "HANSE_HOME", str(tmp_path))
    monkeypatch.setitem(os.environ, "HANSE_DATABASE_URL", own_database.url)
    assert command._doctor(argparse.Namespace(json=False)) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("OK    migrations") for line in lines)
    ask(own_database.owner_url, "DELETE FROM hanse_revision")
    assert command._doctor(argparse.Namespace(json=True)) == 1
    told = json.loads(capsys.readouterr().out)
    [row] = [row for row in told if row["check"] == "migrations"]
    assert row["level"] == "FAIL"
    assert row["advice"]


def test_every_table_has_the_walls_that_its_model_declares(database: TrialDatabase) -> None:
    engine = create_engine(database.owner_url)
    with engine.connect() as connection:
        assert faults(connection, "hanse_app") == []
    engine.dispose()
