"""Stores of both kinds; buckets are those of a server on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shelves import BucketShelf, FolderShelf, Shelf, serving_s3


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server that speaks S3, of this machine only."""
    with serving_s3() as address:
        yield address


@pytest.fixture
def bucket(s3_server: str, tmp_path: Path) -> Iterator[BucketShelf]:
    """An empty bucket."""
    shelf = BucketShelf(s3_server, tmp_path)
    yield shelf
    shelf.destroy()


@pytest.fixture(params=["folder", "bucket"])
def shelf(request: pytest.FixtureRequest, tmp_path: Path) -> Shelf:
    """A store of each kind, empty, with what a test needs to look behind it."""
    if request.param == "folder":
        return FolderShelf(tmp_path)
    found: BucketShelf = request.getfixturevalue("bucket")
    return found
