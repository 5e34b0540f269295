"""A platform that is a FakeGradebook, and tokens for it."""

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime
from lti_tool.lms.connector import Connector
from lti_tool.lms.platform import Platform, find_platform
from lti_tool.lms.tokens import Tokens
from tests import tool_key
from tests.passback.gradebook import FakeGradebook
from tests.school import School


@pytest.fixture
def gradebook() -> FakeGradebook:
    return FakeGradebook()


@pytest.fixture
def tokens(runtime: Runtime, clock: FakeClock, gradebook: FakeGradebook) -> Tokens:
    tool_key.install(runtime)
    return Tokens(runtime.database, runtime.keys, gradebook, clock)


@pytest.fixture
def connector(gradebook: FakeGradebook, tokens: Tokens, clock: FakeClock) -> Connector:
    return Connector(gradebook, tokens, clock)


@pytest.fixture
def platform(runtime: Runtime, school: School) -> Platform:
    with runtime.database.reading_core() as connection:
        found = find_platform(connection, school.registration_id)
    assert found is not None
    return found
