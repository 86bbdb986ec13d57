"""The application: `uvicorn fastapi_notes.app:create_app --factory`."""

import os
from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, StringConstraints

from fastapi_notes.callers import AnyCaller, LiveWriter, Reader, State, Writer, state_of
from fastapi_notes.errors import add_error_handlers
from fastapi_notes.store import Note, Store, User
from latchkey import Settings, create_verifier

# Without NUL, at which other programs end a text.
Text = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000, pattern=r"^[^\x00]*$"),
]


class NewNote(BaseModel):
    """The body of `POST /notes`."""

    text: Text


def create_app(environment: Mapping[str, str] = os.environ) -> FastAPI:
    """Raises SettingsError."""
    settings = Settings.from_environment(environment)
    # The pages with documentation load scripts of another host. A redirect to the path without a slash would
    # name the host of the request, and a client would follow it with its token.
    app = FastAPI(title="Notes", docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    app.state.notes = State(
        create_verifier(settings), Store(environment.get("NOTES_DATABASE", "fastapi-notes.sqlite3"))
    )
    add_error_handlers(app)
    add_endpoints(app)
    return app


def add_endpoints(app: FastAPI) -> None:
    """The same as those of `django_notes`."""
    AppState = Annotated[State, Depends(state_of)]

    @app.get("/me")
    def me(caller: AnyCaller) -> User:
        return caller

    @app.get("/notes")
    def notes(caller: Reader, state: AppState) -> list[Note]:
        return state.store.notes_of(caller)

    @app.post("/notes", status_code=201)
    def add(caller: Writer, note: NewNote, state: AppState) -> Note:
        return state.store.add_note(caller, note.text)

    # What is deleted cannot be taken back: not by the token of a session that has ended.
    @app.delete("/notes/{note_id}", status_code=204)
    def delete(caller: LiveWriter, note_id: str, state: AppState) -> None:
        # Another user's too: it does not tell that there is one.
        if not state.store.delete_note(caller, note_id):
            raise HTTPException(404)
