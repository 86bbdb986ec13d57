"""What both back-ends do, beside a running Latchkey."""

import uuid
from typing import Any

import pytest

from tests.live.conftest import StartBackEnd
from tests.support.account import Account
from tests.support.at_once import at_once
from tests.support.back_end import BackEnd, Framework
from tests.support.eventually import eventually
from tests.support.latchkey_process import LatchkeyProcess, ServiceClient

# With a body: one that is missing must not be what is refused.
BODIES = {"POST": {"text": "milk"}}
ENDPOINTS = [("GET", "/me"), ("GET", "/notes"), ("POST", "/notes"), ("DELETE", f"/notes/{uuid.uuid4()}")]


def is_invalid(back_end: BackEnd, token: str, method: str = "GET", path: str = "/notes") -> bool:
    answer = back_end.request(method, path, token, json=BODIES.get(method))
    if answer.status_code != 401:
        return False
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]
    assert answer.json() == {"error": "invalid_token", "error_description": "The token is invalid."}
    return True


def add_note(back_end: BackEnd, token: str, text: str) -> Any:
    answer = back_end.request("POST", "/notes", token, json={"text": text})
    assert answer.status_code == 201, answer.text
    return answer.json()


def ids_of(back_end: BackEnd, token: str) -> list[str]:
    return [note["id"] for note in back_end.request("GET", "/notes", token).json()]


@pytest.mark.parametrize(("method", "path"), ENDPOINTS)
def test_an_anonymous_request_is_told_how_to_authenticate(back_end: BackEnd, method: str, path: str) -> None:
    answer = back_end.request(method, path, json=BODIES.get(method))
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="latchkey"'
    assert answer.json() == {"error": "token_required", "error_description": "Send an access token."}


@pytest.mark.parametrize("token", ["x", "a.b.c", "lkp_x", "lkp_" + "a" * 49])
def test_what_is_no_token_is_refused(back_end: BackEnd, token: str) -> None:
    assert is_invalid(back_end, token)


def test_two_authorization_headers_are_refused(back_end: BackEnd, account: Account) -> None:
    header = ("authorization", f"Bearer {account.access_token}")
    assert back_end.send(back_end.build("GET", "/me", headers=[header])).status_code == 200
    assert back_end.send(back_end.build("GET", "/me", headers=[header, header])).status_code == 401


def test_a_user_has_one_local_user_though_twenty_first_requests_come_at_once(
    back_end: BackEnd, account: Account
) -> None:
    answers = at_once(20, lambda: back_end.request("GET", "/me", account.access_token))
    assert {answer.status_code for answer in answers} == {200}
    (local_id,) = {answer.json()["id"] for answer in answers}
    me = back_end.request("GET", "/me", account.access_token).json()
    assert (me["id"], me["latchkey_id"]) == (local_id, account.id)
    assert me.keys() == {"id", "latchkey_id", "created_at"}
    assert me["created_at"].endswith("Z")
    assert back_end.count_users(account.id) == 1


def test_users_see_and_change_their_own_notes_only(
    back_end: BackEnd, account: Account, latchkey: LatchkeyProcess
) -> None:
    other = Account(latchkey.url)
    note = add_note(back_end, account.access_token, " milk ")
    assert (note.keys(), note["text"]) == ({"id", "text", "created_at"}, "milk")
    newer = add_note(back_end, account.access_token, "bread")
    assert ids_of(back_end, account.access_token) == [newer["id"], note["id"]]
    assert ids_of(back_end, other.access_token) == []

    path = f"/notes/{note['id']}"
    missing = [back_end.request("DELETE", path, other.access_token)]
    for unknown in (str(uuid.uuid4()), "1", "x" * 300, "%00", "' OR 1"):
        missing.append(back_end.request("DELETE", f"/notes/{unknown}", account.access_token))
    for answer in missing:
        assert (answer.status_code, answer.json()["error"]) == (404, "not_found")
    assert back_end.status("DELETE", path, account.access_token) == 204
    assert back_end.status("DELETE", path, account.access_token) == 404
    assert ids_of(back_end, account.access_token) == [newer["id"]]


def test_a_personal_access_token_permits_its_scopes_only(back_end: BackEnd, account: Account) -> None:
    note = add_note(back_end, account.access_token, "milk")
    reading = account.create_token("notes:read")
    assert back_end.request("GET", "/me", reading.token).json()["latchkey_id"] == account.id
    assert ids_of(back_end, reading.token) == [note["id"]]
    for method, path in (("POST", "/notes"), ("DELETE", f"/notes/{note['id']}")):
        answer = back_end.request(method, path, reading.token, json=BODIES.get(method))
        challenge = answer.headers["www-authenticate"]
        assert (answer.status_code, answer.json()["error"]) == (403, "insufficient_scope")
        assert 'error="insufficient_scope", scope="notes:write"' in challenge
    writing = account.create_token("notes:write")
    assert add_note(back_end, writing.token, "bread")["text"] == "bread"
    assert back_end.status("GET", "/notes", writing.token) == 403
    assert back_end.status("DELETE", f"/notes/{note['id']}", writing.token) == 204


def test_a_personal_access_token_that_was_revoked_is_refused(back_end: BackEnd, account: Account) -> None:
    token = account.create_token("notes:read")
    assert back_end.status("GET", "/notes", token.token) == 200
    account.revoke(token)
    eventually(lambda: is_invalid(back_end, token.token))


def test_an_ended_session_deletes_nothing_and_reads_until_its_token_expires(
    back_end: BackEnd, account: Account
) -> None:
    note = add_note(back_end, account.access_token, "milk")
    unknown = f"/notes/{uuid.uuid4()}"
    assert back_end.status("DELETE", unknown, account.access_token) == 404
    account.log_out()
    eventually(lambda: is_invalid(back_end, account.access_token, "DELETE", unknown))
    assert is_invalid(back_end, account.access_token, "DELETE", f"/notes/{note['id']}")
    assert ids_of(back_end, account.access_token) == [note["id"]]


def test_a_service_is_no_user(
    back_end: BackEnd, latchkey: LatchkeyProcess, calling_client: ServiceClient
) -> None:
    token = latchkey.token(calling_client, grant_type="client_credentials", audience="latchkey")
    for method, path in ENDPOINTS:
        assert is_invalid(back_end, token, method, path)


def test_a_service_acts_for_the_user_who_called_it_with_its_scopes_only(
    back_end: BackEnd, account: Account, latchkey: LatchkeyProcess, calling_client: ServiceClient
) -> None:
    note = add_note(back_end, account.access_token, "milk")

    def exchanged(audience: str) -> str:
        return latchkey.token(
            calling_client,
            grant_type="urn:ietf:params:oauth:grant-type:token-exchange",
            subject_token_type="urn:ietf:params:oauth:token-type:access_token",
            subject_token=account.access_token,
            audience=audience,
            scope="notes:read",
        )

    token = exchanged("latchkey")
    assert ids_of(back_end, token) == [note["id"]]
    assert back_end.status("POST", "/notes", token, json={"text": "x"}) == 403
    # The same for another service is not for this one.
    assert is_invalid(back_end, exchanged("other"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"text": null}',
        b'{"text": 5}',
        b'{"text": ""}',
        b'{"text": "  "}',
        b'{"text": "a\\u0000b"}',
        b'{"text": "\\ud800"}',
        b'{"text": "' + b"a" * 10_001 + b'"}',
    ],
    ids=[
        "none",
        "half",
        "bytes",
        "deep",
        "list",
        "empty",
        "null",
        "number",
        "blank",
        "spaces",
        "NUL",
        "surrogate",
        "long",
    ],
)
def test_a_body_that_is_no_note_is_refused(back_end: BackEnd, account: Account, body: bytes) -> None:
    headers = {"authorization": f"Bearer {account.access_token}", "content-type": "application/json"}
    answer = back_end.send(back_end.build("POST", "/notes", content=body, headers=headers))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert answer.json().keys() == {"error", "error_description"}
    assert ids_of(back_end, account.access_token) == []


def test_a_slash_at_the_end_is_another_path_and_no_redirect(back_end: BackEnd, account: Account) -> None:
    answer = back_end.request("POST", "/notes/", account.access_token, json={"text": "x"})
    assert (answer.status_code, answer.headers.get("location")) == (404, None)


def test_what_is_not_there_is_told_in_the_same_shape(back_end: BackEnd, account: Account) -> None:
    for method, path, status, error in (
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/notes", 405, "method_not_allowed"),
    ):
        answer = back_end.request(method, path, account.access_token)
        assert (answer.status_code, answer.json()["error"]) == (status, error)
        assert answer.json().keys() == {"error", "error_description"}


@pytest.mark.parametrize("framework", ["django", "fastapi"])
def test_an_unexpected_error_says_nothing_to_the_caller_and_everything_to_the_log(
    start_back_end: StartBackEnd, account: Account, framework: Framework
) -> None:
    back_end = start_back_end(framework)
    back_end.drop_notes()
    answer = back_end.request("GET", "/notes", account.access_token)
    assert answer.status_code == 500
    assert answer.json() == {"error": "server_error", "error_description": "Internal error."}
    back_end.process.wait_for(r"(no such table: \w+)")


def test_django_serves_its_own_hosts_only(start_back_end: StartBackEnd, account: Account) -> None:
    django = start_back_end("django")
    headers = {"authorization": f"Bearer {account.access_token}", "host": "elsewhere.example"}
    answer = django.send(django.build("GET", "/me", headers=headers))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")


def test_django_reads_no_body_of_three_megabytes(start_back_end: StartBackEnd, account: Account) -> None:
    django = start_back_end("django")
    answer = django.request("POST", "/notes", account.access_token, json={"text": "a" * 3_000_000})
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
