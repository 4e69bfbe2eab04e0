"""What an installation may rely on whose files are in a bucket: pages, jobs, doctor, backups, and the way there."""

from __future__ import annotations

import argparse
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from shelves import BucketShelf
from sqlalchemy import text

from hanse import enqueue
from hanse.actions import find_action
from hanse.app import make_app
from hanse.cli.files import add_commands
from hanse.config import ConfigError, Settings
from hanse.database import cluster
from hanse.files import FolderStore, StoreAway
from hanse.files.keeping import check
from hanse.jobs.execute import execute
from hanse.jobs.housekeeping import tidy_files
from hanse.operations.archive import opened
from hanse.operations.backup import make_backup
from hanse.operations.findings import Patient
from hanse.operations.inside import files as look_at_files
from hanse.operations.restore import restore_files
from hanse.testing.browser import Site
from hanse.testing.databases import Databases

PDF = b"%PDF-1.7 a receipt"


def picture() -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (640, 320), (200, 30, 30)).save(drawn, "PNG")
    return drawn.getvalue()


@pytest.fixture
def site(databases: Databases, bucket: BucketShelf, tmp_path: Path) -> Iterator[Site]:
    """The application, with its files in the bucket."""
    with databases.copy() as database:
        site = Site(database, tmp_path)
        move(site, bucket.settings)
        yield site


def move(site: Site, there: Settings) -> None:
    """Let the application keep its files where these settings say."""
    names = ("files_store", "s3_endpoint", "s3_access_key", "s3_secret_key", "s3_addressing")
    site.settings = replace(site.settings, **{name: getattr(there, name) for name in names})
    site.app = make_app(site.settings, site.database)


def attach(site: Site, *files: tuple[str, bytes], status: int = 303) -> Any:
    sent = [("files", name, content) for name, content in files]
    return site.browser().post("/core/company/1/attachments", {}, upload_files=sent, status=status)


def test_pages_show_and_send_what_is_in_the_bucket(site: Site, bucket: BucketShelf) -> None:
    attach(site, ("logo.png", picture()), ("terms.pdf", PDF))
    browser = site.browser()
    page = browser.get("/core/company/1").html

    assert len(bucket.names()) == 2
    with Image.open(io.BytesIO(browser.get(page.select_one(".hz-file img")["src"]).body)) as small:
        assert small.size == (240, 120)
    answer = browser.get("/files/2/terms.pdf")
    assert (answer.body, answer.headers["Content-Length"]) == (PDF, str(len(PDF)))
    assert browser.get("/files/2/terms.pdf?view=1").body == PDF
    use = find_action("core.company.use_logo")
    assert use is not None
    with site.transaction() as ctx:
        ctx.run(use, [ctx.company.id])
    logo = browser.get("/core/company/1").html.select_one("img[src*='/pictures/']")["src"]
    assert browser.get(logo).body == picture()
    assert not (site.settings.home / "files").exists(), "nothing is kept here"


def test_when_the_bucket_is_away_the_page_says_so_and_no_row_is_left(site: Site, bucket: BucketShelf) -> None:
    attach(site, ("terms.pdf", PDF))
    away = replace(bucket.settings, s3_endpoint="http://127.0.0.1:9")
    move(site, away)
    answer = attach(site, ("more.pdf", PDF + b"more"), status=503)

    assert "The file storage does not answer" in answer.text
    with site.transaction() as ctx:
        assert ctx.session.scalar(text("SELECT count(*) FROM core_attachment")) == 1
    assert "does not answer" in site.browser().get("/files/1/terms.pdf", status=503).text
    assert site.browser().get("/core/company/1").status_int == 200, "pages go on without it"


class Away:
    """A store that nobody reaches."""

    def __getattr__(self, name: str) -> Any:
        raise StoreAway("away")


def test_a_job_waits_for_the_bucket_and_is_not_given_up(site: Site) -> None:
    with site.transaction() as ctx:
        job = enqueue(ctx, tidy_files)
    execute(site.database, cast("Any", Away()), job)
    with site.transaction() as ctx:
        found = ctx.session.execute(text("SELECT state, error FROM core_job WHERE id = :id"), {"id": job}).one()
    assert found == ("pending", "away")


def test_doctor_and_check_look_into_the_bucket(site: Site, bucket: BucketShelf) -> None:
    attach(site, ("terms.pdf", PDF), ("more.pdf", PDF + b"more"))
    lost = next(iter(bucket.files.contents())).key
    with site.database.engine.begin() as connection:
        patient = Patient(site.settings, connection, "hanse_app", None)
        assert "2 files are all in s3://" in look_at_files(patient).words
        bucket.lose(lost)
        assert "1 files that rows name are not there" in look_at_files(patient).words
        assert list(check(connection, bucket.files, datetime.now(UTC), hashes=True).missing) == [lost]
        away = replace(site.settings, s3_endpoint="http://127.0.0.1:9")
        assert "does not answer" in look_at_files(replace(patient, settings=away)).words


def test_a_backup_leaves_files_in_the_bucket_or_takes_them_along(
    site: Site, bucket: BucketShelf, databases: Databases, tmp_path: Path
) -> None:
    attach(site, ("terms.pdf", PDF))
    (key,) = [one.key for one in bucket.files.contents()]
    there = cluster.Databases(site.database.url, site.database.owner_url, databases.cluster)
    lean = make_backup(site.settings, there, tmp_path / "lean.hanse")
    whole = make_backup(site.settings, there, tmp_path / "whole.hanse", with_files=True)
    name = f"files/{key[:2]}/{key[2:]}"

    assert name not in lean.manifest.parts
    assert lean.manifest.files_store == site.settings.files_store
    assert "keep deleted versions in the bucket" in lean.note
    assert whole.manifest.parts[name].sha256 == key
    assert (whole.manifest.files_store, "bucket" in whole.note) == ("", False)
    bucket.lose(key)
    with opened(whole.path) as reader:
        restore_files(site.settings, reader)
    assert bucket.files.is_whole(key)
    here = replace(site.settings, files_store=None)
    with opened(whole.path) as reader:
        restore_files(here, reader)
    assert FolderStore(tmp_path / "files").is_whole(key), "also where files are in a folder now"


@pytest.mark.parametrize("place", ["bucket", "s3://", "s3://UPPER/x", "s3://b/../x", "/var/files"])
def test_a_setting_that_names_no_bucket_is_refused(place: str, tmp_path: Path) -> None:
    config = tmp_path / "config.ini"
    config.write_text(f"[hanse]\nfiles_store = {place}\n")
    with pytest.raises(ConfigError, match="must be s3://bucket"):
        Settings.load(config, environ={})


def test_the_way_into_a_bucket_and_back_is_a_command(
    bucket: BucketShelf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    add_commands(parser.add_subparsers())
    key = FolderStore(tmp_path / "files").store(PDF)
    for name, value in bucket.settings.as_environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HANSE_FILES_STORE", "")

    def run(*words: str) -> int:
        chosen = parser.parse_args(["files", "copy", *words])
        found: int = chosen.work(chosen)
        return found

    assert run(str(bucket.settings.files_store)) == 0
    assert "1 files copied" in capsys.readouterr().out
    assert bucket.files.is_whole(key)
    assert run(str(bucket.settings.files_store)) == 0
    assert "0 files copied (0.0 MB), 1 were there" in capsys.readouterr().out
    monkeypatch.setenv("HANSE_FILES_STORE", str(bucket.settings.files_store))
    assert run(str(tmp_path / "back")) == 0
    assert FolderStore(tmp_path / "back").is_whole(key)
    bucket.damage(key, b"rotten")
    assert run(str(tmp_path / "again")) == 1
    assert f"damaged   {key}" in capsys.readouterr().out
