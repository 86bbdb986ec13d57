"""The form of personal access tokens: `lkp_`, 43 random characters and 6 of a checksum."""

import re
import zlib

_PREFIX = "lkp_"
_SHAPE = re.compile(r"lkp_[0-9A-Za-z]{49}")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECKSUM_LENGTH = 6


def looks_personal(token: str) -> bool:
    """Whether a token is, or claims to be, a personal access token."""
    return token.startswith(_PREFIX)


def is_well_formed(token: str) -> bool:
    """Whether it may be one: a mistyped token fails the checksum, and costs Latchkey no question."""
    if _SHAPE.fullmatch(token) is None:
        return False
    return token[-_CHECKSUM_LENGTH:] == checksum(token[:-_CHECKSUM_LENGTH])


def checksum(secret: str) -> str:
    """CRC-32 in base62."""
    rest = zlib.crc32(secret.encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        rest, digit = divmod(rest, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
