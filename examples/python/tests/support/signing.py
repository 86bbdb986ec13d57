"""Tokens as Latchkey makes them."""

import json
import secrets
import uuid
from collections.abc import Mapping
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from latchkey.personal_access_token import checksum
from tests.support.set_clock import SetClock

ISSUER = "https://auth.example.com"
AUDIENCE = "latchkey"
USER = "0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5a01"
SESSION = "0e7f2c52-39a6-4f0a-9a3c-6e1d5a1f5a02"


class Signer:
    """A key pair of the issuer."""

    def __init__(self, kid: str = "first") -> None:
        self.kid = kid
        self.private_key = ec.generate_private_key(ec.SECP256R1())
        self.jwk = self._public_jwk()

    def sign(self, claims: Mapping[str, Any], header: Mapping[str, Any] | None = None) -> str:
        merged = {"kid": self.kid, "typ": "at+jwt", **(header or {})}
        return jwt.encode(dict(claims), self.private_key, algorithm="ES256", headers=merged)

    def _public_jwk(self) -> dict[str, Any]:
        public = ECAlgorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        return {**public, "kid": self.kid, "alg": "ES256", "use": "sig"}


def session_claims(clock: SetClock, **changes: Any) -> dict[str, Any]:
    """The claims of a session's token. A claim that is changed to None is left out."""
    now = int(clock.now())
    claims = {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": USER,
        "sid": SESSION,
        "client_id": "latchkey",
        "scope": "notes:read notes:write",
        "roles": ["user"],
        "iat": now,
        "exp": now + 300,
        "jti": str(uuid.uuid4()),
        **changes,
    }
    return {name: value for name, value in claims.items() if value is not None}


def personal_claims(clock: SetClock, **changes: Any) -> dict[str, Any]:
    """What Latchkey says of a personal access token."""
    token_id = str(uuid.uuid4())
    changes = {"client_id": token_id, "act": {"sub": token_id}, "sid": None, "roles": None, **changes}
    return session_claims(clock, **changes)


def personal_access_token() -> str:
    """A well-formed one."""
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    secret = "lkp_" + "".join(secrets.choice(alphabet) for _ in range(43))
    return secret + checksum(secret)


def segment(part: object) -> str:
    """A part of a JWT."""
    return jwt.utils.base64url_encode(json.dumps(part).encode()).decode()
