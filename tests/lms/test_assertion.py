"""What an assertion says about time and audience."""

from datetime import timedelta

import jwt
import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.lms.platform import Platform
from lti_tool.lms.tokens import assertion
from lti_tool.lms.tool_keys import SigningKey, signing_key
from tests import tool_key


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
