"""How the back-ends start."""

import os
import sys

import pytest

from tests.support.back_end import APPLICATIONS, FOLDER, Framework
from tests.support.process import Process


@pytest.mark.parametrize("framework", ["django", "fastapi"])
def test_a_setting_that_is_missing_prevents_the_start_and_is_named(framework: Framework) -> None:
    command = [sys.executable, "-m", "uvicorn", *APPLICATIONS[framework], "--port", "0"]
    process = Process(command, {"PATH": os.environ["PATH"], "CLIENT_SECRET": "my-secret"}, FOLDER)
    assert process.wait() != 0
    assert "CLIENT_ID is missing" in process.output
    assert "my-secret" not in process.output
