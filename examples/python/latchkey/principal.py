"""Who acts, and what the token permits."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from latchkey.errors import InsufficientScope, TokenRefused

Claims = Mapping[str, Any]


@dataclass(frozen=True)
class Principal:
    """A user, or what acts for one. Look at `scopes`: a token may permit less than its user may do."""

    user_id: str
    """Claim `sub`: Latchkey's id of the user."""
    session_id: str | None
    """None for a personal access token."""
    client_id: str
    """The id of the personal access token or of the service; `latchkey` for a session."""
    scopes: frozenset[str]
    roles: tuple[str, ...]
    """Of a session, as of when its token was issued; others have none."""
    kind: Literal["session", "personal_access_token", "service"]
    """By what the user acts. A service acts for a user who has called it."""
    expires_at: float
    """Claim `exp`, in seconds since 1970."""

    def require_scope(self, scope: str) -> None:
        """Raise InsufficientScope unless the token permits this."""
        if scope not in self.scopes:
            raise InsufficientScope(scope)


def principal_of(claims: Claims, *, audience: str, now: float) -> Principal:
    """The principal of claims that Latchkey has signed or told. Raises TokenRefused for those of no user."""
    sub, client_id, scope = claims.get("sub"), claims.get("client_id"), claims.get("scope")
    if not (isinstance(sub, str) and isinstance(client_id, str) and isinstance(scope, str)):
        raise TokenRefused
    # Never a list: a token for two audiences could be replayed from one to the other.
    if claims.get("aud") != audience:
        raise TokenRefused
    expires_at = numeric_date(claims.get("exp"))
    session_id = claims.get("sid")
    if expires_at is None or ("sid" in claims and not isinstance(session_id, str)):
        raise TokenRefused
    if expires_at <= now:
        raise TokenRefused("expired")
    roles = claims.get("roles")
    return Principal(
        user_id=sub,
        session_id=session_id,
        client_id=client_id,
        scopes=frozenset(name for name in scope.split(" ") if name),
        roles=tuple(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else (),
        kind=_kind_of(claims),
        expires_at=expires_at,
    )


def numeric_date(value: object) -> float | None:
    """A time of a claim (NumericDate, RFC 7519 §2); None for anything else."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    # JSON's 1e999 is infinite here, and would never expire.
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _kind_of(claims: Claims) -> Literal["session", "personal_access_token", "service"]:
    has_session = "sid" in claims
    if "act" not in claims:
        if not has_session:
            # As the claims of a service that acts for itself, which is no user.
            raise TokenRefused
        return "session"
    # RFC 8693 §4.1: what acts for the user.
    act = claims["act"]
    if not isinstance(act, Mapping) or act.get("sub") != claims["client_id"]:
        raise TokenRefused
    return "service" if has_session else "personal_access_token"
