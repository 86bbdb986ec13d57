"""What Latchkey is asked about tokens, and how long its answers count."""

import base64
import hashlib
import logging
import time
from collections.abc import Callable

import pytest

from latchkey import Principal, TokenRefused, Unavailable, Verifier
from latchkey.http_client import HttpClient
from latchkey.introspection import MAX_QUESTIONS_UNDER_WAY, Introspection
from tests.support.at_once import at_once
from tests.support.eventually import eventually
from tests.support.fake_issuer import INTROSPECTION_PATH, FakeIssuer, Handler
from tests.support.set_clock import SetClock
from tests.support.signing import (
    SESSION,
    USER,
    Signer,
    personal_access_token,
    personal_claims,
    session_claims,
)

Create = Callable[..., Verifier]

REASON = "Latchkey cannot be asked about the token."


@pytest.fixture
def token(issuer: FakeIssuer, clock: SetClock) -> str:
    """A personal access token that is active."""
    token = personal_access_token()
    issuer.active[token] = personal_claims(clock, scope="notes:read", exp=int(clock.now()) + 3_600)
    return token


def accepted(verifier: Verifier, token: str, *, live: bool = False) -> Principal:
    principal = verifier.verify(f"Bearer {token}", live=live)
    assert principal is not None
    return principal


def is_refused(verifier: Verifier, token: str, *, live: bool = False) -> bool:
    try:
        accepted(verifier, token, live=live)
    except TokenRefused:
        return True
    return False


def unavailable(verifier: Verifier, token: str) -> Unavailable:
    with pytest.raises(Unavailable) as raised:
        verifier.verify(f"Bearer {token}")
    return raised.value


def test_a_personal_access_token_is_what_latchkey_says(
    create: Create, issuer: FakeIssuer, token: str
) -> None:
    principal = accepted(create(), token)
    assert (principal.kind, principal.user_id, principal.session_id) == ("personal_access_token", USER, None)
    assert principal.scopes == {"notes:read"}
    assert principal.roles == ()
    (request,) = issuer.requests
    assert (request.path, request.form) == (INTROSPECTION_PATH, {"token": token})


def test_the_client_authenticates_by_form_urlencoded_basic(
    create: Create, issuer: FakeIssuer, token: str
) -> None:
    accepted(create(client_id="a:b", client_secret="s e:c+ret"), token)
    encoded = base64.b64encode(b"a%3Ab:s+e%3Ac%2Bret").decode()
    assert issuer.requests[0].headers["authorization"] == f"Basic {encoded}"


def test_an_answer_is_remembered_for_a_few_seconds(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=5)
    accepted(verifier, token)
    del issuer.active[token]
    clock.advance(4.9)
    assert [accepted(verifier, token).user_id for _ in range(20)] == [USER] * 20
    assert issuer.questions == 1
    clock.advance(0.1)
    assert all(is_refused(verifier, token) for _ in range(20))
    assert issuer.questions == 2


def test_no_answer_is_remembered_for_more_than_ten_seconds(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=3_600)
    accepted(verifier, token)
    del issuer.active[token]
    clock.advance(10)
    assert is_refused(verifier, token)


def test_without_a_cache_each_request_asks(create: Create, issuer: FakeIssuer, token: str) -> None:
    verifier = create(introspection_cache_seconds=0)
    for questions in (1, 2, 3):
        accepted(verifier, token)
        assert issuer.questions == questions


def test_an_answer_is_as_old_as_its_question(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=5)

    def answer(handler: Handler) -> None:
        clock.advance(5)
        issuer.answers(handler)

    issuer.behaviour = answer
    accepted(verifier, token)
    accepted(verifier, token)
    assert issuer.questions == 2


def test_an_answer_does_not_outlive_its_token(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=10)
    issuer.active[token]["exp"] = int(clock.now()) + 3
    accepted(verifier, token)
    clock.advance(3)
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(f"Bearer {token}")
    assert refused.value.reason == "expired"
    assert issuer.questions == 1


def test_many_requests_at_once_with_one_token_ask_once(
    create: Create, issuer: FakeIssuer, token: str
) -> None:
    verifier = create()

    def let_them_wait() -> None:
        eventually(lambda: issuer.questions > 0)
        time.sleep(0.2)
        issuer.release.set()

    issuer.behaviour = issuer.holds
    assert at_once(20, lambda: accepted(verifier, token).user_id, let_them_wait) == [USER] * 20
    assert issuer.questions == 1


def test_an_answer_is_about_its_token_only(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create()
    other, unknown = personal_access_token(), personal_access_token()
    issuer.active[other] = personal_claims(clock, sub="another user")
    for _ in range(2):
        assert accepted(verifier, token).user_id == USER
        assert accepted(verifier, other).user_id == "another user"
        assert is_refused(verifier, unknown)
    assert issuer.questions == 3


def test_tokens_are_remembered_by_digest(issuer: FakeIssuer, clock: SetClock, token: str) -> None:
    introspection = introspection_of(issuer, clock)
    introspection.ask(token)
    assert list(introspection._entries) == [hashlib.sha256(token.encode()).digest()]
    assert token not in repr(introspection._entries[next(iter(introspection._entries))].answer.result())


def test_the_memory_for_answers_is_bounded(issuer: FakeIssuer, clock: SetClock, token: str) -> None:
    introspection = introspection_of(issuer, clock, capacity=5)
    for _ in range(20):
        introspection.ask(personal_access_token())
        clock.advance(0.01)
    assert len(introspection._entries) == 5
    # Those that count no more make room first.
    clock.advance(5)
    introspection.ask(token)
    assert len(introspection._entries) == 1


def test_the_oldest_answer_makes_room_for_another(issuer: FakeIssuer, clock: SetClock) -> None:
    introspection = introspection_of(issuer, clock, capacity=2)
    first, second, third = (personal_access_token() for _ in range(3))
    for token in (first, second, third, second, third):
        introspection.ask(token)
    assert issuer.questions == 3
    introspection.ask(first)
    assert issuer.questions == 4


def introspection_of(issuer: FakeIssuer, clock: SetClock, capacity: int = 100) -> Introspection:
    http = HttpClient(60)
    url = f"{issuer.url}{INTROSPECTION_PATH}"
    return Introspection(
        url, "id", "secret", http, clock, timeout_seconds=60, cache_seconds=5, capacity=capacity
    )


@pytest.mark.parametrize(
    "change",
    [
        {"aud": "other"},
        {"aud": ["latchkey"]},
        {"aud": None},
        {"sub": None},
        {"exp": None},
        {"act": None},
        {"act": {"sub": "another"}},
    ],
)
def test_an_active_token_for_others_is_refused(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str, change: dict[str, object]
) -> None:
    issuer.active[token] = personal_claims(clock, **change)
    assert is_refused(create(), token)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "no JSON object"),
        (200, {}),
        (200, {"active": "true"}),
        (200, {"active": None}),
        (302, {"active": True}),
        (400, {"error": "invalid_request"}),
        (500, {"active": False}),
        (503, {"error": "temporarily_unavailable"}),
    ],
)
def test_an_answer_that_tells_nothing_of_the_token_does_not_refuse_it(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str, status: int, body: object
) -> None:
    verifier = create()
    issuer.behaviour = lambda handler: handler.json(body, status)
    assert str(unavailable(verifier, token)) == REASON
    # It is not remembered.
    issuer.behaviour = issuer.answers
    clock.advance(2)
    assert accepted(verifier, token).user_id == USER


def test_after_a_failure_nothing_is_asked_for_two_seconds(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create()
    issuer.behaviour = issuer.fails
    for questions in (1, 2, 3):
        for _ in range(20):
            assert unavailable(verifier, personal_access_token()).retry_after_seconds == 2
        assert issuer.questions == questions
        clock.advance(2)
    issuer.behaviour = issuer.answers
    assert accepted(verifier, token).user_id == USER
    assert accepted(verifier, token).user_id == USER


@pytest.mark.parametrize(("asked", "pause"), [(20, 20), (86_400, 30)])
def test_latchkey_may_ask_for_a_longer_pause_of_half_a_minute_at_most(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str, asked: int, pause: int
) -> None:
    verifier = create()
    issuer.behaviour = lambda handler: handler.json({"error": "x"}, 429, {"retry-after": str(asked)})
    assert unavailable(verifier, token).retry_after_seconds == pause
    issuer.behaviour = issuer.answers
    clock.advance(pause - 1)
    assert unavailable(verifier, token).retry_after_seconds == 1
    assert issuer.questions == 1
    clock.advance(1)
    assert accepted(verifier, token).user_id == USER


def test_after_a_pause_one_request_of_many_at_once_tries(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create()
    issuer.behaviour = issuer.fails
    unavailable(verifier, token)
    issuer.behaviour = issuer.holds
    clock.advance(2)
    refused: list[Unavailable] = []

    def ask() -> None:
        try:
            is_refused(verifier, personal_access_token())
        except Unavailable as error:
            refused.append(error)

    def release() -> None:
        eventually(lambda: len(refused) + issuer.questions == 21)
        issuer.release.set()

    at_once(20, ask, release)
    assert (issuer.questions, len(refused)) == (2, 19)


def test_the_questions_under_way_are_bounded(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    verifier = create()
    tokens = [personal_access_token() for _ in range(MAX_QUESTIONS_UNDER_WAY + 10)]
    issuer.active = {token: personal_claims(clock) for token in tokens}
    issuer.behaviour = issuer.holds
    waiting = tokens.copy()
    refused: list[Unavailable] = []

    def ask() -> None:
        try:
            accepted(verifier, waiting.pop())
        except Unavailable as error:
            refused.append(error)

    def release() -> None:
        eventually(lambda: len(refused) + issuer.questions == len(tokens))
        issuer.release.set()

    at_once(len(tokens), ask, release)
    assert issuer.questions == MAX_QUESTIONS_UNDER_WAY
    assert [error.retry_after_seconds for error in refused] == [1] * 10
    # That is no failure of Latchkey: nothing is paused.
    assert [accepted(verifier, token).user_id for token in tokens] == [USER] * len(tokens)
    assert issuer.questions == len(tokens)


def test_questions_that_fail_leave_room_for_others(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create()
    issuer.behaviour = issuer.fails
    for _ in range(MAX_QUESTIONS_UNDER_WAY):
        unavailable(verifier, token)
        clock.advance(2)
    issuer.behaviour = issuer.answers
    assert accepted(verifier, token).user_id == USER


def test_a_question_that_fails_late_does_not_remove_a_newer_answer(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=5)

    def fails_late(handler: Handler) -> None:
        issuer.release.wait()
        issuer.fails(handler)

    def ask_again() -> None:
        eventually(lambda: issuer.questions == 1)
        issuer.behaviour = issuer.answers
        clock.advance(5)
        accepted(verifier, token)
        issuer.release.set()

    issuer.behaviour = fails_late
    at_once(1, lambda: unavailable(verifier, token), ask_again)
    assert accepted(verifier, token).user_id == USER
    assert issuer.questions == 2


@pytest.mark.parametrize("outage", ["hangs", "drips"])
def test_a_latchkey_that_does_not_finish_its_answer_makes_one_request_wait(
    create: Create, issuer: FakeIssuer, token: str, outage: str
) -> None:
    verifier = create(timeout_seconds=1)
    issuer.behaviour = getattr(issuer, outage)
    for _ in range(20):
        assert str(unavailable(verifier, token)) == REASON
    eventually(lambda: issuer.questions == 1)
    assert issuer.under_way == 1


@pytest.mark.parametrize("status", [401, 403])
def test_a_client_that_latchkey_refuses_is_a_mistake_of_the_back_end(
    create: Create, issuer: FakeIssuer, token: str, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    verifier = create(client_id="my-client", client_secret="my-secret")
    issuer.behaviour = lambda handler: handler.json({"error": "invalid_client"}, status)
    for _ in range(5):
        assert str(unavailable(verifier, token)) == "Latchkey does not let this back-end ask about tokens."
    (record,) = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "CLIENT_SECRET" in record.getMessage()
    for secret in ("my-secret", token):
        assert secret not in caplog.text


def test_no_secret_is_in_what_is_logged_or_raised(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    verifier = create(client_secret="my-secret")
    session = issuer.signer.sign(session_claims(clock))
    texts = []
    for behaviour in (issuer.fails, issuer.answers):
        issuer.behaviour = behaviour
        for given in (token, session, session[:-3], personal_access_token(), "lkp_x"):
            try:
                verifier.verify(f"Bearer {given}", live=True)
            except (TokenRefused, Unavailable) as error:
                texts += [str(error), repr(error), repr(error.__cause__)]
        clock.advance(2)
    texts.append(caplog.text)
    basic = base64.b64encode(b"client:my-secret").decode()
    for secret in ("my-secret", basic, token, session, session.split(".")[1]):
        assert [text for text in texts if secret in text] == []


def test_a_session_that_has_ended_is_refused_where_it_must_be_live(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    verifier = create()
    token = issuer.signer.sign(session_claims(clock))
    issuer.active[token] = session_claims(clock, scope="notes:read")
    # As of now, not as of when the token was issued.
    live = accepted(verifier, token, live=True)
    assert live.session_id == SESSION
    assert live.scopes == {"notes:read"}
    assert accepted(verifier, token).scopes == {"notes:read", "notes:write"}
    del issuer.active[token]
    clock.advance(5)
    assert is_refused(verifier, token, live=True)
    assert not is_refused(verifier, token)


def test_what_latchkey_has_not_signed_costs_no_question(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    verifier = create()
    for token in (
        Signer().sign(session_claims(clock)),
        issuer.signer.sign(session_claims(clock, aud="other")),
        issuer.signer.sign(session_claims(clock), {"typ": "service+jwt"}),
        issuer.signer.sign(session_claims(clock, exp=int(clock.now()))),
    ):
        assert is_refused(verifier, token, live=True)
    assert issuer.questions == 0


def test_after_a_failure_only_the_request_that_tries_waits(
    create: Create, issuer: FakeIssuer, clock: SetClock, token: str
) -> None:
    verifier = create(introspection_cache_seconds=10)
    issuer.behaviour = issuer.fails
    unavailable(verifier, token)
    issuer.behaviour = issuer.holds
    clock.advance(2)

    def others() -> None:
        eventually(lambda: issuer.questions == 2)
        for _ in range(20):
            unavailable(verifier, token)
        issuer.release.set()

    (principal,) = at_once(1, lambda: accepted(verifier, token), others)
    assert principal.user_id == USER
    assert issuer.questions == 2


@pytest.mark.parametrize("iss", ["https://other.example.com", None])
def test_what_another_issuer_says_is_refused(
    create: Create, issuer: FakeIssuer, token: str, iss: str | None
) -> None:
    verifier = create()
    issuer.active[token]["iss"] = iss
    assert is_refused(verifier, token)
