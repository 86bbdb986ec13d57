"""Waiting for what should happen."""

import time
from collections.abc import Callable

# For a busy machine. A test that passes does not wait for it.
DEADLINE_SECONDS = 120


def eventually(holds: Callable[[], bool]) -> None:
    """Return once it holds."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
