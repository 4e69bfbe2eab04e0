"""What set-up leaves behind: icons that pages use, fonts that printers read, translations that are compiled."""

from __future__ import annotations

import ctypes
import gettext
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hanse.setup import assets, debian, pango, translations
from hanse.setup.places import CHECKOUT, fonts_folder, vendor_folder

ICONS = (CHECKOUT / "core/hanse/setup/icons.txt").read_text(encoding="utf-8").split()


def test_the_list_of_icons_is_sorted_and_names_each_once() -> None:
    assert sorted(set(ICONS)) == ICONS


def test_every_icon_of_the_templates_is_in_the_sprite() -> None:
    used = {
        name
        for folder in ("core", "addons")
        for path in (CHECKOUT / folder).rglob("*.jinja2")
        for name in re.findall(r"\bicon\(\s*['\"]([a-z0-9-]+)['\"]", path.read_text(encoding="utf-8"))
    }
    assert used
    assert used <= set(ICONS)


def test_a_sprite_symbol_keeps_the_shapes_of_the_drawing() -> None:
    drawing = '<!-- tags: [x] -->\n<svg\n  width="24"\n>\n  <path d="M5 12l5 5" />\n  <path d="M0 0" />\n</svg>\n'
    symbol = assets.icon_symbol("check", drawing)
    assert symbol.startswith('<symbol id="check" viewBox="0 0 24 24">')
    assert symbol.count("<path ") == 2
    assert "<svg" not in symbol


def test_the_manifest_names_every_vendor_file() -> None:
    manifest = json.loads((vendor_folder() / "manifest.json").read_text(encoding="utf-8"))
    files = {path.relative_to(vendor_folder()).as_posix() for path in vendor_folder().rglob("*") if path.is_file()}
    assert files == set(manifest) | {"manifest.json"}
    assert {"htmx.min.js", "icons.svg", "inter/wght.css"} <= set(manifest)


def test_the_print_fonts_are_static_files_with_both_weights() -> None:
    for source in assets.PRINT_FONTS:
        content = (fonts_folder() / Path(source).name).read_bytes()
        assert content[:4] == b"\0\1\0\0"
        assert b"fvar" not in content[: 12 + 16 * content[5]]


def test_pango_can_be_loaded() -> None:
    pango.load_pango()
    assert ctypes.CDLL("libpango-1.0.so.0")


def test_a_system_without_apt_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(debian.NotAvailable, match="no apt-get"):
        debian.unpack(["anything"], tmp_path / "tree")


def source_tree(folder: Path, *, sentence: str) -> Path:
    package = folder / "addons" / "acme_loans"
    package.mkdir(parents=True, exist_ok=True)
    (folder / "core" / "hanse").mkdir(parents=True, exist_ok=True)
    (package / "__init__.py").write_text(f"from hanse import _\nTITLE = _({sentence!r})\n")
    (package / "page.jinja2").write_text("<p>{{ _('Lent until') }}</p>")
    return folder


def test_sentences_of_python_and_templates_are_collected_and_compiled(tmp_path: Path) -> None:
    source_tree(tmp_path, sentence="Loans")
    translations.extract(tmp_path)
    path = tmp_path / "i18n/zh_CN/LC_MESSAGES/acme_loans.po"
    text = path.read_text(encoding="utf-8")
    assert 'msgid "Loans"' in text
    text = text.replace('msgid "Lent until"\nmsgstr ""', 'msgid "Lent until"\nmsgstr "借至"')
    path.write_text(text, encoding="utf-8")
    translations.compile_all(tmp_path)
    compiled = gettext.translation("acme_loans", tmp_path / "i18n", ["zh_CN"])
    assert compiled.gettext("Lent until") == "借至"


def test_extraction_keeps_what_was_translated_and_settles(tmp_path: Path) -> None:
    source_tree(tmp_path, sentence="Loans")
    translations.extract(tmp_path)
    path = tmp_path / "i18n/zh_CN/LC_MESSAGES/acme_loans.po"
    text = path.read_text(encoding="utf-8").replace('msgid "Loans"\nmsgstr ""', 'msgid "Loans"\nmsgstr "借出"')
    path.write_text(text, encoding="utf-8")
    translations.extract(tmp_path)
    assert path.read_text(encoding="utf-8") == text
    source_tree(tmp_path, sentence="Lendings")
    translations.extract(tmp_path)
    assert '#~ msgid "Loans"' in path.read_text(encoding="utf-8")
    translations.extract(tmp_path, keep_gone=False)
    assert "Loans" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("content", ["nonsense\n", 'msgid "%(a)s left"\nmsgstr "剩 %(b)s"\n'])
def test_a_wrong_catalogue_is_named(tmp_path: Path, content: str) -> None:
    folder = tmp_path / "i18n/zh_CN/LC_MESSAGES"
    folder.mkdir(parents=True)
    (folder / "broken.po").write_text(content, encoding="utf-8")
    with pytest.raises(SystemExit, match=r"broken\.po"):
        translations.compile_all(tmp_path)


def test_the_hanse_package_is_installed_with_its_addons() -> None:
    program = "from importlib.metadata import entry_points; print(*entry_points(group='hanse.addons').names)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd="/")
    assert {
        "hanse_contacts",
        "hanse_products",
        "hanse_finance",
        "hanse_cn",
        "hanse_invoicing",
        "hanse_invoicing_cn",
    } <= set(done.stdout.split())


def test_the_public_names_come_on_demand() -> None:
    program = (
        "import sys, hanse; assert 'sqlalchemy' not in sys.modules; "
        "from hanse import *; assert set(hanse.__all__) <= set(globals()); "
        "assert set(hanse.__all__) == set(hanse._HOME_OF)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_a_web_process_begins_without_what_only_others_need() -> None:
    """Each of these takes a twentieth of a start or more, and memory in every process."""
    program = (
        "import sys; from hanse.app import make_app; from hanse.config import Settings; make_app(Settings.load()); "
        "print(*{'alembic', 'celery', 'mako', 'pypinyin', 'weasyprint', 'xlsxwriter'} & set(sys.modules))"
    )
    env = os.environ | {"HANSE_DATABASE_URL": "postgresql+psycopg://nobody@localhost/nothing"}
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, env=env)
    assert done.stdout.split() == []
