import base64
import re

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Flask
from sqlalchemy import select

from lti_tool.app import METADATA
from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.lms import tool_keys
from tests.school import School


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


def test_WS_14_private_keys_are_encrypted_at_rest_and_stand_on_no_page(
    app: Flask, runtime: Runtime, clock: FakeClock, school: School
) -> None:
    tool_keys.ensure_key(runtime.database, runtime.keys, clock.now())
    with runtime.database.reading_core() as connection:
        pem = tool_keys.signing_key(connection, runtime.keys).pem
        stored = [repr(row) for table in METADATA.sorted_tables for row in connection.execute(select(table))]
    secrets = forms_of(pem)
    assert any("RS256" in row for row in stored)  # the public half is there
    assert [row[:80] for row in stored if any(secret in row for secret in secrets)] == []
    client = school.client(school.instructor)
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and not rule.arguments:
            page = client.get(rule.rule).get_data(as_text=True)
            assert not any(secret in page for secret in secrets), rule.rule


def forms_of(pem: str) -> list[str]:
    """What would give a private key away: its lines, and its secret numbers in the usual notations."""
    private = load_pem_private_key(pem.encode(), None)
    assert isinstance(private, RSAPrivateKey)
    numbers = private.private_numbers()
    lines = [line for line in pem.splitlines() if len(line) > 60][1:]
    raw = [number.to_bytes(256 if number is numbers.d else 128, "big") for number in (numbers.d, numbers.p, numbers.q)]
    return [
        "PRIVATE KEY", *lines,
        *(str(number) for number in (numbers.d, numbers.p, numbers.q)),
        *(each.hex() for each in raw),
        *(base64.urlsafe_b64encode(each).decode().rstrip("=") for each in raw),
        *(repr(each)[2:60] for each in raw),
    ]  # fmt: skip


def test_kid_can_be_typed_after_a_command(runtime: Runtime) -> None:
    assert re.fullmatch("[0-9a-f]{24}", tool_keys.new_key(runtime.keys, runtime.clock.now())["kid"])
