"""Verifies Latchkey's tokens in Python back-ends: by its public keys, and by asking it."""

from latchkey.errors import InsufficientScope, LatchkeyError, TokenMissing, TokenRefused, Unavailable
from latchkey.principal import Principal
from latchkey.settings import Settings, SettingsError
from latchkey.verifier import Verifier, create_verifier

__all__ = [
    "InsufficientScope",
    "LatchkeyError",
    "Principal",
    "Settings",
    "SettingsError",
    "TokenMissing",
    "TokenRefused",
    "Unavailable",
    "Verifier",
    "create_verifier",
]
