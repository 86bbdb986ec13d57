"""Access tokens: JWTs by RFC 9068, verified with Latchkey's public keys."""

import jwt

from latchkey.errors import TokenRefused
from latchkey.principal import Claims, numeric_date

ALGORITHMS = ("ES256", "RS256", "EdDSA")

# RFC 9068 §2.1. A service's token has `service+jwt`: its `sub` is no user.
_TYPE_OF_USERS = "at+jwt"

_REQUIRED_CLAIMS = ["iss", "aud", "sub", "client_id", "scope", "iat", "exp", "jti"]

# How far the clocks of Latchkey and of this machine may differ, in seconds.
_CLOCK_TOLERANCE_SECONDS = 5


def read_key_id(token: str) -> str:
    """The id of the key of a token that may be a user's. Raises TokenRefused for any other."""
    try:
        header = jwt.get_unverified_header(token)
    # Older releases of PyJWT let the latter through.
    except (jwt.PyJWTError, RecursionError) as error:
        raise TokenRefused from error
    # No other member is trusted (RFC 8725 §3.10): `jwk`, `jku` and `x5c` would bring a key of their own.
    if header.keys() != {"alg", "kid", "typ"} or header["typ"] != _TYPE_OF_USERS:
        raise TokenRefused
    kid = header["kid"]
    # Not `none`, and no HMAC, for which a public key would be the secret (RFC 8725 §2.1).
    if header["alg"] not in ALGORITHMS or not isinstance(kid, str):
        raise TokenRefused
    return kid


def read_claims(token: str, key: jwt.PyJWK, *, issuer: str, audience: str, now: float) -> Claims:
    """
    The claims of a token that this key has signed. Raises TokenRefused for any other.

    `exp` is not checked here: `principal_of` does, also for what introspection tells.
    """
    try:
        claims: Claims = jwt.decode(
            token,
            key,
            # The key decides: a token that names another algorithm is refused (RFC 8725 §3.1).
            algorithms=[key.algorithm_name],
            issuer=issuer,
            audience=audience,
            options={
                "require": _REQUIRED_CLAIMS,
                "strict_aud": True,
                "enforce_minimum_key_length": True,
                # Compared with our clock, and without coercion: the library takes "1700000000" for a number.
                "verify_exp": False,
                "verify_iat": False,
                "verify_nbf": False,
            },
        )
    except jwt.PyJWTError as error:
        raise TokenRefused from error
    if numeric_date(claims["iat"]) is None:
        raise TokenRefused
    if "nbf" in claims:
        not_before = numeric_date(claims["nbf"])
        if not_before is None or not_before > now + _CLOCK_TOLERANCE_SECONDS:
            raise TokenRefused
    return claims
