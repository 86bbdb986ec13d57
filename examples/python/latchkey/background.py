"""Work of which many callers wait for one result."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_background(work: Callable[[], T]) -> Future[T]:
    """
    Start work in a thread of its own.

    Callers wait with `result(timeout)`: a bound on the whole of a request, which the time-outs of an HTTP
    client are not. The thread is a daemon, so that one that still waits for Latchkey does not keep the
    process from its end.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:
            future.set_exception(error)

    Thread(target=run, name="latchkey", daemon=True).start()
    return future
