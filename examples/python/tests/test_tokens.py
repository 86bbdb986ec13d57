"""Which tokens are accepted."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import OKPAlgorithm, RSAAlgorithm

from latchkey import InsufficientScope, Principal, TokenRefused, Verifier
from tests.support.fake_issuer import FakeIssuer
from tests.support.set_clock import SetClock
from tests.support.signing import SESSION, USER, Signer, personal_access_token, segment, session_claims

Create = Callable[..., Verifier]


def refusal(verifier: Verifier, token: str) -> str:
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(f"Bearer {token}")
    return refused.value.reason


def accepted(verifier: Verifier, token: str) -> Principal:
    principal = verifier.verify(f"Bearer {token}")
    assert principal is not None
    return principal


def test_a_session_is_a_user_with_scopes(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    principal = accepted(create(), issuer.signer.sign(session_claims(clock)))
    assert principal == Principal(
        user_id=USER,
        session_id=SESSION,
        client_id="latchkey",
        scopes=frozenset({"notes:read", "notes:write"}),
        roles=("user",),
        kind="session",
        expires_at=clock.now() + 300,
    )
    principal.require_scope("notes:read")
    with pytest.raises(InsufficientScope):
        principal.require_scope("notes:delete")


def test_what_acts_for_a_user_has_its_own_scopes_only(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    service = {"client_id": "billing", "act": {"sub": "billing"}, "scope": "notes:read", "roles": None}
    principal = accepted(create(), issuer.signer.sign(session_claims(clock, **service)))
    assert (principal.kind, principal.user_id, principal.session_id) == ("service", USER, SESSION)
    assert principal.scopes == {"notes:read"}
    exchanged = accepted(create(), issuer.signer.sign(session_claims(clock, **service, sid=None)))
    assert (exchanged.kind, exchanged.session_id, exchanged.roles) == ("personal_access_token", None, ())


@pytest.mark.parametrize("header", [None, ""])
def test_without_a_header_a_request_is_anonymous(create: Create, header: str | None) -> None:
    assert create().verify(header) is None


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer a.b.c d",
        "Bearer ..",
        "Bearer lkp_x",
        "Basic eDp5",
        "bearer",
        "Bearer é.é.é",
        "Bearer x\n",
        f"Bearer {'a' * 20_000}",
        f"Bearer {segment([])}.{segment({})}.eA",
        f"Bearer {jwt.utils.base64url_encode(b'[' * 3_000).decode()}.{segment({})}.eA",
    ],
)
def test_what_is_no_token_is_refused_without_a_fetch(create: Create, issuer: FakeIssuer, header: str) -> None:
    with pytest.raises(TokenRefused):
        create().verify(header)
    assert issuer.requests == []


@pytest.mark.parametrize(
    "change",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "ES512"},
        {"alg": ["ES256"]},
        {"alg": None},
        {"typ": "JWT"},
        {"typ": None},
        {"typ": "service+jwt"},
        {"typ": "AT+JWT"},
        {"kid": None},
        {"kid": 1},
        {"kid": "k" * 10_000},
        {"crit": ["exp"]},
        {"crit": ["b64"], "b64": False},
        {"jku": "https://evil.example"},
        {"jwk": {}},
        {"x5c": []},
    ],
)
def test_a_header_that_is_not_latchkeys_is_refused_without_a_fetch(
    create: Create, issuer: FakeIssuer, clock: SetClock, change: dict[str, Any]
) -> None:
    _, payload, signature = issuer.signer.sign(session_claims(clock)).split(".")
    header = {"alg": "ES256", "kid": issuer.signer.kid, "typ": "at+jwt", **change}
    kept = {name: value for name, value in header.items() if value is not None}
    assert refusal(create(), f"{segment(kept)}.{payload}.{signature}") == "invalid"
    assert issuer.requests == []


def test_a_token_of_a_service_is_no_users_though_latchkey_has_signed_it(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    claims = session_claims(clock, sub="billing", client_id="billing", sid=None, roles=None)
    assert refusal(create(), issuer.signer.sign(claims, {"typ": "service+jwt"})) == "invalid"
    # Not by its claims either.
    assert refusal(create(), issuer.signer.sign(claims)) == "invalid"


def test_a_public_key_is_no_hmac_secret(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    public = issuer.signer.private_key.public_key()
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
    ):
        header = segment({"alg": "HS256", "kid": issuer.signer.kid, "typ": "at+jwt"})
        signed = f"{header}.{segment(session_claims(clock))}"
        mac = hmac.new(secret, signed.encode(), hashlib.sha256).digest()
        forged = f"{signed}.{jwt.utils.base64url_encode(mac).decode()}"
        assert refusal(create(), forged) == "invalid"


def test_a_token_names_the_algorithm_of_its_key(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=2_048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    issuer.keys.append({**public, "kid": "rsa", "alg": "RS256"})
    verifier = create()

    def sign(kid: str) -> str:
        headers = {"kid": kid, "typ": "at+jwt"}
        return jwt.encode(session_claims(clock), private, algorithm="RS256", headers=headers)

    assert accepted(verifier, sign("rsa")).user_id == USER
    assert refusal(verifier, sign(issuer.signer.kid)) == "invalid"
    # A key that is for another algorithm verifies nothing, though the signature is right.
    for alg in ("PS256", "ES256"):
        issuer.keys = [{**public, "kid": "rsa", "alg": alg}]
        assert refusal(create(), sign("rsa")) == "invalid"


def test_all_algorithms_of_latchkey_are_verified(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    issuer.keys = [{**public, "kid": "ed", "alg": "EdDSA"}]
    headers = {"kid": "ed", "typ": "at+jwt"}
    token = jwt.encode(session_claims(clock), private, algorithm="EdDSA", headers=headers)
    assert accepted(create(), token).user_id == USER


def test_a_key_of_less_than_2048_bits_verifies_nothing(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    private = rsa.generate_private_key(public_exponent=65_537, key_size=1_024)  # noqa: S505 (meant)
    issuer.keys = [{**RSAAlgorithm.to_jwk(private.public_key(), as_dict=True), "kid": "weak", "alg": "RS256"}]
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = jwt.encode(
            session_claims(clock), private, algorithm="RS256", headers={"kid": "weak", "typ": "at+jwt"}
        )
    assert refusal(create(), token) == "invalid"


@pytest.mark.parametrize(
    "change",
    [
        *({name: None} for name in ("iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti")),
        {"iss": "https://other.example.com"},
        {"aud": "other"},
        {"aud": ["latchkey"]},
        {"aud": "Latchkey"},
        {"sub": 1},
        {"scope": ["notes:read"]},
        {"sid": 1},
        {"iat": "1700000000"},
        {"exp": "9999999999"},
        {"exp": True},
        {"exp": float("inf")},
        {"nbf": "0"},
        {"act": {"sub": "billing"}},
        {"act": "latchkey"},
    ],
)
def test_claims_that_are_missing_or_of_others_are_refused(
    create: Create, issuer: FakeIssuer, clock: SetClock, change: dict[str, Any]
) -> None:
    verifier = create()
    assert accepted(verifier, issuer.signer.sign(session_claims(clock))).user_id == USER
    assert refusal(verifier, issuer.signer.sign(session_claims(clock, **change))) == "invalid"


def test_a_token_counts_until_it_expires(create: Create, issuer: FakeIssuer, clock: SetClock) -> None:
    verifier = create()
    token = issuer.signer.sign(session_claims(clock))
    clock.advance(299)
    assert accepted(verifier, token).user_id == USER
    clock.advance(1)
    assert refusal(verifier, token) == "expired"


def test_a_token_that_is_not_valid_yet_is_refused(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    verifier = create()
    token = issuer.signer.sign(session_claims(clock, nbf=int(clock.now()) + 6))
    assert refusal(verifier, token) == "invalid"
    clock.advance(1)
    assert accepted(verifier, token).user_id == USER


def test_another_key_of_the_same_name_does_not_verify(
    create: Create, issuer: FakeIssuer, clock: SetClock
) -> None:
    assert refusal(create(), Signer().sign(session_claims(clock))) == "invalid"
    head, _, signature = issuer.signer.sign(session_claims(clock)).split(".")
    changed = segment(session_claims(clock, sub="somebody else"))
    assert refusal(create(), f"{head}.{changed}.{signature}") == "invalid"


def test_a_personal_access_token_with_a_typing_mistake_costs_no_question(
    create: Create, issuer: FakeIssuer
) -> None:
    verifier = create()
    token = personal_access_token()
    last = "a" if token[-1] != "a" else "b"
    for wrong in ("lkp_", "lkp_x", token[:-1], token[:-1] + last, token + "a", token[:-1] + "_"):
        assert refusal(verifier, wrong) == "invalid"
    assert issuer.requests == []
