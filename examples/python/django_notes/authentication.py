"""Signs requests in by Latchkey's tokens."""

import os
from functools import cache

from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from django_notes.models import User
from latchkey import Principal, Settings, Verifier, create_verifier
from latchkey.http_errors import CHALLENGE


@cache
def verifier() -> Verifier:
    """The verifier of this process. Raises SettingsError."""
    return create_verifier(Settings.from_environment(os.environ))


class LatchkeyAuthentication(BaseAuthentication):
    """`request.user` is the local user, `request.auth` the principal with its scopes."""

    live = False

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        """Raises TokenRefused or Unavailable, which the exception handler answers."""
        principal = verifier().verify(request.META.get("HTTP_AUTHORIZATION"), live=self.live)
        return None if principal is None else (User.objects.of(principal.user_id), principal)

    def authenticate_header(self, request: Request) -> str:
        """With it an anonymous request is answered 401, without it 403."""
        return CHALLENGE


class LiveLatchkeyAuthentication(LatchkeyAuthentication):
    """Asks Latchkey about every token: for what an ended session must not do."""

    live = True
