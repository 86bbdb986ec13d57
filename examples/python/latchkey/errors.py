"""Why a request is refused. The texts are for clients: none quotes a token, a secret or a cause."""

from typing import Literal


class LatchkeyError(Exception):
    """A request that cannot be served as it is."""


class TokenMissing(LatchkeyError):
    """The request has no Authorization header. Answer 401."""

    def __init__(self) -> None:
        super().__init__("Send an access token.")


class TokenRefused(LatchkeyError):
    """The token is not accepted. Answer 401."""

    def __init__(self, reason: Literal["invalid", "expired"] = "invalid") -> None:
        self.reason = reason
        super().__init__("The token has expired." if reason == "expired" else "The token is invalid.")


class InsufficientScope(LatchkeyError):
    """The token is valid, and does not permit this. Answer 403."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        super().__init__(f"This requires the scope {scope}.")


class Unavailable(LatchkeyError):
    """It cannot be told whether the token is valid. Answer 503: after 401 a client discards the token."""

    def __init__(self, reason: str, retry_after_seconds: int) -> None:
        self.reason = reason
        self.retry_after_seconds = retry_after_seconds
        super().__init__(reason)
