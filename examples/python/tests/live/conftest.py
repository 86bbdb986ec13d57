"""A running Latchkey, and both back-ends beside it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.support.account import Account
from tests.support.back_end import BackEnd, Framework, environment_of
from tests.support.latchkey_process import LatchkeyProcess, ServiceClient

StartBackEnd = Callable[[Framework], BackEnd]


@pytest.fixture(scope="session")
def latchkey() -> Iterator[LatchkeyProcess]:
    latchkey = LatchkeyProcess()
    try:
        latchkey.start()
        yield latchkey
    finally:
        latchkey.remove()


@pytest.fixture(scope="session")
def introspecting_client(latchkey: LatchkeyProcess) -> ServiceClient:
    """The client with which the back-ends ask about tokens."""
    return latchkey.create_client("notes", "--audience", "latchkey", "--scope", "tokens:introspect")


@pytest.fixture(scope="session")
def calling_client(latchkey: LatchkeyProcess) -> ServiceClient:
    """A service that calls the back-ends, for itself and on behalf of users."""
    options = ("--audience", "latchkey,other", "--scope", "notes:read", "--on-behalf-of-users")
    return latchkey.create_client("calling", *options)


@pytest.fixture(scope="session")
def start_back_end(
    latchkey: LatchkeyProcess,
    introspecting_client: ServiceClient,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StartBackEnd]:
    """Starts back-ends, which stop at the end of the tests."""
    started: list[BackEnd] = []
    stopping = ExitStack()

    def start(framework: Framework) -> BackEnd:
        database = tmp_path_factory.mktemp(framework) / "notes.sqlite3"
        back_end = BackEnd(framework, environment_of(latchkey, introspecting_client, database))
        started.append(back_end)
        stopping.callback(back_end.stop)
        return back_end

    with stopping:
        yield start
    # No token, header or secret got into a log, whatever the tests did.
    for back_end in started:
        for secret in ("lkp_", "eyJ", introspecting_client.secret):
            assert secret not in back_end.process.output


@pytest.fixture(scope="session", params=["django", "fastapi"])
def back_end(request: pytest.FixtureRequest, start_back_end: StartBackEnd) -> BackEnd:
    """Each of the two."""
    return start_back_end(request.param)


@pytest.fixture
def account(latchkey: LatchkeyProcess) -> Account:
    """A user who has never called a back-end."""
    return Account(latchkey.url)
