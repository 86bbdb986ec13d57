"""The permission class of Django REST framework."""

from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework.exceptions import MethodNotAllowed

from django_notes.permissions import HasScope
from latchkey import InsufficientScope, Principal

PRINCIPAL = Principal(
    user_id="user",
    session_id="session",
    client_id="latchkey",
    scopes=frozenset({"notes:read"}),
    roles=(),
    kind="session",
    expires_at=0,
)


def permits(auth: Principal | None, method: str, **view: Any) -> bool:
    request: Any = SimpleNamespace(auth=auth, method=method)
    holder: Any = SimpleNamespace(**view)
    return HasScope().has_permission(request, holder)


def test_a_method_asks_for_its_own_scope() -> None:
    scopes = {"GET": "notes:read", "POST": "notes:write", "HEAD": None}
    assert permits(PRINCIPAL, "GET", required_scopes=scopes)
    assert permits(PRINCIPAL, "HEAD", required_scopes=scopes)
    with pytest.raises(InsufficientScope):
        permits(PRINCIPAL, "POST", required_scopes=scopes)
    assert not permits(None, "HEAD", required_scopes=scopes)


def test_a_view_that_states_no_scope_permits_nothing() -> None:
    with pytest.raises(MethodNotAllowed):
        permits(PRINCIPAL, "GET")
    with pytest.raises(MethodNotAllowed):
        permits(PRINCIPAL, "DELETE", required_scopes={"GET": None})
