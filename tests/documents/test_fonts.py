"""What documents may rely on: our fonts only, found where set-up put them, and a clear word when they are not there."""

import os
import re

import pytest

from hanse.documents import DocumentError
from hanse.documents.fonts import font_directory, font_stack, only_our_fonts
from hanse.documents.typeset import stack_of
from hanse.documents.weasy import render


def test_missing_fonts_are_answered_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    with pytest.raises(DocumentError, match=r"no fonts in .*Run \./run setup"):
        font_directory()


def test_a_folder_without_the_font_of_the_role_is_answered_with_its_name(tmp_path, monkeypatch):
    (tmp_path / "Other.ttf").touch()
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    with pytest.raises(DocumentError, match=r"NotoSerifSC_400Regular\.ttf is not in"):
        font_stack("serif")


def test_a_font_put_into_the_folder_is_asked_after_ours(tmp_path, monkeypatch):
    for name in ("Inter_400Regular.ttf", "NotoSerifSC_400Regular.ttf", "A-rare.ttf"):
        (tmp_path / name).touch()
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    assert [path.name for path in font_stack("serif")] == [
        "NotoSerifSC_400Regular.ttf",
        "Inter_400Regular.ttf",
        "A-rare.ttf",
    ]


def test_a_file_that_is_no_font_is_named(tmp_path, monkeypatch):
    (tmp_path / "NotoSerifSC_400Regular.ttf").write_bytes(b"not a font")
    monkeypatch.setenv("HANSE_FONTS", str(tmp_path))
    with pytest.raises(DocumentError, match=r"NotoSerifSC_400Regular\.ttf is not a font"):
        stack_of("serif")


def test_the_environment_is_as_before_once_fonts_are_loaded(monkeypatch):
    monkeypatch.setenv("FONTCONFIG_FILE", "theirs.conf")
    with only_our_fonts():
        assert os.environ["FONTCONFIG_FILE"] != "theirs.conf"
    assert os.environ["FONTCONFIG_FILE"] == "theirs.conf"


def test_a_font_of_the_system_is_never_used():
    pdf = render("<p style='font-family:DejaVu Sans'>system <b>bold</b> <i style='font-family:monospace'>mono</i> 中")
    assert set(re.findall(rb"/FontName /\w{6}\+([A-Z][a-z]+)", pdf)) <= {b"Noto", b"Inter"}
