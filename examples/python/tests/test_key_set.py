"""How the public keys are fetched, and what holds while Latchkey is away."""

import time
from collections.abc import Callable

import pytest

from latchkey import TokenRefused, Unavailable, Verifier
from latchkey.http_client import MAX_ANSWER_BYTES, HttpClient
from latchkey.key_set import KeySet
from tests.support.at_once import at_once
from tests.support.eventually import eventually
from tests.support.fake_issuer import JWKS_PATH, FakeIssuer, Handler
from tests.support.set_clock import SetClock
from tests.support.signing import USER, Signer, session_claims

Create = Callable[..., Verifier]

REASON = "Latchkey's public keys cannot be fetched."


@pytest.fixture
def header(issuer: FakeIssuer, clock: SetClock) -> Callable[..., str]:
    """An Authorization header of a session, as of now."""

    def header(signer: Signer | None = None) -> str:
        return f"Bearer {(signer or issuer.signer).sign(session_claims(clock))}"

    return header


def user(verifier: Verifier, header: str) -> str:
    principal = verifier.verify(header)
    assert principal is not None
    return principal.user_id


def unavailable(verifier: Verifier, header: str) -> Unavailable:
    with pytest.raises(Unavailable) as raised:
        verifier.verify(header)
    assert str(raised.value) == REASON
    return raised.value


def test_keys_are_fetched_once_for_many_first_requests_at_once(
    create: Create, issuer: FakeIssuer, header: Callable[..., str]
) -> None:
    verifier, first = create(), header()

    def let_them_wait() -> None:
        eventually(lambda: issuer.fetches > 0)
        time.sleep(0.2)
        issuer.release.set()

    issuer.behaviour = issuer.holds
    assert at_once(20, lambda: user(verifier, first), let_them_wait) == [USER] * 20
    for _ in range(50):
        assert user(verifier, header()) == USER
    assert issuer.fetches == 1


def test_keys_are_refreshed_beside_the_requests(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier, successor = create(), Signer("second")
    assert user(verifier, header()) == USER
    clock.advance(239)
    assert user(verifier, header()) == USER
    assert issuer.fetches == 1
    issuer.behaviour = issuer.holds
    clock.advance(1)
    assert [user(verifier, header()) for _ in range(20)] == [USER] * 20
    # Nobody has waited for the answer, and given up.
    issuer.keys = [successor.jwk]
    issuer.release.set()
    assert user(verifier, header(successor)) == USER
    assert issuer.fetches == 2


def test_a_key_that_was_dropped_is_refused_after_five_minutes(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier = create()
    assert user(verifier, header()) == USER
    successor = Signer("second")
    issuer.keys = [successor.jwk]
    # Nobody has called meanwhile: the first who does waits for the keys.
    clock.advance(300)
    with pytest.raises(TokenRefused):
        verifier.verify(header())
    assert user(verifier, header(successor)) == USER
    assert issuer.fetches == 2


@pytest.mark.parametrize("outage", ["fails", "hangs"])
def test_keys_that_are_known_verify_while_latchkey_is_away(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str], outage: str
) -> None:
    verifier = create(timeout_seconds=1 if outage == "hangs" else 60)
    # With the short time-out the first fetch may fail on a busy machine.
    eventually(lambda: knows_keys(verifier, header, clock))
    fetches = issuer.fetches
    issuer.behaviour = getattr(issuer, outage)
    clock.advance(3_600)
    assert [user(verifier, header()) for _ in range(50)] == [USER] * 50
    eventually(lambda: issuer.fetches == fetches + 1)
    clock.advance(2)
    assert [user(verifier, header()) for _ in range(50)] == [USER] * 50
    eventually(lambda: issuer.fetches == fetches + 2)


def test_no_request_waits_for_a_latchkey_that_is_known_to_be_away(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier, successor = create(), Signer("second")
    assert user(verifier, header()) == USER
    issuer.behaviour = issuer.fails
    clock.advance(3_600)
    assert user(verifier, header()) == USER
    issuer.behaviour = issuer.holds
    clock.advance(2)
    assert [user(verifier, header()) for _ in range(20)] == [USER] * 20
    # Nobody has waited for the answer, and given up.
    issuer.keys = [successor.jwk]
    issuer.release.set()
    eventually(lambda: finds(verifier, header(successor)))
    assert issuer.fetches == 3


@pytest.mark.parametrize("knows", [True, False], ids=["keys are known", "no keys are known"])
def test_after_a_failure_only_the_request_that_tries_waits_for_an_unknown_key(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str], knows: bool
) -> None:
    verifier, successor = create(), Signer("second")
    if knows:
        assert user(verifier, header()) == USER
        clock.advance(30)
    issuer.behaviour = issuer.fails
    unavailable(verifier, header(successor))
    fetches = issuer.fetches
    issuer.behaviour = issuer.holds
    issuer.keys = [successor.jwk]
    clock.advance(2)

    def others() -> None:
        eventually(lambda: issuer.fetches == fetches + 1)
        for number in range(20):
            unavailable(verifier, header(Signer(f"unknown-{number}")))
        # Had one of them waited, the request that tries would have given up before.
        issuer.release.set()

    assert at_once(1, lambda: user(verifier, header(successor)), others) == [USER]
    assert issuer.fetches == fetches + 1


def finds(verifier: Verifier, header: str) -> bool:
    try:
        return user(verifier, header) == USER
    except Unavailable:
        return False


def knows_keys(verifier: Verifier, header: Callable[..., str], clock: SetClock) -> bool:
    is_known = finds(verifier, header())
    if not is_known:
        clock.advance(2)
    return is_known


def test_an_unknown_key_costs_one_fetch_in_thirty_seconds(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier = create()
    for fetches in (1, 2, 3):
        for number in range(50):
            with pytest.raises(TokenRefused):
                verifier.verify(header(Signer(f"unknown-{number}")))
        assert issuer.fetches == fetches
        clock.advance(29)
        with pytest.raises(TokenRefused):
            verifier.verify(header(Signer("unknown")))
        assert issuer.fetches == fetches
        clock.advance(1)


def test_a_new_key_is_found_by_the_first_token_that_names_it(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier, successor = create(), Signer("second")
    assert user(verifier, header()) == USER
    issuer.keys.append(successor.jwk)
    clock.advance(30)
    assert user(verifier, header(successor)) == USER
    assert user(verifier, header()) == USER


def test_a_token_is_not_called_invalid_while_its_key_cannot_be_looked_for(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier, successor = create(), Signer("second")
    assert user(verifier, header()) == USER
    issuer.keys.append(successor.jwk)
    issuer.behaviour = issuer.fails
    clock.advance(30)
    for _ in range(20):
        assert unavailable(verifier, header(successor)).retry_after_seconds == 2
    assert issuer.fetches == 2
    issuer.behaviour = issuer.answers
    clock.advance(2)
    assert user(verifier, header(successor)) == USER


def test_an_issuer_that_hangs_makes_one_request_wait_and_recovers(
    create: Create, issuer: FakeIssuer, clock: SetClock, header: Callable[..., str]
) -> None:
    verifier = create(timeout_seconds=1)
    issuer.behaviour = issuer.hangs
    assert unavailable(verifier, header()).retry_after_seconds == 2
    for _ in range(20):
        unavailable(verifier, header())
    eventually(lambda: issuer.fetches == 1)
    issuer.behaviour = issuer.answers
    clock.advance(2)
    eventually(lambda: knows_keys(verifier, header, clock))


def test_an_answer_that_drips_in_is_given_up(
    create: Create, issuer: FakeIssuer, header: Callable[..., str]
) -> None:
    issuer.behaviour = issuer.drips
    unavailable(create(timeout_seconds=1), header())
    eventually(lambda: issuer.fetches == 1)
    # Each part comes in time. The whole does not.
    assert issuer.under_way == 1


def test_an_older_answer_that_arrives_late_does_not_replace_a_newer_one(
    issuer: FakeIssuer, clock: SetClock
) -> None:
    keys, successor = key_set(issuer, clock), Signer("second")

    def answers_late(handler: Handler) -> None:
        issuer.release.wait()
        handler.json({"keys": [issuer.signer.jwk]})

    assert keys.find("first") is not None
    issuer.behaviour = answers_late
    clock.advance(240)
    assert keys.find("first") is not None
    late = keys._flight
    assert late is not None
    eventually(lambda: issuer.fetches == 2)
    # It is given up, and another fetch brings the successor.
    clock.advance(60)
    assert keys.find("first") is not None
    issuer.behaviour = issuer.answers
    issuer.keys = [successor.jwk]
    clock.advance(2)
    assert keys.find("first") is not None
    eventually(lambda: keys.find("first") is None)
    issuer.release.set()
    late.result()
    assert keys.find("first") is None
    assert keys.find("second") is not None
    assert issuer.fetches == 3


def test_keys_are_fetched_past_caches_on_the_way(issuer: FakeIssuer, clock: SetClock) -> None:
    assert key_set(issuer, clock).find("first") is not None
    assert issuer.requests[0].headers["cache-control"] == "no-cache"


def key_set(issuer: FakeIssuer, clock: SetClock) -> KeySet:
    return KeySet(issuer.url + JWKS_PATH, HttpClient(60), clock, timeout_seconds=60)


def test_an_issuer_that_does_not_listen_is_unavailable(create: Create, header: Callable[..., str]) -> None:
    unavailable(create(latchkey_url="http://127.0.0.1:1"), header())


@pytest.mark.parametrize(
    "body",
    ["", "<html>", "[]", "{}", '{"keys": {}}', '{"keys": null}', "[" * 20_000],
    ids=["empty", "html", "list", "no keys", "object", "null", "nested"],
)
def test_an_answer_that_is_no_key_set_is_no_answer(
    create: Create, issuer: FakeIssuer, header: Callable[..., str], body: str
) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body.encode())

    issuer.behaviour = answer
    unavailable(create(), header())


def test_an_answer_that_is_too_large_is_no_answer(
    create: Create, issuer: FakeIssuer, header: Callable[..., str]
) -> None:
    issuer.behaviour = lambda handler: handler.json({"keys": issuer.keys, "x": "x" * MAX_ANSWER_BYTES})
    unavailable(create(), header())


def test_an_answer_without_end_is_given_up(
    create: Create, issuer: FakeIssuer, header: Callable[..., str]
) -> None:
    def answer(handler: Handler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not issuer.ending.is_set():
            handler.wfile.write(b" " * 10_000)

    issuer.behaviour = answer
    unavailable(create(), header())


def test_a_redirect_is_not_followed(create: Create, issuer: FakeIssuer, header: Callable[..., str]) -> None:
    def answer(handler: Handler) -> None:
        if handler.path == JWKS_PATH:
            handler.json({}, 302, {"location": "/elsewhere"})
        else:
            handler.json({"keys": issuer.keys})

    issuer.behaviour = answer
    unavailable(create(), header())
    assert [request.path for request in issuer.requests] == [JWKS_PATH]


def test_keys_that_cannot_be_read_keep_no_other_out(issuer: FakeIssuer, clock: SetClock) -> None:
    keys = key_set(issuer, clock)
    issuer.keys = [
        None,
        {},
        {"kid": "x", "alg": "ES256"},
        {"kid": "x", "alg": "ES256", "kty": "EC", "crv": "P-256", "x": "AA", "y": "AA"},
        {"kid": "x", "alg": ["ES256"], "kty": "EC"},
        {"kid": ["x"], "alg": "ES256", "kty": "EC"},
        {"kid": "x", "alg": "ES256", "kty": "oct", "k": "AA"},
        # Its secret would be public.
        {"kid": "x", "alg": "HS256", "kty": "oct", "k": "AA"},
        *issuer.keys,
    ]
    assert keys.find(issuer.signer.kid) is not None
    assert keys.find("x") is None
