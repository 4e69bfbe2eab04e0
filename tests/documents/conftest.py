"""Fonts of the installation, a state folder of our own, and PDFium to look at what was made."""

import io
from collections.abc import Callable, Iterator

import pypdfium2
import pytest
from PIL import Image

from hanse.documents.fonts import font_directory


@pytest.fixture(autouse=True)
def state(tmp_path_factory, monkeypatch) -> None:
    """Keep the fonts of the installation, but no form rendered earlier."""
    monkeypatch.setenv("HANSE_FONTS", str(font_directory()))
    monkeypatch.setenv("HANSE_HOME", str(tmp_path_factory.mktemp("state")))


@pytest.fixture
def text_of() -> Callable[[bytes], list[str]]:
    """Return the text of each page, as a viewer copies it."""

    def texts(pdf: bytes) -> list[str]:
        with pypdfium2.PdfDocument(pdf) as document:
            return [page.get_textpage().get_text_bounded() for page in document]

    return texts


@pytest.fixture
def picture_of() -> Callable[..., Image.Image]:
    """Return a page as a picture of 100 dots an inch."""

    def picture(pdf: bytes, page: int = 0, dpi: int = 100) -> Image.Image:
        with pypdfium2.PdfDocument(io.BytesIO(pdf)) as document:
            return document[page].render(scale=dpi / 72).to_pil().convert("RGB")

    return picture


@pytest.fixture
def outline_of() -> Callable[[bytes], list[tuple[int, str, int]]]:
    """Return the outline as (depth, title, page)."""

    def entries(pdf: bytes) -> Iterator[tuple[int, str, int]]:
        with pypdfium2.PdfDocument(pdf) as document:
            for entry in document.get_toc():
                yield entry.level, entry.get_title(), entry.get_dest().get_index()

    return lambda pdf: list(entries(pdf))
