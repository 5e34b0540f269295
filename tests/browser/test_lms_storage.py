"""The pages that put our secret into the LMS's storage and fetch it back, against an LMS that a test plays."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser

from tests.browser.test_lms_messages import ELSEWHERE, LMS, TOOL, shown

pytestmark = pytest.mark.once

KEY = "lti_state_s"
FORM = """<!doctype html><title>Tool</title><p id="busy" hidden>wait</p><div id="window">a window of its own</div>
<form id="WHICH" method="post" action="https://tool.test/sent" data-key="lti_state_s" data-frame="FRAME" data-origin="ORIGIN">
<input type="hidden" name="storage_secret"></form><script type="module" src="./storage-WHICH.js"></script>"""
REPLY = "event.source.postMessage({ subject: event.data.subject + '.response', message_id: event.data.message_id, MORE }, event.origin)"
KNOWS = "event.data.subject === 'lti.capabilities' && " + REPLY.replace(
    "MORE", "supported_messages: ['put', 'get'].map((name) => ({ subject: `lti.${name}_data`, frame: 'FRAME' }))"
)
"""An LMS that says what it can."""


class Told:
    """One of the two pages inside the LMS's page, and what it sends on."""

    def __init__(
        self, browser: Browser, which: str, *, answer: str, storage: str = "", frame: str = "_parent", origin: str = LMS
    ) -> None:
        """`answer` and `storage`: what the LMS's page and its frame "storage" do with a message, in JavaScript."""
        page = FORM.replace("WHICH", which).replace("FRAME", frame).replace("ORIGIN", origin)
        self.posted: list[str] = []
        self._shown = shown(browser, page, self.posted)
        make = self._shown.__enter__()
        listens = (
            f"window.seen = []; addEventListener('message', (event) => {{ window.seen.push(event.data); {storage}; }});"
        )
        self.page, self.frame = make(
            f"(event) => {{ {answer}; }}; if (location.pathname === '/storage') {{ {listens} }}"
        )

    def close(self) -> None:
        self._shown.__exit__(None, None, None)

    def seen(self, subject: str, frame: str = "") -> list[dict[str, Any]]:
        """The messages with this subject that have come to the LMS's page, or to its frame."""
        where = self.page.frame(frame) if frame else self.page.main_frame
        assert where is not None
        found: list[dict[str, Any]] = where.evaluate("window.seen")
        return [each for each in found if each["subject"] == subject]

    def is_sent(self) -> str:
        """Waits until the page has gone on; the secret that it sent."""
        self.frame.wait_for_url(f"{TOOL}/sent")
        (body,) = self.posted
        return parse_qs(body, keep_blank_values=True)["storage_secret"][0]

    def gives_up(self) -> None:
        """Waits until the page offers the window of its own; nothing was sent."""
        self.frame.locator("#window").wait_for(state="visible", timeout=10_000)
        assert self.posted == []


@pytest.fixture
def told(browser: Browser) -> Iterator[Any]:
    """told(which, answer=..., frame=..., origin=...)"""
    made: list[Told] = []

    def make(which: str, **how: str) -> Told:
        made.append(Told(browser, which, **how))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_PS_01_login_waits_for_the_answer_and_each_secret_is_drawn_anew(told: Any) -> None:
    secrets = set()
    for _ in range(2):
        lms = told("put", answer="if (event.data.subject === 'lti.put_data') window.asked = event")
        lms.page.wait_for_function("window.asked")
        (put,) = lms.seen("lti.put_data")
        assert put["key"] == KEY
        assert re.fullmatch("[0-9a-f]{64}", put["value"])
        assert lms.posted == []  # nothing goes on before the LMS has said that it keeps it
        lms.page.evaluate(f"((event) => {REPLY.replace('MORE', '')})(window.asked)")
        assert lms.is_sent() == put["value"]
        secrets.add(put["value"])
    assert len(secrets) == 2


@pytest.mark.parametrize("which", ["put", "get"])
def test_PS_02_frame_of_the_capabilities_comes_before_the_one_of_the_login(told: Any, which: str) -> None:
    kept = REPLY.replace("MORE", "value: 'kept'")
    lms = told(which, answer=KNOWS.replace("FRAME", "storage"), storage=kept, frame="nobody")
    secret = lms.is_sent()
    (asked,) = lms.seen(f"lti.{which}_data", "storage")
    assert secret == (asked["value"] if which == "put" else "kept")
    assert lms.seen(f"lti.{which}_data") == []  # the parent was not asked


def test_PS_02_without_capabilities_the_frame_of_the_login_is_asked(told: Any) -> None:
    lms = told("put", answer="", storage=REPLY.replace("MORE", ""), frame="storage")
    assert lms.is_sent() == lms.seen("lti.put_data", "storage")[0]["value"]


@pytest.mark.parametrize("which", ["put", "get"])
def test_PS_03_secret_is_shown_to_no_other_origin(told: Any, which: str) -> None:
    """The LMS's authorization endpoint has another origin than the page around us: that page learns nothing."""
    lms = told(which, answer=KNOWS.replace("FRAME", "_parent"), origin=ELSEWHERE)
    if which == "put":
        lms.gives_up()
    else:
        assert lms.is_sent() == ""
    assert lms.seen(f"lti.{which}_data") == []
    assert lms.seen("lti.capabilities")  # it was there, and asked


def test_PS_04_what_the_lms_kept_goes_with_the_launch(told: Any) -> None:
    answer = "event.data.subject === 'lti.get_data' && event.data.key === 'lti_state_s' && " + REPLY
    assert told("get", answer=answer.replace("MORE", "value: 'kept'")).is_sent() == "kept"
    for odd in ("value: undefined", "value: 7", "value: { a: 1 }", "error: { code: 'x' }"):
        assert told("get", answer=answer.replace("MORE", odd)).is_sent() == ""


@pytest.mark.parametrize(
    "answer", ["", REPLY.replace("MORE", "error: { code: 'storage_exhaustion', message: 'full' }")]
)
def test_PS_05_error_or_silence_leads_to_the_window_and_the_login_is_not_spent(told: Any, answer: str) -> None:
    told("put", answer=answer).gives_up()
