"""Users of Latchkey as this back-end knows them, and their notes, in SQLite."""

import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

_SCHEMA = """
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY,
  latchkey_id TEXT NOT NULL UNIQUE,
  created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS notes (
  id TEXT PRIMARY KEY,
  owner_id INTEGER NOT NULL REFERENCES users (id),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notes_of_owner ON notes (owner_id, created_at);
"""

_PAGE_SIZE = 100


@dataclass(frozen=True)
class User:
    """A local user: what is stored here belongs to this row."""

    id: int
    latchkey_id: str
    created_at: str


@dataclass(frozen=True)
class Note:
    """A text of a user's."""

    id: str
    text: str
    created_at: str


class Store:
    """Safe for threads: each call has a connection of its own."""

    def __init__(self, path: str) -> None:
        self._path = path
        with self._connection() as connection:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.executescript(_SCHEMA)

    def user_of(self, latchkey_id: str) -> User:
        """
        The user of this id, created on first sight.

        Of requests at once one inserts the row, and all read it. Never by email address or username: these
        change hands.
        """
        with self._connection() as connection:
            known = _find_user(connection, latchkey_id)
            if known is not None:
                return known
            connection.execute(
                "INSERT INTO users (latchkey_id, created_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
                (latchkey_id, _now()),
            )
            created = _find_user(connection, latchkey_id)
            if created is None:
                raise LookupError("the user that was inserted is gone")
            return created

    def notes_of(self, user: User) -> list[Note]:
        """The newest."""
        with self._connection() as connection:
            rows = connection.execute(
                "SELECT id, text, created_at FROM notes WHERE owner_id = ? "
                "ORDER BY created_at DESC, id LIMIT ?",
                (user.id, _PAGE_SIZE),
            )
            return [Note(*row) for row in rows]

    def add_note(self, user: User, text: str) -> Note:
        note = Note(str(uuid.uuid4()), text, _now())
        with self._connection() as connection:
            connection.execute(
                "INSERT INTO notes (id, owner_id, text, created_at) VALUES (?, ?, ?, ?)",
                (note.id, user.id, note.text, note.created_at),
            )
        return note

    def delete_note(self, user: User, note_id: str) -> bool:
        """Whether the user had such a note."""
        with self._connection() as connection:
            cursor = connection.execute("DELETE FROM notes WHERE id = ? AND owner_id = ?", (note_id, user.id))
            return cursor.rowcount == 1

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._path, timeout=20)) as connection, connection:
            yield connection


def _find_user(connection: sqlite3.Connection, latchkey_id: str) -> User | None:
    row = connection.execute(
        "SELECT id, latchkey_id, created_at FROM users WHERE latchkey_id = ?", (latchkey_id,)
    ).fetchone()
    return None if row is None else User(*row)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
