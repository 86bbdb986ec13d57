"""How a refusal is answered, in any framework: RFC 6750 §3, with bodies as Latchkey's own (RFC 6749 §5.2)."""

from dataclasses import dataclass

from latchkey.errors import InsufficientScope, LatchkeyError, TokenMissing, TokenRefused, Unavailable

CHALLENGE = 'Bearer realm="latchkey"'


@dataclass(frozen=True)
class HttpError:
    """An answer that refuses a request."""

    status: int
    error: str
    description: str
    headers: dict[str, str]

    @property
    def body(self) -> dict[str, str]:
        return {"error": self.error, "error_description": self.description}


def http_error(error: LatchkeyError) -> HttpError:
    """The answer to a request that was refused."""
    match error:
        case TokenMissing():
            # Without an error code: the client may not have known that a token is needed (RFC 6750 §3.1).
            return HttpError(401, "token_required", str(error), {"WWW-Authenticate": CHALLENGE})
        case TokenRefused():
            challenge = f'{CHALLENGE}, error="invalid_token", error_description="{error}"'
            return HttpError(401, "invalid_token", str(error), {"WWW-Authenticate": challenge})
        case InsufficientScope():
            challenge = f'{CHALLENGE}, error="insufficient_scope", scope="{error.scope}"'
            return HttpError(403, "insufficient_scope", str(error), {"WWW-Authenticate": challenge})
        case Unavailable():
            retry_after = {"Retry-After": str(error.retry_after_seconds)}
            return HttpError(503, "temporarily_unavailable", error.reason, retry_after)
        case _:
            raise error
