"""What an assertion says about time and audience."""

from datetime import timedelta
from urllib.parse import parse_qs

import jwt
import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.identity.models import Enrolment, Registration
from lti_tool.launch import registrations
from lti_tool.lms import key_life, tool_keys
from lti_tool.lms.connector import SCOPE_LINE_ITEM, SCOPE_SCORE
from lti_tool.lms.platform import Platform
from lti_tool.lms.tokens import Tokens, assertion
from lti_tool.lms.tool_keys import SigningKey, signing_key
from tests import tool_key
from tests.passback.gradebook import FakeGradebook


@pytest.fixture
def key(runtime: Runtime) -> SigningKey:
    tool_key.install(runtime)
    with runtime.database.reading_core() as connection:
        return signing_key(connection, runtime.keys)


@pytest.mark.parametrize("ahead", [0, 25, 30])
def test_TO_17_iat_is_not_ahead_of_an_lms_whose_clock_is_behind(
    key: SigningKey, platform: Platform, clock: FakeClock, ahead: int
) -> None:
    claims = jwt.decode(assertion(platform, key, clock.now()), options={"verify_signature": False})
    theirs = (clock.now() - timedelta(seconds=ahead)).timestamp()
    assert claims["iat"] <= theirs
    assert 30 <= clock.now().timestamp() - claims["iat"] <= 60
    assert claims["exp"] - claims["iat"] <= 300


@pytest.mark.parametrize(
    "audience", ["https://sso.canvaslms.com/login/oauth2/token", "https://api.brightspace.com/auth/token"]
)
def test_TO_03_audience_is_as_registered(key: SigningKey, audience: str, clock: FakeClock) -> None:
    platform = Platform(1, "c", "https://school.example/token", audience, frozenset())
    claims = jwt.decode(assertion(platform, key, clock.now()), options={"verify_signature": False})
    assert claims["aud"] == audience


def test_TO_16_token_is_asked_for_with_the_key_that_the_lms_keeps(
    runtime: Runtime, tokens: Tokens, gradebook: FakeGradebook, platform: Platform, clock: FakeClock
) -> None:
    made = tool_keys.new_key(runtime.keys, clock.now())
    with runtime.database.writing() as session:
        kept = key_life.pin(session, platform.id, None, clock.now())
        active = key_life.announce(session, made)
        key_life.activate(session, active, clock.now(), is_urgent=True)
    tokens.get(platform, [SCOPE_SCORE])
    with runtime.database.writing() as session:
        key_life.unpin(session, platform.id)
    tokens.get(platform, [SCOPE_LINE_ITEM])
    sent = [parse_qs(call.body.decode())["client_assertion"][0] for call in gradebook.calls]
    assert [jwt.get_unverified_header(assertion)["kid"] for assertion in sent] == [kept, active]


def test_DR_07_a_token_shows_that_the_registration_is_switched_on(
    runtime: Runtime, tokens: Tokens, platform: Platform, clock: FakeClock
) -> None:
    with runtime.database.reading() as session:
        assert [one.is_pending for one in registrations.shown(session, platform.id)] == [False]  # launched from
    with runtime.database.writing() as session:
        session.execute(update(Enrolment).values(last_launch_at=None))
    with runtime.database.reading() as session:
        assert [one.is_pending for one in registrations.shown(session, platform.id)] == [True]
    tokens.get(platform, [SCOPE_SCORE])
    with runtime.database.reading() as session:
        assert [one.is_pending for one in registrations.shown(session, platform.id)] == [False]
        assert session.get_one(Registration, platform.id).confirmed_at == clock.now()
