"""Settings of a back-end, from its environment."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import httpx

from latchkey.introspection import LONGEST_CACHE_SECONDS

_CLIENT = (
    "create one by `npm run cli -- create-client notes --audience latchkey --scope tokens:introspect`, "
    "or get another secret by `rotate-client-secret notes`"
)


class SettingsError(Exception):
    """Every setting that is missing or invalid. The text quotes no value: it may be a secret."""


@dataclass(frozen=True)
class Settings:
    """Where Latchkey is, whose tokens are accepted, and the service client that asks about them."""

    latchkey_url: str
    issuer: str
    audience: str
    client_id: str
    client_secret: str = field(repr=False)
    introspection_cache_seconds: float = 5
    timeout_seconds: float = 5

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Raises SettingsError."""
        problems: list[str] = []

        def read(name: str, default: str | None, accepts: Callable[[str], bool], what: str) -> str:
            value = environment.get(name) or default
            if value is None or not accepts(value):
                problems.append(f"{name} {'is missing' if value is None else 'is invalid'}: {what}")
            return value or ""

        latchkey_url = read(
            "LATCHKEY_URL",
            "http://localhost:4001",
            _is_url,
            "an http or https URL of Latchkey itself, without credentials and query",
        ).rstrip("/")
        settings = {
            "issuer": read("JWT_ISSUER", latchkey_url, bool, "that of Latchkey"),
            "audience": read("JWT_AUDIENCE", "latchkey", bool, "that of Latchkey"),
            "client_id": read("CLIENT_ID", None, bool, _CLIENT),
            "client_secret": read("CLIENT_SECRET", None, bool, _CLIENT),
        }
        cache = read(
            "INTROSPECTION_CACHE_SECONDS",
            "5",
            lambda text: 0 <= _number(text) <= LONGEST_CACHE_SECONDS,
            f"seconds from 0 to {LONGEST_CACHE_SECONDS}",
        )
        timeout = read(
            "LATCHKEY_TIMEOUT_SECONDS", "5", lambda text: 0 < _number(text) <= 60, "seconds, 60 at most"
        )
        if problems:
            raise SettingsError("\n".join(problems))
        return cls(
            latchkey_url=latchkey_url,
            introspection_cache_seconds=float(cache),
            timeout_seconds=float(timeout),
            **settings,
        )


def _is_url(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return (
        url.scheme in ("http", "https") and bool(url.host) and not (url.userinfo or url.query or url.fragment)
    )


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
