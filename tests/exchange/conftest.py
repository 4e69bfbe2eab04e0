"""Somebody who imports files into the sample library."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from import_desk import Desk, workbook

from hanse.files import FileStore, FolderStore


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FolderStore(tmp_path / "files")


@pytest.fixture
def desk(library: Any, files: FileStore) -> Desk:
    """The library's administrator at the desk."""
    return Desk(library.ctx, files)


@pytest.fixture
def sheet() -> Callable[..., io.BytesIO]:
    return workbook
