"""Work of many threads."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def at_once(count: int, work: Callable[[], T], meanwhile: Callable[[], None] = lambda: None) -> list[T]:
    """Have so many threads do the work at the same time, and something else once all of them have begun."""
    barrier = threading.Barrier(count + 1)

    def run() -> T:
        barrier.wait()
        return work()

    with ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(run) for _ in range(count)]
        barrier.wait()
        meanwhile()
        return [future.result() for future in futures]
