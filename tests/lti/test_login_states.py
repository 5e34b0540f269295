"""Login states at the edges of their ten minutes, and what is said of one that cannot be used (SN-02, SN-05, SN-06)."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.launch.browser import NewLogin, cookie_name
from lti_tool.launch.rules.login import LoginRequest
from lti_tool.launch.services import logins
from tests.lti.copying import LAUNCH, Lms

LOGIN = NewLogin(state="state", nonce="nonce", secret="secret")
Use = Callable[..., object]


def use(connection: Connection, lms: Lms, secret: str = LOGIN.secret, *, after: timedelta = timedelta()) -> object:
    return logins.use(
        connection, state=LOGIN.state, registration_id=lms.known.id, deployment_id=lms.deployment.id,
        nonce=LOGIN.nonce, secret=secret, target_link_uri=LAUNCH, now=lms.now + after,
    )  # fmt: skip


def use_after_error(connection: Connection, lms: Lms, *, after: timedelta = timedelta()) -> object:
    return logins.use_after_error(connection, state=LOGIN.state, secret=LOGIN.secret, now=lms.now + after)


def reason(connection: Connection, lms: Lms, secret: str | None = LOGIN.secret, *, after: timedelta) -> str | None:
    refused = logins.explain(connection, state=LOGIN.state, now=lms.now + after, secret=secret)
    return None if refused is None else refused.reason


@pytest.fixture
def lms(database: Database, clock: FakeClock) -> Lms:
    """An LMS from which somebody has begun to log in."""
    found = Lms.registered(database, clock.now())
    asked = LoginRequest("", "person", LAUNCH, None, None, None, is_new_window=False)
    with database.writing_core() as connection:
        logins.begin(connection, LOGIN, asked, registration_id=found.known.id, keep_parameters=False, now=found.now)
    return found


@pytest.mark.parametrize("used", [use, use_after_error])
def test_SN_05_state_is_good_for_less_than_ten_minutes(lms: Lms, used: Use) -> None:
    with lms.database.writing_core() as connection:
        assert not used(connection, lms, after=logins.LIFE)
        assert reason(connection, lms, after=logins.LIFE) == "state_expired"
        almost = logins.LIFE - timedelta(microseconds=1)
        assert reason(connection, lms, after=almost) is None
        assert used(connection, lms, after=almost)


def test_SN_02_and_06_used_state_is_a_repetition_only_to_a_browser_that_has_forgotten_it(lms: Lms) -> None:
    with lms.database.writing_core() as connection:
        assert reason(connection, lms, "", after=timedelta()) == "state_browser_mismatch"
        assert use(connection, lms)
        assert reason(connection, lms, "", after=timedelta()) == "state_used"
        assert reason(connection, lms, "another", after=timedelta()) == "state_browser_mismatch"
        assert reason(connection, lms, after=timedelta()) == "state_used"
        assert reason(connection, lms, None, after=timedelta()) == "state_used"


@pytest.mark.once
def test_SN_06_cookie_of_a_state_is_named_by_twenty_digits_of_its_hash() -> None:
    assert cookie_name("state") == "__Host-dk-s-4ba69735ca53765ed6a7"
