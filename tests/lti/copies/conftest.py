"""An LMS without its protocol, and a course in it that has everything."""

import pytest

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from tests.lti.copying import Lms, Source


@pytest.fixture
def lms(database: Database, clock: FakeClock) -> Lms:
    """An LMS."""
    return Lms.registered(database, clock.now())


@pytest.fixture
def source(lms: Lms) -> Source:
    """A course with a home and three tasks."""
    return Source(lms)
