"""
Latchkey's public keys (RFC 7517), cached.

PyJWT's PyJWKClient is not used. While the issuer is away it refuses keys that it knows once they are older
than its cache, and each request tries to fetch them, one after the other, since it holds a lock meanwhile.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from math import inf
from threading import Lock
from typing import NoReturn

import jwt

from latchkey.access_token import ALGORITHMS
from latchkey.background import in_background
from latchkey.clock import Clock
from latchkey.errors import Unavailable
from latchkey.http_client import Answer, HttpClient, RequestFailed
from latchkey.pause import Pause

# Keys that are older are fetched again beside the requests, in seconds.
REFRESH_AFTER_SECONDS = 240

# For keys that are older than tokens live, requests wait for the fetch, unless Latchkey is known to be away.
WAIT_AFTER_SECONDS = 300

# An unknown key costs one fetch in so many seconds: anyone can write a header that names one.
UNKNOWN_KEY_SECONDS = 30

_REASON = "Latchkey's public keys cannot be fetched."

_log = logging.getLogger(__name__)

Keys = Mapping[str, jwt.PyJWK]


class KeySet:
    """The keys by id. While Latchkey is away, those that are known go on to verify."""

    def __init__(self, url: str, http: HttpClient, clock: Clock, timeout_seconds: float) -> None:
        self._url = url
        self._http = http
        self._clock = clock
        self._timeout_seconds = timeout_seconds
        self._lock = Lock()
        self._pause = Pause(clock)
        self._keys: Keys = {}
        self._fetched_at = -inf
        self._flight: Future[None] | None = None
        self._flight_began_at = -inf

    def find(self, kid: str) -> jwt.PyJWK | None:
        """The key of this id; None if Latchkey has none. Raises Unavailable if that cannot be told."""
        self._refresh()
        known = self._keys.get(kid)
        if known is not None:
            return known
        flight = self._look_for_unknown()
        if flight is None:
            return None
        self._wait(flight)
        return self._keys.get(kid)

    def _refresh(self) -> None:
        """Have keys, of the last minutes if possible. Raises Unavailable if there are none."""
        with self._lock:
            age = self._clock.monotonic() - self._fetched_at
            if age < REFRESH_AFTER_SECONDS:
                return
            is_away = self._pause.is_failing
            flight = self._fetch_to_wait_for() if age == inf else self._fetch()
        if flight is None:
            return
        if age == inf:
            self._wait(flight)
        elif age >= WAIT_AFTER_SECONDS and not is_away:
            try:
                self._wait(flight)
            except Unavailable:
                # It has been logged. The keys that are known verify.
                return

    def _look_for_unknown(self) -> Future[None] | None:
        """A fetch that may bring an unknown key; None if it was looked for lately."""
        with self._lock:
            was_looked_for = self._clock.monotonic() - self._fetched_at < UNKNOWN_KEY_SECONDS
            if was_looked_for and self._flight is None:
                return None
            return self._fetch_to_wait_for()

    def _fetch_to_wait_for(self) -> Future[None]:
        """
        As `_fetch`. Raises Unavailable in a pause, and beside a request that tries after a failure: of those
        that come while Latchkey is known to be away, one at most waits for it. Callers hold the lock.
        """
        under_way = self._flight
        flight = self._fetch()
        if flight is None or (flight is under_way and self._pause.is_failing):
            self._refuse()
        return flight

    def _fetch(self) -> Future[None] | None:
        """The fetch that is under way, or a new one; None in a pause. Callers hold the lock."""
        now = self._clock.monotonic()
        if self._flight is not None and now - self._flight_began_at < self._timeout_seconds:
            return self._flight
        if self._flight is not None:
            self._end(self._flight_began_at, succeeded=False)
        if not self._pause.permits():
            return None
        self._flight_began_at = now
        self._flight = in_background(lambda: self._load(now))
        return self._flight

    def _load(self, began_at: float) -> None:
        try:
            # Past caches on the way, which would keep a key that was dropped.
            keys = _parse(self._http.get(self._url, {"cache-control": "no-cache"}))
        except RequestFailed as error:
            _log.warning("the keys at %s cannot be fetched: %s", self._url, error)
            with self._lock:
                self._end(began_at, succeeded=False)
            raise
        with self._lock:
            if began_at > self._fetched_at:
                self._keys, self._fetched_at = keys, began_at
            self._end(began_at, succeeded=True)

    def _end(self, began_at: float, *, succeeded: bool) -> None:
        """Note the end of a fetch, unless it was given up before. Callers hold the lock."""
        if self._flight is None or self._flight_began_at != began_at:
            return
        self._flight = None
        if succeeded:
            self._pause.succeeded()
        else:
            self._pause.failed(_REASON)

    def _wait(self, flight: Future[None]) -> None:
        try:
            flight.result(self._timeout_seconds)
        except RequestFailed:
            self._refuse()
        except TimeoutError:
            with self._lock:
                if self._flight is flight:
                    self._end(self._flight_began_at, succeeded=False)
            self._refuse()

    def _refuse(self) -> NoReturn:
        raise self._pause.unavailable()


def _parse(answer: Answer) -> Keys:
    """The keys that can be read, of the kinds that we verify. Raises RequestFailed if there is no list."""
    listed = None if answer.json is None else answer.json.get("keys")
    if answer.status != 200 or not isinstance(listed, list):
        raise RequestFailed(f"the answer has status {answer.status} and is no key set")
    keys = {}
    for jwk in listed:
        if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
            continue
        if jwk.get("alg") not in ALGORITHMS:
            continue
        try:
            # Bound to the algorithm that Latchkey states for it (RFC 8725 §3.1).
            keys[jwk["kid"]] = jwt.PyJWK(jwk, algorithm=jwk["alg"])
        except Exception as error:
            # Whatever is wrong with it keeps no other out.
            _log.warning("a key of the key set cannot be read: %s", type(error).__name__)
    return keys
