"""What the operator may rely on: a setting means what config.ini says, and a mistake is named."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import pytest

from hanse.config import ConfigError, Settings

CHECKOUT = Path(__file__).resolve().parents[2]
KEYS = sorted(one.name for one in fields(Settings))


def written(folder: Path, *lines: str) -> Path:
    path = folder / "config.ini"
    path.write_text("\n".join(["[hanse]", *lines]), encoding="utf-8")
    return path


def test_config_ini_of_the_checkout_holds_the_defaults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda place, mode: True)
    empty = Settings.load(written(tmp_path), {})
    shipped = Settings.load(CHECKOUT / "config.ini", {})
    assert shipped.home == CHECKOUT / "var"
    assert empty.home == tmp_path / "var"
    for key in set(KEYS) - {"home"}:
        assert getattr(shipped, key) == getattr(empty, key), key


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_in_config_ini_under_a_comment(key: str) -> None:
    lines = (CHECKOUT / "config.ini").read_text(encoding="utf-8").splitlines()
    place = next(number for number, line in enumerate(lines) if line.partition("=")[0].strip() == key)
    above = lines[:place]
    while above and above[-1] and not above[-1].startswith("#"):
        above.pop()  # settings may share a comment
    assert above[-1].startswith("# ")


@pytest.mark.parametrize("key", KEYS)
def test_every_setting_is_documented(key: str) -> None:
    assert f"| `{key}` |" in (CHECKOUT / "docs" / "configuration.md").read_text(encoding="utf-8")


def test_who_may_not_write_beside_config_ini_gets_a_home_of_his_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, "home =")
    monkeypatch.setattr(os, "access", lambda place, mode: False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "mine"))
    assert Settings.load(path, {}).home == tmp_path / "mine" / "hanse"


def test_a_variable_overrides_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "port = 9000", "demo = no")
    settings = Settings.load(path, {"HANSE_PORT": "9001", "PORT": "1"})
    assert (settings.port, settings.demo) == (9001, False)


def test_values_have_types(tmp_path: Path) -> None:
    path = written(tmp_path, "addons = hanse_crm,  hanse_hr", "demo = OFF", "database_url =", "home = data")
    settings = Settings.load(path, {})
    assert settings.addons == ("hanse_crm", "hanse_hr")
    assert settings.demo is False
    assert settings.database_url is None
    assert settings.home == tmp_path / "data"


def test_a_percent_sign_in_a_password_is_a_percent_sign(tmp_path: Path) -> None:
    path = written(tmp_path, "database_url = postgresql://a:p%40ss@h/d")
    assert Settings.load(path, {}).database_url == "postgresql://a:p%40ss@h/d"


def test_another_file_is_named_by_a_variable(tmp_path: Path) -> None:
    path = written(tmp_path, "port = 9002")
    assert Settings.load(environ={"HANSE_CONFIG": str(path)}).port == 9002


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("prot = 1", "prot is not a setting. Did you mean port?"),
        ("colour = blue", "colour is not a setting. The settings are home, database_url"),
        ("port = high", "port = 'high' is not a whole number"),
        ("port = 70000", "port = '70000' must be between 1 and 65535"),
        ("demo = maybe", "demo = 'maybe' must be yes or no"),
        ("host =", "host = '' is empty"),
        ("time_zone = Mars/Base", "time_zone = 'Mars/Base' is not a time zone"),
        ("default_locale = xx", "must be one of zh_CN, en"),
        ("database_url = mysql://h/d", "must begin with postgresql://"),
        ("addons = hanse_hr hanse_hr", "names hanse_hr twice"),
    ],
)
def test_a_mistake_is_named_with_its_file_and_key(tmp_path: Path, line: str, words: str) -> None:
    path = written(tmp_path, line)
    with pytest.raises(ConfigError) as raised:
        Settings.load(path, {})
    assert str(path) in str(raised.value)
    assert words in str(raised.value)


def test_a_mistake_in_a_variable_is_named_with_the_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"environment: HANSE_PRT is not a setting\. Did you mean HANSE_PORT\?"):
        Settings.load(written(tmp_path), {"HANSE_PRT": "1"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"port = 1\n", "is not an ini file"),
        (b"[other]\nport = 1\n", "has no section [hanse]"),
        (b"\xff\xfe[hanse]", "is not an ini file"),
    ],
)
def test_a_file_that_is_no_config_ini_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.ini"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        Settings.load(path, {})
    assert words in str(raised.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.ini: cannot be read"):
        Settings.load(tmp_path / "absent.ini", {})


def test_children_get_the_same_settings_through_the_environment(tmp_path: Path) -> None:
    path = written(tmp_path, "addons = a b", "demo = no", "port = 9003", "database_url = postgresql://a:%25@h/d")
    settings = Settings.load(path, {})
    assert Settings.load(written(tmp_path), settings.as_environment()) == settings


def test_secrets_are_not_shown() -> None:
    settings = Settings(database_url="postgresql://a:secret@h/d", admin_password="secret")
    assert "secret" not in repr(settings)
