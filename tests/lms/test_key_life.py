"""Keys through their life in the database; what is signed with which; a secret that is rotated."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.core.errors import Conflict, NotFound
from lti_tool.core.secrets import CannotDecrypt, Keys
from lti_tool.core.web import Runtime
from lti_tool.lms import key_life, tool_keys
from lti_tool.lms.models import AccessToken, ToolKey
from lti_tool.lms.rules import KeyState
from tests import tool_key
from tests.school import School

FORMER, PRESENT = "the former secret, 0123456789 abcdefghij", "the present secret, 0123456789 abcdefghij"


class Ring:
    """Our keys in a test: each named by a letter."""

    def __init__(self, runtime: Runtime, clock: FakeClock) -> None:
        self.runtime, self.clock = runtime, clock

    def announce(self) -> str:
        made = tool_keys.new_key(self.runtime.keys, self.clock.now())
        with self.runtime.database.writing() as session:
            return key_life.announce(session, made)

    def do(self, step: Any, *arguments: Any, **options: Any) -> Any:
        with self.runtime.database.writing() as session:
            return step(session, *arguments, self.clock.now(), **options)

    def signs(self, registration_id: int | None = None) -> str:
        with self.runtime.database.reading_core() as connection:
            return tool_keys.signing_key(connection, self.runtime.keys, registration_id).kid

    def published(self) -> list[str]:
        with self.runtime.database.reading_core() as connection:
            return [key["kid"] for key in tool_keys.public_jwks(connection)["keys"]]

    def states(self) -> dict[str, str]:
        with self.runtime.database.reading() as session:
            return {key.kid: key.state.value for key in key_life.listed(session)}


@pytest.fixture
def ring(runtime: Runtime, clock: FakeClock) -> Ring:
    tool_key.install(runtime)
    return Ring(runtime, clock)


def test_TO_16_announced_active_retired_destroyed(ring: Ring, clock: FakeClock, app: Flask) -> None:
    old = ring.signs()
    new = ring.announce()
    assert ring.published() == [old, new]
    assert ring.signs() == old
    with pytest.raises(Conflict):
        ring.do(key_life.activate, new)
    clock.advance(timedelta(hours=24))
    ring.do(key_life.activate, new)
    assert ring.signs() == new
    assert ring.published() == [old, new]
    with pytest.raises(Conflict):
        ring.do(key_life.destroy, old)
    clock.advance(timedelta(days=7))
    ring.do(key_life.destroy, old)
    assert ring.published() == [new]
    assert ring.states() == {old: "destroyed", new: "active"}
    with ring.runtime.database.reading() as session:
        assert session.scalars(select(ToolKey.private).where(ToolKey.kid == old)).one() == b""
    answer = app.test_client().get("/lti/jwks.json")
    assert [key["kid"] for key in answer.get_json()["keys"]] == [new]


def test_TO_16_pinned_registration_is_signed_for_with_its_own_key(ring: Ring, clock: FakeClock, school: School) -> None:
    old = ring.signs()
    assert ring.do(key_life.pin, school.registration_id, None) == old
    new = ring.announce()
    ring.do(key_life.activate, new, is_urgent=True)
    assert (ring.signs(), ring.signs(school.registration_id)) == (new, old)
    clock.advance(timedelta(days=30))
    with pytest.raises(Conflict, match="DK-409"):
        ring.do(key_life.destroy, old)
    with ring.runtime.database.reading_core() as connection:
        named = tool_keys.signing_key_of(connection, ring.runtime.keys, "https://lms.example", "client-first")
        other = tool_keys.signing_key_of(connection, ring.runtime.keys, "https://lms.example", "client-second")
    assert (named.kid, other.kid) == (old, new)
    with ring.runtime.database.writing() as session:
        assert key_life.unpin(session, school.registration_id)
        assert not key_life.unpin(session, school.registration_id)
    assert ring.signs(school.registration_id) == new
    ring.do(key_life.destroy, old)


def test_an_announced_key_is_taken_back_and_never_signs(ring: Ring, clock: FakeClock) -> None:
    taken_back = ring.announce()
    ring.do(key_life.retire, taken_back)
    with pytest.raises(Conflict):
        ring.do(key_life.activate, taken_back, is_urgent=True)
    with pytest.raises(Conflict):
        ring.do(key_life.retire, ring.signs())


def test_keys_and_registrations_that_are_not_there(ring: Ring, school: School) -> None:
    with pytest.raises(NotFound):
        ring.do(key_life.activate, "nobody")
    with pytest.raises(NotFound):
        ring.do(key_life.pin, 999_999, None)
    gone = ring.announce()
    ring.do(key_life.retire, gone)
    ring.do(key_life.destroy, gone, is_urgent=True)
    with pytest.raises(Conflict):
        ring.do(key_life.pin, school.registration_id, gone)


def test_secret_rotated_and_everything_encrypted_anew(runtime: Runtime, school: School, clock: FakeClock) -> None:
    former, both = Keys(FORMER), Keys(PRESENT, FORMER)
    made = tool_keys.new_key(former, clock.now())
    with runtime.database.writing() as session:
        session.add(ToolKey(state=KeyState.active, **made))
        for number, secret in enumerate((former, both, Keys("nobody remembers this one, 0123456789"))):
            session.add(
                AccessToken(
                    registration_id=school.registration_id, scopes=f"scope-{number}", granted="", fetched_at=clock.now(),
                    expires_at=clock.now(), token=secret.encrypt("access-token", b"a token"),
                )
            )  # fmt: skip
    with runtime.database.reading() as session:
        assert key_life.outdated(session, both) == [made["kid"]]
        assert tool_keys.signing_key(session, both).pem.startswith("-----BEGIN")
    with runtime.database.writing() as session:
        assert key_life.rewrap(session, both) == key_life.Rewrapped(keys=1, tokens=1, dropped=1)
    present = Keys(PRESENT)
    with runtime.database.reading() as session:
        assert key_life.outdated(session, both) == []
        assert tool_keys.signing_key(session, present).kid == made["kid"]
        tokens = [present.decrypt("access-token", row.token) for row in session.scalars(select(AccessToken))]
    assert tokens == [b"a token", b"a token"]


def test_rewrap_changes_nothing_when_a_key_is_opened_by_no_secret(runtime: Runtime, clock: FakeClock) -> None:
    made = tool_keys.new_key(Keys("nobody remembers this one, 0123456789"), clock.now())
    with runtime.database.writing() as session:
        session.add(ToolKey(state=KeyState.active, **made))
    with pytest.raises(CannotDecrypt), runtime.database.writing() as session:
        key_life.rewrap(session, Keys(PRESENT, FORMER))
    with runtime.database.reading() as session:
        assert session.scalars(select(ToolKey.private)).one() == made["private"]


def test_what_is_encrypted_for_one_purpose_opens_for_no_other() -> None:
    keys = Keys(PRESENT, FORMER)
    stored = keys.encrypt("tool-key", b"private")
    assert keys.decrypt("tool-key", stored) == b"private"
    for purpose in ("access-token", "tool-key ", "", "csrf"):
        with pytest.raises(CannotDecrypt):
            keys.decrypt(purpose, stored)
    with pytest.raises(CannotDecrypt):
        keys.decrypt("tool-key", stored[:-1] + bytes([stored[-1] ^ 1]))
    assert len({keys.derive(purpose) for purpose in ("tool-key", "access-token", "csrf")}) == 3
    assert keys.encrypt("tool-key", b"private") != stored


def test_a_destroyed_key_holds_nothing_to_be_opened() -> None:
    assert not Keys(PRESENT).is_current("tool-key", b"")
