"""Time as a dependency, so that tests can set it."""

import time


class Clock:
    """The clocks of this machine."""

    def monotonic(self) -> float:
        """Seconds that never go back, for durations."""
        return time.monotonic()

    def now(self) -> float:
        """Seconds since 1970, as in the claims of tokens."""
        return time.time()
