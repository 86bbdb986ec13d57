"""A Latchkey that runs beside the tests."""

import json
import os
import re
import secrets
import shutil
import socket
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.support.process import Process

REPOSITORY = Path(__file__).parents[4]

ISSUER = "https://auth.example.com"


@dataclass(frozen=True)
class ServiceClient:
    """A service client, as an operator sees it once."""

    id: str
    secret: str = field(repr=False)


class LatchkeyProcess:
    """Latchkey on an embedded Postgres of its own. It keeps its data and its port over a stop."""

    def __init__(self) -> None:
        if not (REPOSITORY / "node_modules" / "tsx").exists():
            raise RuntimeError("Latchkey's packages are not installed. Run `npm ci` in the root folder.")
        self._folder = Path(tempfile.mkdtemp(prefix="latchkey-python-"))
        # Under root another account runs the embedded Postgres, and has to reach it.
        self._folder.chmod(0o755)
        self.port = _port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._environment = {
            "PATH": os.environ["PATH"],
            "HOME": os.environ.get("HOME", "/"),
            "NODE_ENV": "test",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "DATA_DIR": str(self._folder / "data"),
            "JWT_ISSUER": ISSUER,
            "ROLES": json.dumps({"user": ["notes:read", "notes:write"]}),
            "BCRYPT_COST": "4",
            "HASH_WORKERS": "1",
        }
        self._process: Process | None = None

    def start(self) -> None:
        """Serve, if it does not."""
        if self._process is None:
            self._process = self._run("src/main.ts")
            self._process.wait_for(r'("url":"http)')

    def stop(self) -> None:
        """Stop serving, if it does."""
        if self._process is not None:
            self._process.stop()
            self._process = None

    def remove(self) -> None:
        """Stop, and delete the data."""
        self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def create_client(self, name: str, *options: str) -> ServiceClient:
        """As an operator does."""
        command = self._run("src/cli.ts", "create-client", name, *options)
        code = command.wait()
        found = re.search(r"client id +(\S+)\s+client secret +(\S+)", command.output)
        assert code == 0, command.output
        assert found is not None, command.output
        return ServiceClient(found[1], found[2])

    def token(self, client: ServiceClient, **form: str) -> str:
        """A token of the token endpoint."""
        answer = httpx.post(
            f"{self.url}/oauth/token",
            data=form,
            auth=(client.id, client.secret),
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        token: str = answer.json()["access_token"]
        return token

    def _run(self, program: str, *arguments: str) -> Process:
        return Process(["node", "--import", "tsx", program, *arguments], self._environment, REPOSITORY)


def _port() -> int:
    """A free port, below those that the system gives to others while Latchkey is stopped."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
