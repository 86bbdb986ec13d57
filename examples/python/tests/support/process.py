"""Programs that tests start."""

import re
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.support.eventually import DEADLINE_SECONDS


class Process:
    """A program, and all that it has written on both of its outputs."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
        self._child = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.output = ""
        self._news = threading.Condition()
        self._has_ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for(self, pattern: str) -> str:
        """What the pattern captures in the output. Fails if the program ends without it."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        with self._news:
            while True:
                match = re.search(pattern, self.output)
                if match is not None:
                    return match[1]
                left = deadline - time.monotonic()
                if self._has_ended or left <= 0:
                    raise AssertionError(f"{pattern} was not seen in:\n{self.output}")
                self._news.wait(left)

    def wait(self) -> int:
        """Its exit code."""
        code = self._child.wait(DEADLINE_SECONDS)
        self._reader.join(DEADLINE_SECONDS)
        return code

    def stop(self) -> None:
        """End it as an operator does."""
        self._child.send_signal(signal.SIGTERM)
        try:
            self.wait()
        except subprocess.TimeoutExpired:
            self._child.kill()
            raise

    def _read(self) -> None:
        assert self._child.stdout is not None
        with self._child.stdout as stdout:
            for line in stdout:
                with self._news:
                    self.output += line
                    self._news.notify_all()
        with self._news:
            self._has_ended = True
            self._news.notify_all()
