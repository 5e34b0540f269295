"""Platform storage of the demo LMS in a browser, asked by a page of a tool on another site (PM-01, PM-02, PS-02)."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Frame, Page

from tests.browser.test_demo_lms import enter, lms, tool_frame
from tests.lms_client import LmsDriver

pytestmark = pytest.mark.once

__all__ = ["lms"]

ASK = """([message, frame, to, wait]) => new Promise((resolve) => {
  addEventListener("message", (event) => resolve({ ...event.data, from: event.origin }), { once: true });
  (frame ? window.parent.frames[frame] : window.parent).postMessage(message, to);
  setTimeout(() => resolve(null), wait);
})"""


def ask(frame: Frame, to: str, name: str = "", wait: int = 3000, **message: Any) -> Any:
    """Post a message from the tool's frame to the LMS's page or to a frame of it; the first answer, or None."""
    return frame.evaluate(ASK, [{"message_id": "m1"} | message, name, to, wait])


@pytest.fixture
def page(browser: Browser) -> Any:
    made = browser.new_page()
    yield made
    made.context.close()


def tool(page: Page, lms: LmsDriver, kind: str) -> Frame:
    lms.storage(kind)
    enter(page, lms, "member1")
    page.goto(f"{lms.base_url}/courses/course-1/links/link-quiz")
    return tool_frame(page)


@pytest.mark.parametrize(("kind", "name"), [("parent", ""), ("frame", "lti_storage_frame")])
def test_tool_stores_and_reads_where_the_capabilities_say(page: Page, lms: LmsDriver, kind: str, name: str) -> None:
    frame = tool(page, lms, kind)
    offered = ask(frame, "*", subject="lti.capabilities")
    assert (offered["subject"], offered["message_id"], offered["from"]) == (
        "lti.capabilities.response", "m1", lms.base_url,
    )  # fmt: skip
    places = {one["subject"]: one.get("frame", "") for one in offered["supported_messages"]}
    assert places["lti.put_data"] == places["lti.get_data"] == name
    key: dict[str, Any] = {"key": "lti_state_s"}
    put = ask(frame, lms.base_url, name, subject="lti.put_data", value="secret", **key)
    assert put == {
        "subject": "lti.put_data.response",
        "message_id": "m1",
        "value": "secret",
        "from": lms.base_url,
        **key,
    }
    assert ask(frame, lms.base_url, name, subject="lti.get_data", **key)["value"] == "secret"
    ask(frame, lms.base_url, name, subject="lti.put_data", value=None, **key)
    assert ask(frame, lms.base_url, name, subject="lti.get_data", **key)["value"] is None
    assert ask(frame, lms.base_url, name, subject="lti.put_data", value="", **key)["value"] == ""
    full = ask(frame, lms.base_url, name, subject="lti.put_data", value="x" * 5000, **key)
    assert full["error"]["code"] == "storage_exhaustion"
    assert ask(frame, lms.base_url, name, subject="lti.put_data", value="v")["error"]["code"] == "bad_request"


@pytest.mark.parametrize("kind", ["none", "silent"])
def test_storage_that_is_off_or_silent_never_answers(page: Page, lms: LmsDriver, kind: str) -> None:
    frame = tool(page, lms, kind)
    assert ask(frame, "*", wait=300, subject="lti.capabilities") is None
    assert ask(frame, lms.base_url, wait=300, subject="lti.put_data", key="k", value="v") is None


def test_only_the_tools_origin_is_answered_and_only_by_the_frame_that_stores(page: Page, lms: LmsDriver) -> None:
    frame = tool(page, lms, "frame")
    assert ask(frame, lms.base_url, wait=300, subject="lti.put_data", key="k", value="v") is None
    stranger = page.frame("lti_storage_frame")
    assert stranger is not None
    assert ask(stranger, lms.base_url, wait=300, subject="lti.capabilities") is None
