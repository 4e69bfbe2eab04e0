"""Every test here draws documents, with a state folder of its own."""

from pathlib import Path

import pytest

from hanse.files import FileStore, FolderStore


@pytest.fixture(autouse=True)
def state(documents_home) -> None:
    """Keep the fonts of the installation, but no form rendered earlier."""


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    return FolderStore(tmp_path / "files")
