"""The back-ends of this example, as live servers."""

import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import httpx

from tests.support.latchkey_process import ISSUER, LatchkeyProcess, ServiceClient
from tests.support.process import Process

FOLDER = Path(__file__).parents[2]

Framework = Literal["django", "fastapi"]

_TABLES_OF_USERS = {"django": "django_notes_user", "fastapi": "users"}
_TABLES_OF_NOTES = {"django": "django_notes_note", "fastapi": "notes"}

APPLICATIONS = {
    "django": ["django_notes.asgi:application"],
    "fastapi": ["fastapi_notes.app:create_app", "--factory"],
}


class BackEnd:
    """A server of one of the back-ends, on a database of its own."""

    def __init__(self, framework: Framework, environment: dict[str, str]) -> None:
        self._framework = framework
        self._environment = {"PATH": os.environ["PATH"], **environment}
        if framework == "django":
            migration = self._run("manage.py", "migrate")
            assert migration.wait() == 0, migration.output
        application = APPLICATIONS[framework]
        self.process = self._run("-m", "uvicorn", *application, "--host", "127.0.0.1", "--port", "0")
        try:
            url = self.process.wait_for(r"running on (http://\S+)")
        except AssertionError:
            self.process.stop()
            raise
        self._http = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def request(self, method: str, path: str, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return self._http.request(method, path, headers=headers, **options)

    def send(self, request: httpx.Request) -> httpx.Response:
        return self._http.send(request)

    def status(self, method: str, path: str, token: str | None = None, **options: Any) -> int:
        return self.request(method, path, token, **options).status_code

    def build(self, method: str, path: str, **options: Any) -> httpx.Request:
        return self._http.build_request(method, path, **options)

    def count_users(self, latchkey_id: str) -> int:
        """Rows of its database for this user."""
        table = _TABLES_OF_USERS[self._framework]
        with closing(sqlite3.connect(self._environment["NOTES_DATABASE"])) as database:
            query = f"SELECT count(*) FROM {table} WHERE latchkey_id = ?"
            count: int = database.execute(query, (latchkey_id,)).fetchone()[0]
            return count

    def drop_notes(self) -> None:
        """Take the table of notes away, so that an unexpected error follows."""
        with closing(sqlite3.connect(self._environment["NOTES_DATABASE"], timeout=20)) as database:
            database.execute(f"DROP TABLE {_TABLES_OF_NOTES[self._framework]}")

    def stop(self) -> None:
        self._http.close()
        self.process.stop()

    def _run(self, *arguments: str) -> Process:
        return Process([sys.executable, *arguments], self._environment, FOLDER)


def environment_of(latchkey: LatchkeyProcess, client: ServiceClient, database: Path) -> dict[str, str]:
    """The settings of a back-end beside this Latchkey."""
    return {
        "LATCHKEY_URL": latchkey.url,
        "JWT_ISSUER": ISSUER,
        "CLIENT_ID": client.id,
        "CLIENT_SECRET": client.secret,
        "INTROSPECTION_CACHE_SECONDS": "0.5",
        "NOTES_DATABASE": str(database),
    }
