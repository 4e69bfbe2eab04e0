"""What a field of kind file may be relied on for: judged, kept through refusals, shown to who may see it."""

from __future__ import annotations

import hashlib
import io
import os
from types import SimpleNamespace
from typing import Any

import pytest
from library_rows import create
from PIL import Image
from sample_library.models import Book, Copy
from sqlalchemy import select, text

from hanse.actions import find_action
from hanse.errors import BusinessError
from hanse.files import FileStore
from hanse.files.keeping import GRACE, needed_keys
from hanse.jobs.housekeeping import tidy_files
from hanse.models import StoredFile
from hanse.testing.browser import Browser, Site
from hanse.testing.people import Person, open_for_person
from hanse.web.request import WebRequest

PDF = b"%PDF-1.7 contract"
READER = (("library.book.read", "company"), ("library.book.update", "company"), ("library.book.create", "company"))


def picture(colour: str = "red") -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 320), colour).save(drawn, "PNG")
    return drawn.getvalue()


def sent(browser: Browser, name: str, content: bytes, path: str = "/uploads", status: int = 200) -> Any:
    """Upload a file as the script of the form does."""
    return browser.post(path, {}, upload_files=[("file", name, content)], status=status).json


def stored(site: Site, record: int, field: str = "cover") -> StoredFile | None:
    with site.transaction() as ctx:
        found: StoredFile | None = getattr(ctx.session.get_one(Book, record), field)
        return found


def with_cover(site: Site, browser: Browser, content: bytes | None = None) -> int:
    """Make a book whose cover was uploaded on its form."""
    value = sent(browser, "cover.png", content or picture())["value"]
    form = browser.get("/library/book/new").forms["record-form"]
    form["title"], form["cover"] = "Momo", value
    return int(form.submit("action", value="save", status=303).location.rpartition("/")[2])


def test_an_uploaded_picture_is_shown_before_and_after_saving_and_only_then_is_the_books(
    site: Site, browser: Browser
) -> None:
    said = sent(browser, "C:\\scans\\cover.png", picture(), "/uploads?pictures=1")
    assert (said["name"], said["media_type"]) == ("cover.png", "image/png")
    with Image.open(io.BytesIO(browser.get(said["small_url"]).body)) as small:
        assert (small.format, small.size) == ("WEBP", (240, 120))

    record = with_cover(site, browser)
    page = browser.get(f"/library/book/{record}").html
    look = page.select_one("[data-field=cover] a[data-look]")
    assert browser.get(look["href"]).body == picture()
    with Image.open(io.BytesIO(browser.get(look.select_one("img")["src"]).body)) as small:
        assert small.size == (240, 120)
    save = browser.get(page.select_one("[data-field=cover] a[download]")["href"])
    assert save.headers["Content-Disposition"] == "attachment; filename*=UTF-8''cover.png"
    assert save.headers["X-Content-Type-Options"] == "nosniff"


def test_a_list_shows_pictures_small_and_other_files_by_their_names(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    form["contract"] = sent(browser, "terms & more.pdf", PDF)["value"]
    form.submit("action", value="save", status=303)
    page = browser.get("/library/book?columns=title&columns=cover&columns=contract").html

    image = page.select_one("tr.hz-row a.hz-thumb img")
    assert image["alt"] == "cover.png"
    assert browser.get(image["src"]).content_type == "image/webp"
    contract = page.select_one("tr.hz-row td.hz-cell--file a[download]")
    assert contract.text.strip() == "terms & more.pdf"
    assert browser.get(contract["href"]).body == PDF
    (found,) = browser.get("/library/book?f-contract=TERMS&columns=title").html.select("tr.hz-row")
    assert "Momo" in found.text
    assert not browser.get("/library/book?f-contract=nothing").html.select("tr.hz-row")
    csv = browser.get("/library/book/-/export.csv?columns=title&columns=cover").text
    assert csv.splitlines()[1] == "Momo,cover.png"


def test_what_another_field_refuses_does_not_lose_the_file(site: Site, browser: Browser) -> None:
    form = browser.get("/library/book/new").forms["record-form"]
    form["pages"] = "many"
    fields = [*form.submit_fields(), ("action", "save")]
    answer = browser.post(
        "/library/book/new", fields, upload_files=[("cover-file", "cover.png", picture())], status=422
    )

    again = answer.forms["record-form"]
    shown = answer.html.select_one("[data-field=cover] img")
    assert browser.get(shown["src"]).content_type == "image/webp"
    again["title"], again["pages"] = "Momo", "300"
    record = int(again.submit("action", value="save", status=303).location.rpartition("/")[2])
    assert stored(site, record) == StoredFile.of(hashlib.sha256(picture()).hexdigest(), len(picture()), "cover.png")


def test_a_file_is_replaced_removed_and_the_history_tells_its_names(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    form["cover"] = sent(browser, "other.png", picture("blue"))["value"]
    form.submit("action", value="save", status=303)
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    form["cover"] = ""
    form.submit("action", value="save", status=303)

    assert stored(site, record) is None
    changes = browser.get(f"/library/book/{record}").html.select("#hz-timeline .hz-changes dd")
    assert [" ".join(one.text.split()) for one in changes][:2] == ["other.png → –", "cover.png → other.png"]


def test_saving_without_touching_the_file_keeps_it_and_says_nothing_of_it(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    with site.transaction() as ctx:
        ctx.session.execute(text("DELETE FROM core_upload"))
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    form["pages"] = "12"
    form.submit("action", value="save", status=303)

    kept = stored(site, record)
    assert kept is not None
    assert kept.name == "cover.png"
    (change,) = browser.get(f"/library/book/{record}").html.select("#hz-timeline .hz-changes")
    assert change.select_one("dt").text == "Pages"


@pytest.mark.parametrize(
    ("field", "name", "content", "words"),
    [
        ("cover", "note.txt", b"hello", "Cover must be a picture"),
        ("cover", "fake.png", b"MZ\x90", "is a program"),
        ("contract", "page.html", b"<script>", "files of this kind are not taken"),
        ("contract", "large.pdf", PDF + bytes(21 * 2**20), "is larger than 20 MB"),
    ],
)
def test_what_is_not_taken_is_said_beside_its_field(
    site: Site, browser: Browser, field: str, name: str, content: bytes, words: str
) -> None:
    form = browser.get("/library/book/new").forms["record-form"]
    form["title"] = "Momo"
    fields = [*form.submit_fields(), ("action", "save")]
    answer = browser.post("/library/book/new", fields, upload_files=[(f"{field}-file", name, content)], status=422)

    assert words in answer.html.select_one(f"#f-{field}-error").text
    if field == "contract":
        assert words in sent(browser, name, content, status=422)["message"]


def test_nobody_reads_a_file_by_knowing_its_checksum(site: Site, browser: Browser) -> None:
    """Whoever knows what a record holds must not be able to put it into one of their own."""
    secret = stored(site, with_cover(site, browser))
    assert secret is not None
    with site.transaction() as ctx:
        open_for_person(ctx, Person("bob", READER, None, ()))
    bob = site.browser("bob")
    form = bob.get("/library/book/new").forms["record-form"]
    form["title"], form["cover"] = "Bob's", str(secret)
    answer = form.submit("action", value="save", status=422)

    assert "no longer at hand" in answer.html.select_one("#f-cover-error").text
    bob.get(f"/uploads/{secret.key}/cover.png", status=404)
    browser.get(f"/uploads/{secret.key}/cover.png", status=200)
    (other,) = create(site, "book", {"title": "Other"})
    update = find_action("library.book.update")
    assert update is not None
    with site.transaction("bob") as ctx, pytest.raises(BusinessError, match="no longer at hand"):
        ctx.run(update, [other], values={"cover": secret})


def test_who_may_not_see_the_record_or_the_field_does_not_get_the_file(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    path = f"/library/book/{record}/file/cover/cover.png"
    with site.transaction() as ctx:
        open_for_person(ctx, Person("eve", (("library.shelf.read", "company"),), None, ()))
        open_for_person(ctx, Person("bob", READER, None, ()))

    site.browser("eve").get(path, status=404)
    assert "no field" in sent(site.browser("eve"), "x.png", picture(), status=403)["message"]
    site.browser("bob").get(path, status=200)
    browser.get(f"/library/book/{record}/file/contract/x.pdf", status=404)
    browser.get(f"/library/book/{record}/file/title/x.pdf", status=404)
    browser.get("/library/book/99/file/cover/cover.png", status=404)


def test_a_line_has_its_own_file_and_no_other_records_line_gives_it(site: Site, browser: Browser) -> None:
    (record, other) = create(site, "book", {"title": "Momo", "copies": [{"barcode": "A1"}]}, {"title": "Other"})
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    fields = [(name, value) for name, value in form.submit_fields() if name != "copies-order"]
    files = [("copies-0-scan-file", "scan.pdf", PDF)]
    more = [("copies-order", "0,1"), ("copies-1-barcode", "A2"), ("action", "save")]
    browser.post(f"/library/book/{record}", [*fields, *more], upload_files=files, status=303)

    with site.transaction() as ctx:
        line, scan = ctx.session.execute(select(Copy.id, Copy.scan).where(Copy.barcode == "A1")).one()
    assert scan.name == "scan.pdf"
    link = browser.get(f"/library/book/{record}").html.select_one("td[data-column=scan] a[download]")
    assert browser.get(link["href"]).body == PDF
    browser.get(f"/library/book/{other}/file/copies.{line}.scan/scan.pdf", status=404)
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    form["copies-order"] = "0,1"
    form.submit("action", value="save", status=303)
    with site.transaction() as ctx:
        assert ctx.session.scalar(select(Copy.scan).where(Copy.id == line)) == scan


def test_what_somebody_else_saved_meanwhile_is_told_by_name(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    form = browser.get(f"/library/book/{record}").forms["record-form"]
    other = browser.get(f"/library/book/{record}").forms["record-form"]
    other["cover"] = sent(browser, "theirs.png", picture("blue"))["value"]
    other.submit("action", value="save", status=303)
    form["cover"] = sent(browser, "mine.png", picture("green"))["value"]
    answer = form.submit("action", value="save", status=409)

    assert [one.text.strip() for one in answer.html.select(".hz-diff td")] == ["mine.png", "theirs.png"]


def test_rows_keep_files_and_uploads_are_forgotten_after_a_day(site: Site, browser: Browser) -> None:
    record = with_cover(site, browser)
    lost = sent(browser, "lost.pdf", PDF)["value"]
    kept = stored(site, record)
    assert kept is not None
    with site.transaction() as ctx:
        ctx.session.execute(text("UPDATE core_upload SET at = at - interval '2 days'"))
        assert needed_keys(ctx.session.connection())[kept.key] == ["core_upload.file", "library_book.cover"]
    files = FileStore.of(site.settings)
    for one in files.contents():
        then = one.touched - GRACE * 2
        os.utime(files.path(one.key), (then.timestamp(), then.timestamp()))
    progress = SimpleNamespace(files=files)
    with site.transaction() as ctx:
        tidy_files.function(ctx, progress)

    assert [one.key for one in files.contents()] == [kept.key]
    browser.get(f"/uploads/{lost[:64]}/lost.pdf", status=404)


def test_the_database_takes_nothing_else_into_such_a_column(site: Site) -> None:
    (record,) = create(site, "book", {"title": "Momo"})
    with site.transaction() as ctx, pytest.raises(Exception, match="ck_library_book_cover_file"):
        ctx.session.execute(text("UPDATE library_book SET cover = 'x.png' WHERE id = :id"), {"id": record})


def test_an_uploaded_file_is_closed_with_its_request(browser: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[Any] = []
    close = WebRequest.close_files
    monkeypatch.setattr(WebRequest, "close_files", lambda self: (kept.extend(self.POST.values()), close(self)))
    sent(browser, "large.pdf", PDF + bytes(2**20))
    files = [one.file for one in kept if hasattr(one, "file")]
    assert len(files) == 1
    assert files[0].closed
