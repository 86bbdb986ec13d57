"""Fixtures of the tests of `latchkey` alone."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import django
import pytest

from latchkey import Settings, Verifier, create_verifier
from tests.support.fake_issuer import FakeIssuer, fake_issuer
from tests.support.set_clock import SetClock
from tests.support.signing import AUDIENCE, ISSUER

# What is imported of Django REST framework reads its settings.
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "django_notes.settings")
django.setup()


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def issuer() -> Iterator[FakeIssuer]:
    with fake_issuer() as issuer:
        yield issuer


@pytest.fixture
def create(issuer: FakeIssuer, clock: SetClock) -> Callable[..., Verifier]:
    """Makes verifiers of the issuer, with the time-out of a patient test."""

    def create(**changes: Any) -> Verifier:
        settings = {
            "latchkey_url": issuer.url,
            "issuer": ISSUER,
            "audience": AUDIENCE,
            "client_id": "client",
            "client_secret": "s e:c+ret",
            "timeout_seconds": 60,
            **changes,
        }
        return create_verifier(Settings(**settings), clock)

    return create
