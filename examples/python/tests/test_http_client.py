"""What requests to Latchkey say, where they go, and when they are given up."""

import gzip

import pytest

from latchkey.http_client import HttpClient, RequestFailed
from tests.support.eventually import eventually
from tests.support.fake_issuer import JWKS_PATH, FakeIssuer, Handler


def test_a_proxy_of_the_environment_is_not_used(issuer: FakeIssuer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        # Nothing listens there.
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert HttpClient(60).get(issuer.url + JWKS_PATH, {}).status == 200


def test_no_compressed_answer_is_asked_for(issuer: FakeIssuer) -> None:
    HttpClient(60).get(issuer.url + JWKS_PATH, {})
    HttpClient(60).post_form(issuer.url + JWKS_PATH, {"token": "x"}, {})
    assert [request.headers["accept-encoding"] for request in issuer.requests] == ["identity"] * 2


def test_a_compressed_answer_is_not_unpacked(issuer: FakeIssuer) -> None:
    def answer(handler: Handler) -> None:
        body = gzip.compress(b"{}")
        handler.send_response(200)
        handler.send_header("content-encoding", "gzip")
        handler.send_header("content-length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    issuer.behaviour = answer
    assert HttpClient(60).get(issuer.url + JWKS_PATH, {}).json is None


def test_a_body_that_drips_in_is_given_up(issuer: FakeIssuer) -> None:
    issuer.behaviour = issuer.drips_body
    with pytest.raises(RequestFailed):
        HttpClient(1).get(issuer.url + JWKS_PATH, {})
    # Each part comes in time. The whole does not.
    eventually(lambda: issuer.under_way == 1)
