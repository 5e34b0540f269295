"""Applications of tests share routes and pages, and nothing that a test changes."""

import pytest
from flask import Flask

from lti_tool.core.clock import FakeClock
from lti_tool.core.config import Env, Settings
from lti_tool.core.web import Runtime
from tests.application import Press


def runtime_of(app: Flask) -> Runtime:
    found: Runtime = app.extensions["dangke"]
    return found


def test_what_a_test_changes_is_its_own(press: Press, settings: Settings, clock: FakeClock) -> None:
    first, second = press.application(settings, clock), press.application(settings, clock)
    assert first.url_map is second.url_map
    first.config["MAX_CONTENT_LENGTH"] = 1
    first.extensions["own"] = object()
    runtime_of(first).kinds["own"] = object()
    runtime_of(first).services["own"] = object()
    assert second.config["MAX_CONTENT_LENGTH"] != 1
    assert "own" not in {**second.extensions, **runtime_of(second).kinds, **runtime_of(second).services}


def test_application_that_is_shared_takes_no_further_routes(app: Flask) -> None:
    with pytest.raises(AssertionError, match="can no longer be called"):
        app.add_url_rule("/own", "own", lambda: "")
    with pytest.raises(AssertionError, match="can no longer be called"):
        app.before_request(lambda: None)


def test_other_settings_are_another_application(press: Press, settings: Settings, clock: FakeClock) -> None:
    ours = press.application(settings, clock)
    for change in ({"env": Env.production}, {"public_url": "https://tool.example"}):
        other = press.application(settings.model_copy(update=change), clock)
        assert other.url_map is not ours.url_map
        assert runtime_of(other).settings.public_url == change.get("public_url", settings.public_url)
