"""Asks Latchkey what a token is (RFC 7662)."""

import base64
import hashlib
import logging
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Lock
from urllib.parse import quote_plus

from latchkey.background import in_background
from latchkey.clock import Clock
from latchkey.errors import Unavailable
from latchkey.http_client import Answer, HttpClient, RequestFailed
from latchkey.pause import Pause
from latchkey.principal import Claims

LONGEST_CACHE_SECONDS = 10
_CAPACITY = 10_000

# Each is a thread. Anyone can make up tokens that Latchkey has to be asked about.
MAX_QUESTIONS_UNDER_WAY = 20

_AWAY = "Latchkey cannot be asked about the token."
_BUSY = "Latchkey is being asked about too many other tokens."
_MISCONFIGURED = "Latchkey does not let this back-end ask about tokens."

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Entry:
    """A question, and its answer once it is there: the claims, or None if the token is not active."""

    answer: Future[Claims | None]
    until: float


class Introspection:
    """What Latchkey says of tokens, remembered for seconds. Requests at once with one token ask once."""

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: str,
        http: HttpClient,
        clock: Clock,
        *,
        timeout_seconds: float,
        cache_seconds: float,
        capacity: int = _CAPACITY,
    ) -> None:
        self._url = url
        self._headers = {"authorization": _basic(client_id, client_secret)}
        self._http = http
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._cache_seconds = min(cache_seconds, LONGEST_CACHE_SECONDS)
        self._capacity = capacity
        self._lock = Lock()
        self._pause = Pause(clock)
        self._under_way = 0
        # By digest, so that a dump of the memory holds no credential. The oldest come first: a plain dict
        # would look for the first of them past all that were removed.
        self._entries: OrderedDict[bytes, _Entry] = OrderedDict()

    def ask(self, token: str) -> Claims | None:
        """
        The claims of an active token; None for any other. Raises Unavailable if that cannot be told.

        The answer is to a question that was asked `cache_seconds` ago at most: a revocation counts after
        that time. Callers look at `exp`, which may have passed since.
        """
        digest = hashlib.sha256(token.encode()).digest()
        entry = self._entry(digest, token)
        try:
            return entry.answer.result(self._timeout_seconds)
        except (RequestFailed, TimeoutError) as error:
            with self._lock:
                # A failure tells nothing of the token.
                if self._entries.get(digest) is entry:
                    del self._entries[digest]
                if isinstance(error, TimeoutError):
                    self._pause.failed(_AWAY)
            raise self._pause.unavailable() from error

    def _entry(self, digest: bytes, token: str) -> _Entry:
        with self._lock:
            now = self._clock.monotonic()
            known = self._entries.get(digest)
            if known is not None and now < known.until:
                # Of the requests that come while Latchkey is known to be away, one at most waits for it.
                if self._pause.is_failing and not known.answer.done():
                    raise self._pause.unavailable()
                return known
            if self._under_way >= MAX_QUESTIONS_UNDER_WAY:
                # Tells nothing of Latchkey, and so begins no pause.
                raise Unavailable(_BUSY, 1)
            if not self._pause.permits():
                raise self._pause.unavailable()
            self._entries.pop(digest, None)
            self._make_room(now)
            # From when it was asked: an answer that took long is as old as its question.
            entry = _Entry(in_background(lambda: self._question(token)), now + self._cache_seconds)
            self._under_way += 1
            self._entries[digest] = entry
            return entry

    def _make_room(self, now: float) -> None:
        while self._entries:
            oldest = next(iter(self._entries.values()))
            if now < oldest.until and len(self._entries) < self._capacity:
                return
            self._entries.popitem(last=False)

    def _question(self, token: str) -> Claims | None:
        retry_after_seconds = None
        try:
            answer = self._http.post_form(self._url, {"token": token}, self._headers)
            retry_after_seconds = answer.retry_after_seconds
            claims = _claims_of(answer)
        except RequestFailed as error:
            is_refused = isinstance(error, _ClientRefused)
            _log.log(
                logging.ERROR if is_refused else logging.WARNING, "%s cannot be asked: %s", self._url, error
            )
            with self._lock:
                self._pause.failed(_MISCONFIGURED if is_refused else _AWAY, retry_after_seconds)
            raise
        finally:
            with self._lock:
                self._under_way -= 1
        with self._lock:
            self._pause.succeeded()
        return claims


class _ClientRefused(RequestFailed):
    """A mistake in the configuration of this back-end, and no fault of the token."""


def _claims_of(answer: Answer) -> Claims | None:
    if answer.status in (401, 403):
        raise _ClientRefused(
            f"status {answer.status}: CLIENT_ID and CLIENT_SECRET must be those of a client with the scope "
            "tokens:introspect"
        )
    # RFC 7662 §2.2 requires `active`. An answer without it says nothing of the token: another server's.
    if answer.status != 200 or answer.json is None or not isinstance(answer.json.get("active"), bool):
        raise RequestFailed(f"the answer has status {answer.status} and tells nothing of the token")
    return answer.json if answer.json["active"] else None


def _basic(client_id: str, client_secret: str) -> str:
    """RFC 6749 §2.3.1: both are form-urlencoded first."""
    pair = f"{quote_plus(client_id)}:{quote_plus(client_secret)}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
