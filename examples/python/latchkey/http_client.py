"""Requests to Latchkey."""

import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

# Many times the size of any answer.
MAX_ANSWER_BYTES = 65_536


class RequestFailed(Exception):
    """There is no answer that can be used. The text is for the log, and quotes neither request nor answer."""


@dataclass(frozen=True)
class Answer:
    """An answer of any status."""

    status: int
    json: Mapping[str, Any] | None
    """None if it is not a JSON object."""
    retry_after_seconds: int | None


class HttpClient:
    """Sends requests to Latchkey, with bounds on their time and on the size of answers."""

    def __init__(self, timeout_seconds: float) -> None:
        self._timeout_seconds = timeout_seconds
        self._client = httpx.Client(
            timeout=timeout_seconds,
            # Whoever can redirect a request chooses the keys.
            follow_redirects=False,
            # No proxy of the environment: it would see the client's secret.
            trust_env=False,
            # The authorities that this machine trusts.
            verify=ssl.create_default_context(),
        )

    def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        """Raises RequestFailed."""
        return self._send(self._client.build_request("GET", url, headers=headers))

    def post_form(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Raises RequestFailed."""
        return self._send(self._client.build_request("POST", url, data=form, headers=headers))

    def _send(self, request: httpx.Request) -> Answer:
        # The body is read undecoded, since a compressed one could be a thousand times as large.
        request.headers["accept-encoding"] = "identity"
        # The client's time-out is for each read: many small ones may take longer.
        deadline = time.monotonic() + self._timeout_seconds
        body = bytearray()
        try:
            response = self._client.send(request, stream=True)
            try:
                for chunk in response.iter_raw():
                    body += chunk
                    if len(body) > MAX_ANSWER_BYTES:
                        raise RequestFailed("the answer is too large")
                    if time.monotonic() > deadline:
                        raise RequestFailed("the answer takes too long")
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise RequestFailed(f"{type(error).__name__}: {error}") from error
        return Answer(response.status_code, _json_object(bytes(body)), _retry_after(response.headers))


def _json_object(body: bytes) -> Mapping[str, Any] | None:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _retry_after(headers: httpx.Headers) -> int | None:
    text = headers.get("retry-after", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
