"""What may be attached: told by the bytes, not by the name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from hanse.errors import BusinessError, NotFound
from hanse.files import FolderStore
from hanse.files.kinds import checked_type
from hanse.files.pictures import SIDE, small_picture


def picture(kind: str = "PNG", size: tuple[int, int] = (640, 320), **options: object) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, kind, **options)
    return drawn.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("a.png", picture(), "image/png"),
        ("a.JPG", picture("JPEG"), "image/jpeg"),
        ("a.webp", picture("WEBP"), "image/webp"),
        ("合同.pdf", b"%PDF-1.7\n", "application/pdf"),
        ("a.txt", b"hello", "text/plain"),
        ("a.xls", b"<table>what banks call a sheet</table>", "application/vnd.ms-excel"),
        ("a.txt", b"", "text/plain"),
    ],
)
def test_what_is_as_it_says_is_taken(name: str, content: bytes, media_type: str) -> None:
    file = io.BytesIO(content)

    assert checked_type(name, file) == media_type
    assert file.read() == content


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.png", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("a.png", picture("JPEG")),
        ("a.pdf", b"<script>alert(1)</script>"),
        ("a.pdf", picture()),
        ("a.txt", b"MZ\x90\x00"),
        ("a.doc", b"\x7fELF\x02"),
        ("a.txt", b"#!/bin/sh\n"),
        ("a.html", b"<p>hello"),
        ("a.svg", b"<svg/>"),
        ("a.exe", b"hello"),
        ("a.pdf.exe", b"%PDF-1.7"),
        ("noending", b"%PDF-1.7"),
    ],
)
def test_programs_pages_and_what_lies_about_itself_are_refused(name: str, content: bytes) -> None:
    with pytest.raises(BusinessError, match=name):
        checked_type(name, io.BytesIO(content))


def test_a_small_picture_is_upright_small_and_says_nothing_of_the_camera(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90 degrees
    exif[0x010F] = "Spy Camera"
    files = FolderStore(tmp_path / "files")
    key = files.store(picture("JPEG", (640, 320), exif=exif))
    place = small_picture(files, tmp_path, key)

    with Image.open(place) as small:
        assert (small.format, small.size) == ("WEBP", (SIDE // 2, SIDE))
    assert b"Spy" not in place.read_bytes()
    before = place.stat().st_mtime_ns
    assert small_picture(files, tmp_path, key).stat().st_mtime_ns == before, "made once"


def bomb() -> bytes:
    """A PNG of a few bytes that claims 50,000 x 50,000 pixels."""
    import struct
    import zlib

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize("content", [bomb(), b"no picture", picture()[:-20] + b"x" * 20])
def test_what_cannot_be_drawn_safely_has_no_small_picture(tmp_path: Path, content: bytes) -> None:
    files = FolderStore(tmp_path / "files")

    with pytest.raises(NotFound):
        small_picture(files, tmp_path, files.store(content))
    assert not list((tmp_path / "thumbnails").rglob("*")) if (tmp_path / "thumbnails").exists() else True


def test_a_picture_that_was_cut_off_is_drawn_as_far_as_it_goes(tmp_path: Path) -> None:
    files = FolderStore(tmp_path / "files")

    with Image.open(small_picture(files, tmp_path, files.store(picture()[:60]))) as small:
        assert max(small.size) == SIDE
