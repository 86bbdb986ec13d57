"""What both back-ends do while Latchkey is away, and afterwards."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.live.conftest import StartBackEnd
from tests.support.account import Account, PersonalAccessToken
from tests.support.back_end import BackEnd, Framework
from tests.support.eventually import eventually
from tests.support.latchkey_process import LatchkeyProcess

FRAMEWORKS: list[Framework] = ["django", "fastapi"]

NO_KEYS = "Latchkey's public keys cannot be fetched."
NOT_ASKED = "Latchkey cannot be asked about the token."


class Outage:
    """Back-ends that Latchkey has left, others that have never seen it, and tokens from before."""

    def __init__(self, latchkey: LatchkeyProcess, start: StartBackEnd) -> None:
        self.latchkey = latchkey
        self.account = Account(latchkey.url)
        self.personal: PersonalAccessToken = self.account.create_token("notes:read")
        self.knowing = {framework: start(framework) for framework in FRAMEWORKS}
        for back_end in self.knowing.values():
            assert back_end.status("GET", "/notes", self.account.access_token) == 200
            assert back_end.status("GET", "/notes", self.personal.token) == 200
        latchkey.stop()
        self.new = {framework: start(framework) for framework in FRAMEWORKS}


@pytest.fixture(scope="module")
def outage(latchkey: LatchkeyProcess, start_back_end: StartBackEnd) -> Iterator[Outage]:
    outage = Outage(latchkey, start_back_end)
    yield outage
    latchkey.start()


def says_unavailable(back_end: BackEnd, reason: str, token: str, method: str = "GET") -> bool:
    path = "/notes" if method == "GET" else "/notes/x"
    answer = back_end.request(method, path, token)
    if answer.status_code != 503:
        return False
    assert int(answer.headers["retry-after"]) > 0
    assert "www-authenticate" not in answer.headers
    assert answer.json() == {"error": "temporarily_unavailable", "error_description": reason}
    return True


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_the_tokens_of_sessions_go_on_to_verify(outage: Outage, framework: Framework) -> None:
    back_end, token = outage.knowing[framework], outage.account.access_token
    for _ in range(20):
        assert back_end.status("GET", "/notes", token) == 200
    assert back_end.status("POST", "/notes", token, json={"text": "milk"}) == 201


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_what_latchkey_must_be_asked_about_is_unavailable_and_not_invalid(
    outage: Outage, framework: Framework
) -> None:
    back_end = outage.knowing[framework]
    # Its answer from before may count for a moment.
    eventually(lambda: says_unavailable(back_end, NOT_ASKED, outage.personal.token))
    for _ in range(20):
        assert says_unavailable(back_end, NOT_ASKED, outage.personal.token)
        assert says_unavailable(back_end, NOT_ASKED, outage.account.access_token, "DELETE")


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_a_back_end_that_starts_meanwhile_answers_503_with_the_reason(
    outage: Outage, framework: Framework
) -> None:
    back_end = outage.new[framework]
    for _ in range(20):
        assert says_unavailable(back_end, NO_KEYS, outage.account.access_token)
        assert says_unavailable(back_end, NOT_ASKED, outage.personal.token)
    assert back_end.status("GET", "/notes") == 401
    assert back_end.status("GET", "/notes", "lkp_mistyped") == 401


# The last, since it ends the outage.
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_all_work_without_a_restart_once_latchkey_is_back(outage: Outage, framework: Framework) -> None:
    outage.latchkey.start()
    session, personal = outage.account.access_token, outage.personal.token
    for back_end in (outage.knowing[framework], outage.new[framework]):
        eventually(partial(answers, back_end, 200, "GET", "/notes", session))
        eventually(partial(answers, back_end, 200, "GET", "/notes", personal))
        eventually(partial(answers, back_end, 404, "DELETE", "/notes/x", session))


def answers(back_end: BackEnd, status: int, method: str, path: str, token: str) -> bool:
    return back_end.status(method, path, token) == status
