"""What people may rely on when they attach files to records."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from hanse.settings.changing import change_settings
from hanse.settings.models import GeneralSettings
from hanse.testing.browser import Site
from hanse.testing.databases import Databases
from hanse.testing.people import Person, open_for_person


@pytest.fixture
def site(databases: Databases, tmp_path: Path) -> Iterator[Site]:
    with databases.copy() as database:
        yield Site(database, tmp_path)


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 320), (200, 30, 30)).save(drawn, "PNG")
    return drawn.getvalue()


def attached(site: Site, *files: tuple[str, bytes], status: int = 303) -> str:
    """Attach files to the company, and give its page or what was said."""
    browser = site.browser()
    sent = [("files", name, content) for name, content in files]
    answer = browser.post("/core/company/1/attachments", {}, upload_files=sent, status=status)
    return browser.get("/core/company/1").text if status == 303 else answer.text


def test_several_files_at_once_are_listed_pictures_small(site: Site) -> None:
    attached(site, ("logo.png", picture()), ("terms.pdf", b"%PDF-1.7"), ("note.txt", b"hello"))
    browser = site.browser()
    page = browser.get("/core/company/1").html
    names = [one.text for one in page.select(".hz-file strong")]
    looked = [one["data-look"] for one in page.select("a[data-look]")]

    assert names == ["logo.png", "terms.pdf", "note.txt"]
    assert looked == ["image/png", "application/pdf"]
    (small,) = page.select(".hz-file img")
    drawn = browser.get(small["src"])
    with Image.open(io.BytesIO(drawn.body)) as shown:
        assert (shown.format, shown.size) == ("WEBP", (240, 120))
    assert drawn.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert page.select("input[capture]")


def test_what_is_shown_can_do_nothing_and_all_else_is_saved(site: Site) -> None:
    attached(site, ("terms.pdf", b"%PDF-1.7"), ("note.txt", b"<script>alert(1)</script>"))
    browser = site.browser()

    pdf = browser.get("/files/1/terms.pdf?view=1")
    assert pdf.headers["Content-Disposition"] == "inline"
    assert "frame-ancestors 'self'" in pdf.headers["Content-Security-Policy"]
    for path in ("/files/2/note.txt?view=1", "/files/2/note.txt", "/files/1/terms.pdf"):
        answer = browser.get(path)
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert browser.get("/files/2/note.txt").content_type == "application/octet-stream"
    assert browser.get("/files/2/note.txt?small=1", status=404)


def test_who_does_not_see_the_record_sees_no_file_of_it_small_or_large(site: Site) -> None:
    attached(site, ("logo.png", picture()))
    with site.transaction() as ctx:
        open_for_person(ctx, Person("ann", (("contacts.partner.read", "company"),), None, ()), None)
    browser = site.browser("ann")

    for query in ("", "?small=1", "?view=1"):
        assert browser.get(f"/files/1/logo.png{query}", status=404)


def test_the_company_bounds_what_people_attach(site: Site) -> None:
    with site.transaction() as ctx:
        change_settings(ctx, GeneralSettings, {"upload_mb": 1})

    assert "larger than 1 MB" in attached(site, ("big.txt", b"x" * (2**20 + 1)), status=422)
    assert "fits.txt" in attached(site, ("fits.txt", b"x" * 2**20))


def test_nothing_is_kept_of_a_file_that_is_refused(site: Site, tmp_path: Path) -> None:
    assert "program" in attached(site, ("tool.txt", b"MZ\x90"), status=422)
    assert not list((tmp_path / "files").rglob("*")) if (tmp_path / "files").exists() else True
