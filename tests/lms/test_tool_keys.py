import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.lms import tool_keys


def test_ensure_key_makes_one_key_and_keeps_it(runtime: Runtime, clock: FakeClock) -> None:
    first = tool_keys.ensure_key(runtime.database, runtime.keys, clock.now())
    assert tool_keys.ensure_key(runtime.database, runtime.keys, clock.now()) == first
    with runtime.database.reading_core() as connection:
        key = tool_keys.signing_key(connection, runtime.keys)
    assert key.kid == first
    assert key.pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert "BEGIN" not in repr(key)


def test_public_jwks_has_public_members_only(runtime: Runtime, clock: FakeClock) -> None:
    kid = tool_keys.ensure_key(runtime.database, runtime.keys, clock.now())
    with runtime.database.reading_core() as connection:
        (jwk,) = tool_keys.public_jwks(connection)["keys"]
    assert set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
    assert (jwk["kty"], jwk["kid"], jwk["alg"], jwk["use"]) == ("RSA", kid, "RS256", "sig")


def test_signing_key_without_any_is_an_error(runtime: Runtime) -> None:
    with runtime.database.reading_core() as connection, pytest.raises(tool_keys.NoToolKey):
        tool_keys.signing_key(connection, runtime.keys)
