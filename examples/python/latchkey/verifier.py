"""Verifies the Authorization header of a request."""

import re

from latchkey.access_token import read_claims, read_key_id
from latchkey.clock import Clock
from latchkey.errors import TokenRefused
from latchkey.http_client import HttpClient
from latchkey.introspection import Introspection
from latchkey.key_set import KeySet
from latchkey.personal_access_token import is_well_formed, looks_personal
from latchkey.principal import Principal, principal_of
from latchkey.settings import Settings

# RFC 6750 §2.1.
_BEARER = re.compile(r"Bearer +([A-Za-z0-9\-._~+/]+=*)", re.ASCII | re.IGNORECASE)

# Several times the length of Latchkey's. A longer one is refused unparsed.
_MAX_LENGTH = 8_192


class Verifier:
    """Verifies tokens of users. One instance serves all threads of a process."""

    def __init__(
        self, *, issuer: str, audience: str, keys: KeySet, introspection: Introspection, clock: Clock
    ) -> None:
        self._issuer = issuer
        self._audience = audience
        self._keys = keys
        self._introspection = introspection
        self._clock = clock

    def verify(self, authorization: str | None, *, live: bool = False) -> Principal | None:
        """
        The principal of an Authorization header; None without one. Raises TokenRefused or Unavailable.

        A session's token counts until it expires. `live` asks Latchkey about it too, for what an ended
        session must not do. A personal access token is always asked about.
        """
        if not authorization:
            return None
        match = _BEARER.fullmatch(authorization)
        if match is None or len(match[1]) > _MAX_LENGTH:
            raise TokenRefused
        token = match[1]
        if looks_personal(token):
            if not is_well_formed(token):
                raise TokenRefused
            return self._ask(token)
        principal = self._verify_signature(token)
        # In this order: what Latchkey has not signed costs it no question.
        return self._ask(token) if live else principal

    def _verify_signature(self, token: str) -> Principal:
        key = self._keys.find(read_key_id(token))
        if key is None:
            raise TokenRefused
        now = self._clock.now()
        claims = read_claims(token, key, issuer=self._issuer, audience=self._audience, now=now)
        return principal_of(claims, audience=self._audience, now=now)

    def _ask(self, token: str) -> Principal:
        claims = self._introspection.ask(token)
        if claims is None or claims.get("iss") != self._issuer:
            raise TokenRefused
        return principal_of(claims, audience=self._audience, now=self._clock.now())


def create_verifier(settings: Settings, clock: Clock | None = None) -> Verifier:
    """A verifier of the tokens of one Latchkey."""
    clock = clock or Clock()
    http = HttpClient(settings.timeout_seconds)
    return Verifier(
        issuer=settings.issuer,
        audience=settings.audience,
        keys=KeySet(f"{settings.latchkey_url}/.well-known/jwks.json", http, clock, settings.timeout_seconds),
        introspection=Introspection(
            f"{settings.latchkey_url}/oauth/introspect",
            settings.client_id,
            settings.client_secret,
            http,
            clock,
            timeout_seconds=settings.timeout_seconds,
            cache_seconds=settings.introspection_cache_seconds,
        ),
        clock=clock,
    )
