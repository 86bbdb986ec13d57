"""Dependencies: who calls, and whether the token permits it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request

from fastapi_notes.store import Store, User
from latchkey import TokenMissing, Verifier


@dataclass(frozen=True)
class State:
    """What the application has once."""

    verifier: Verifier
    store: Store


async def state_of(request: Request) -> State:
    """A dependency: the state of the application."""
    return _state(request)


def caller_with(scope: str | None, *, live: bool = False) -> Callable[[Request], User]:
    """
    A dependency: the local user, if the token permits this. `live`: for what an ended session must not do.

    It is `def`, not `async def`, so that FastAPI runs it in a thread: waiting for Latchkey or SQLite stops
    no other request.
    """

    def caller(request: Request) -> User:
        state = _state(request)
        # Two headers are two answers to who calls. Joined they are no token.
        header = ", ".join(request.headers.getlist("authorization"))
        principal = state.verifier.verify(header, live=live)
        if principal is None:
            raise TokenMissing
        if scope is not None:
            principal.require_scope(scope)
        return state.store.user_of(principal.user_id)

    return caller


def _state(request: Request) -> State:
    state: State = request.app.state.notes
    return state


AnyCaller = Annotated[User, Depends(caller_with(None))]
Reader = Annotated[User, Depends(caller_with("notes:read"))]
Writer = Annotated[User, Depends(caller_with("notes:write"))]
LiveWriter = Annotated[User, Depends(caller_with("notes:write", live=True))]
