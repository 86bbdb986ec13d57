"""Users of Latchkey."""

import uuid
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class PersonalAccessToken:
    """A token for a script, as its owner sees it once."""

    id: str
    token: str


class Account:
    """A new user, who is signed in."""

    def __init__(self, latchkey_url: str) -> None:
        self._url = f"{latchkey_url}/graphql"
        self.access_token = ""
        unique = uuid.uuid4().hex
        signup = self._run(
            """mutation ($input: SignupInput!) { signup(input: $input) {
                 ... on Authentication { accessToken user { id } } ... on AuthError { message } } }""",
            input={"email": f"{unique}@example.com", "password": f"a long walk by the sea {unique}"},
        )["signup"]
        self.access_token = signup["accessToken"]
        self.id: str = signup["user"]["id"]

    def create_token(self, *scopes: str) -> PersonalAccessToken:
        created = self._run(
            """mutation ($input: CreatePersonalAccessTokenInput!) { createPersonalAccessToken(input: $input) {
                 ... on PersonalAccessTokenCreated { token personalAccessToken { id } }
                 ... on AuthError { message } } }""",
            input={"name": "script", "scopes": scopes, "expiresInDays": 1},
        )["createPersonalAccessToken"]
        return PersonalAccessToken(created["personalAccessToken"]["id"], created["token"])

    def revoke(self, token: PersonalAccessToken) -> None:
        revoked = self._run(
            """mutation ($id: ID!) { revokePersonalAccessToken(id: $id) {
                 ... on PersonalAccessTokenRevoked { personalAccessToken { status } } } }""",
            id=token.id,
        )["revokePersonalAccessToken"]
        assert revoked["personalAccessToken"]["status"] == "REVOKED"

    def log_out(self) -> None:
        assert self._run("mutation { logout { count } }")["logout"]["count"] == 1

    def _run(self, operation: str, **variables: Any) -> Any:
        headers = {"authorization": f"Bearer {self.access_token}"} if self.access_token else {}
        answer = httpx.post(
            self._url,
            json={"query": operation, "variables": variables},
            headers=headers,
            timeout=60,
            trust_env=False,
        ).json()
        assert "errors" not in answer, answer["errors"]
        return answer["data"]
