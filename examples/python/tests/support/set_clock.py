"""A clock that tests set."""

from latchkey.clock import Clock


class SetClock(Clock):
    """Both clocks stand still until a test moves them."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self._began_at = 1_800_000_000.0

    def advance(self, seconds: float) -> None:
        self._elapsed += seconds

    def monotonic(self) -> float:
        return 1_000.0 + self._elapsed

    def now(self) -> float:
        return self._began_at + self._elapsed
