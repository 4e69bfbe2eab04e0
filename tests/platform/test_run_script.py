"""What ./run promises: a step is done once, an interrupted one again, and no lock names a host."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import pwd
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
LOCKS = sorted(path.name for path in [*CHECKOUT.glob("requirements*.txt"), CHECKOUT / "package-lock.json"])


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script as a module, with stamps of its own."""
    loader = importlib.machinery.SourceFileLoader("hanse_run", str(CHECKOUT / "run"))
    spec = importlib.util.spec_from_loader("hanse_run", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    loader.exec_module(module)
    monkeypatch.setattr(module, "STAMPS", tmp_path / "stamps")
    monkeypatch.setattr(module, "WRITABLE", True)
    return module


def test_a_step_is_done_once(run: ModuleType) -> None:
    done: list[str] = []
    for wanted in ("1", "1", "2"):
        run.step("one", "One", wanted, lambda wanted=wanted: done.append(wanted))
    assert done == ["1", "2"]


def test_an_interrupted_step_is_done_again(run: ModuleType) -> None:
    done: list[str] = []

    def interrupted() -> None:
        raise KeyboardInterrupt

    run.step("one", "One", "1", lambda: done.append("first"))
    with pytest.raises(KeyboardInterrupt):
        run.step("one", "One", "2", interrupted)
    run.step("one", "One", "1", lambda: done.append("again"))
    assert done == ["first", "again"]


def test_a_step_whose_result_was_deleted_is_done_again(run: ModuleType, tmp_path: Path) -> None:
    result = tmp_path / "result"
    for _ in range(2):
        run.step("one", "One", "1", lambda: result.write_text("made"), result)
    result.unlink()
    run.step("one", "One", "1", lambda: result.write_text("made again"), result)
    assert result.read_text() == "made again"


def test_a_step_that_is_done_says_nothing(run: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    run.step("one", "One", "1", list)
    assert capsys.readouterr().err == "One …\n"
    run.step("one", "One", "1", list)
    assert capsys.readouterr() == ("", "")


def test_a_step_in_a_folder_of_somebody_else_names_that_somebody(
    run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "WRITABLE", False)
    owner = pwd.getpwuid(CHECKOUT.stat().st_uid).pw_name
    with pytest.raises(run.Failed, match=rf"Run once as {owner}: \./run setup --dev"):
        run.step("one", "One", "1", list)


def test_a_failing_program_shows_its_words_and_the_advice(run: ModuleType) -> None:
    with pytest.raises(run.Failed, match=r"(?s)it broke.*This failed: .*Try the other door"):
        run.quietly([sys.executable, "-c", "print('it broke'); exit(1)"], "Try the other door.")


def test_a_fingerprint_sees_contents_and_names(run: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "a").write_text("1")
    before = run.fingerprint(tmp_path)
    (tmp_path / "a").write_text("2")
    changed = run.fingerprint(tmp_path)
    (tmp_path / "a").rename(tmp_path / "b")
    assert len({before, changed, run.fingerprint(tmp_path)}) == 3


def test_the_caller_s_environment_reaches_the_programs(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_CERT", "/certs/company.pem")
    monkeypatch.setenv("PYTHONHOME", "/elsewhere")
    given = run.environment()
    assert given["PIP_CERT"] == "/certs/company.pem"
    assert "PYTHONHOME" not in given
    assert given["PATH"].startswith(str(run.VENV / "bin"))


def test_uv_learns_what_pip_knows_about_the_index(run: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = "global.index-url='scheme://index'\n:env:.cert='/certs/company.pem'\nglobal.timeout='60'\n"
    answer = subprocess.CompletedProcess([], 0, stdout=listed)
    monkeypatch.setattr(run, "attempt", lambda command: answer)
    for name in ("UV_DEFAULT_INDEX", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert (
        run.uv_settings().items()
        >= {"UV_DEFAULT_INDEX": "scheme://index", "SSL_CERT_FILE": "/certs/company.pem"}.items()
    )


def test_an_unknown_command_names_the_known_ones() -> None:
    done = subprocess.run([CHECKOUT / "run", "swerve"], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "There is no command swerve. The commands are serve, test" in done.stderr


def test_help_shows_every_command(run: ModuleType) -> None:
    for name in run.COMMANDS:
        assert re.search(rf"\b{name}\b", run.__doc__ or "")


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_host(name: str) -> None:
    text = (CHECKOUT / name).read_text(encoding="utf-8")
    assert not re.search(r"https?:|//|--index|--find-links", text.replace("node_modules/", ""))


def test_every_locked_python_package_has_hashes() -> None:
    for name in LOCKS:
        if name.endswith(".txt"):
            text = (CHECKOUT / name).read_text(encoding="utf-8").replace("\\\n", " ")
            packages = [line for line in text.splitlines() if line and not line.startswith(("#", " "))]
            assert packages
            assert all("--hash=sha256:" in line for line in packages)


def test_every_locked_npm_package_has_its_integrity_and_no_origin() -> None:
    packages = json.loads((CHECKOUT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    others = [package for path, package in packages.items() if path]
    assert others
    assert all("integrity" in package and "resolved" not in package for package in others)


def test_tests_run_with_the_versions_of_the_program() -> None:
    pin = re.compile(r"^([\w.-]+)(?:\[[\w,]+\])?==(\S+)(?: ; (.*?))? \\$", re.MULTILINE)
    runtime = set(pin.findall((CHECKOUT / "requirements.txt").read_text(encoding="utf-8")))
    tests = set(pin.findall((CHECKOUT / "requirements-dev.txt").read_text(encoding="utf-8")))
    names = {name for name, _, _ in runtime}
    assert "sqlalchemy" in names
    assert runtime == {one for one in tests if one[0] in names}
