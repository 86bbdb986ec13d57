"""The settings of a back-end."""

import pytest

from latchkey import Settings, SettingsError

CLIENT = {"CLIENT_ID": "id", "CLIENT_SECRET": "my-secret"}


def test_only_the_client_must_be_given() -> None:
    settings = Settings.from_environment(CLIENT)
    assert settings == Settings(
        latchkey_url="http://localhost:4001",
        issuer="http://localhost:4001",
        audience="latchkey",
        client_id="id",
        client_secret="my-secret",
        introspection_cache_seconds=5,
        timeout_seconds=5,
    )
    assert "my-secret" not in repr(settings)


def test_latchkey_is_the_issuer_unless_that_is_said() -> None:
    settings = Settings.from_environment({**CLIENT, "LATCHKEY_URL": "http://auth.internal:4001/"})
    assert (settings.latchkey_url, settings.issuer) == ("http://auth.internal:4001",) * 2
    given = Settings.from_environment({**CLIENT, "JWT_ISSUER": "https://auth.example.com"})
    assert given.issuer == "https://auth.example.com"


def test_every_problem_is_named_and_no_value_is() -> None:
    environment = {
        "LATCHKEY_URL": "http://user:hidden@localhost",
        "CLIENT_SECRET": "",
        "INTROSPECTION_CACHE_SECONDS": "11",
        "LATCHKEY_TIMEOUT_SECONDS": "nan",
    }
    with pytest.raises(SettingsError) as error:
        Settings.from_environment(environment)
    lines = str(error.value).splitlines()
    assert [line.split(" ")[0] for line in lines] == [
        "LATCHKEY_URL",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "INTROSPECTION_CACHE_SECONDS",
        "LATCHKEY_TIMEOUT_SECONDS",
    ]
    assert "hidden" not in str(error.value)


@pytest.mark.parametrize("url", ["localhost:4001", "ftp://localhost", "http://", "x", "http://h?a=b"])
def test_latchkeys_address_is_a_url(url: str) -> None:
    with pytest.raises(SettingsError, match="LATCHKEY_URL is invalid"):
        Settings.from_environment({**CLIENT, "LATCHKEY_URL": url})
