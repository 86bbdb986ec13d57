"""What follows a failure."""

import math

from latchkey.clock import Clock
from latchkey.errors import Unavailable

PAUSE_SECONDS = 2
_LONGEST_PAUSE_SECONDS = 30


class Pause:
    """
    After a failure nothing is tried for two seconds, then once in two seconds until an attempt succeeds.

    It spares a Latchkey that is away, and requests the wait for it. Callers that change it hold a lock.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._until = 0.0
        self._reason = ""
        self.is_failing = False
        """Whether the last attempt failed."""

    def permits(self) -> bool:
        """Whether to try now. If so, and the last attempt failed, nobody else tries meanwhile."""
        if not self.is_failing:
            return True
        now = self._clock.monotonic()
        if now < self._until:
            return False
        self._until = now + PAUSE_SECONDS
        return True

    def failed(self, reason: str, retry_after_seconds: int | None = None) -> None:
        """Begin a pause; a longer one where Latchkey asks for it."""
        pause = min(max(retry_after_seconds or 0, PAUSE_SECONDS), _LONGEST_PAUSE_SECONDS)
        self.is_failing = True
        self._reason = reason
        self._until = self._clock.monotonic() + pause

    def succeeded(self) -> None:
        """End it."""
        self.is_failing = False

    def unavailable(self) -> Unavailable:
        """Why nothing can be told now, and when to try again."""
        return Unavailable(self._reason, max(1, math.ceil(self._until - self._clock.monotonic())))
