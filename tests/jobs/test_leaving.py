"""What a jobs process may rely on when it is asked to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from hanse.jobs.worker import Leaving


class Swallower:
    """Is asked to leave while it is being finalized, where Python drops every exception."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGTERM)


@pytest.fixture
def leaving() -> Iterator[Leaving]:
    one = Leaving(again_after=0.01)
    before = signal.signal(signal.SIGTERM, one.ask)
    yield one
    one.noticed.set()
    signal.signal(signal.SIGTERM, before)


def wait_at_most(seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pass


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_who_could_not_listen_when_asked_to_leave_is_asked_again(leaving: Leaving) -> None:
    swallower = Swallower()
    del swallower  # the exception of the first signal is lost here
    with pytest.raises(SystemExit):
        wait_at_most(10)


def test_who_is_leaving_is_not_disturbed_again(leaving: Leaving) -> None:
    stop = leaving.noticed_by(lambda code: code + 1)
    assert stop(1) == 2
    signal.raise_signal(signal.SIGTERM)
    wait_at_most(0.05)
