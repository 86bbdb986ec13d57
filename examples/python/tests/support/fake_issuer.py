"""An issuer that tests tell what to answer."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.support.signing import Signer

JWKS_PATH = "/.well-known/jwks.json"
INTROSPECTION_PATH = "/oauth/introspect"


class Handler(BaseHTTPRequestHandler):
    """Answers as the issuer's current behaviour does."""

    issuer: "FakeIssuer"
    form: dict[str, str]

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers["content-length"])).decode())

    def log_message(self, format: str, *args: object) -> None:
        pass

    def json(self, body: object, status: int = 200, headers: dict[str, str] | None = None) -> None:
        text = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-length": str(len(text)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, body: str) -> None:
        # As of now: a test that sees the request may go on to change it.
        behaviour = self.issuer.behaviour
        self.form = {name: values[0] for name, values in parse_qs(body).items()}
        self.issuer.requests.append(Seen(self.path, self.headers, self.form))
        self.issuer.under_way += 1
        # The client may have given up.
        with suppress(BrokenPipeError, ConnectionResetError):
            behaviour(self)
        self.issuer.under_way -= 1


@dataclass(frozen=True)
class Seen:
    """A request that has arrived."""

    path: str
    headers: Message
    form: dict[str, str]


@dataclass
class FakeIssuer:
    """Its keys, what it says of tokens, what it was asked, and how many answers are under way."""

    signer: Signer = field(default_factory=Signer)
    keys: list[Any] = field(default_factory=list)
    active: dict[str, dict[str, Any]] = field(default_factory=dict)
    requests: list[Seen] = field(default_factory=list)
    url: str = ""
    behaviour: Callable[[Handler], None] = lambda handler: None
    under_way: int = 0
    release: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.keys = [self.signer.jwk]
        self.behaviour = self.answers

    @property
    def fetches(self) -> int:
        return sum(request.path == JWKS_PATH for request in self.requests)

    @property
    def questions(self) -> int:
        return sum(request.path == INTROSPECTION_PATH for request in self.requests)

    def answers(self, handler: Handler) -> None:
        """As Latchkey does."""
        handler.json(self._answer_to(handler))

    def _answer_to(self, handler: Handler) -> dict[str, Any]:
        if handler.path == JWKS_PATH:
            return {"keys": self.keys}
        claims = self.active.get(handler.form["token"])
        return {"active": False} if claims is None else {"active": True, **claims}

    def fails(self, handler: Handler) -> None:
        handler.json({"error": "temporarily_unavailable"}, 503)

    def hangs(self, handler: Handler) -> None:
        """It accepts requests, and answers none until the test ends."""
        self.ending.wait()

    def holds(self, handler: Handler) -> None:
        """It answers once the test lets it."""
        self.release.wait()
        self.answers(handler)

    def drips(self, handler: Handler) -> None:
        """It takes twenty seconds for the headers of its answer, of which it sends a little at a time."""
        handler.send_response(200)
        handler.flush_headers()
        for _ in range(1_000):
            self.ending.wait(0.02)
            handler.wfile.write(b"x: y\r\n")
        handler.end_headers()

    def drips_body(self, handler: Handler) -> None:
        """It sends the headers of its answer at once, and takes twenty seconds for the body."""
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(1_000):
            self.ending.wait(0.02)
            handler.wfile.write(b" ")


@contextmanager
def fake_issuer() -> Iterator[FakeIssuer]:
    """An issuer that listens on a free port."""
    issuer = FakeIssuer()
    handler = type("BoundHandler", (Handler,), {"issuer": issuer})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    issuer.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        issuer.ending.set()
        issuer.release.set()
        server.shutdown()
        server.server_close()
