"""Every test here draws documents, with a state folder of its own."""

import pytest


@pytest.fixture(autouse=True)
def state(documents_home) -> None:
    """Keep the fonts of the installation, but no form rendered earlier."""
