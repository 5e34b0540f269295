"""What tests of deep linking do: begin a request with other settings, pick, read the answer that goes back."""

from typing import Any

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.launch.rules.deep_link import Asked, Picked
from tests.lms_client import DEEP_LINK_SETTINGS, form_of
from tests.lti.world import ORIGIN, World, csrf_of, path_of

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
ITEMS, DATA, MESSAGE = f"{DL}content_items", f"{DL}data", f"{DL}msg"
ERROR, ERROR_LOG = f"{DL}errormsg", f"{DL}errorlog"
PICKED = Picked(1, "lesson", "A", "", "t" * 32, 10, None, None)


def begin(world: World, browser: FlaskClient, person: str = "teacher", **changes: Any) -> TestResponse:
    """A deep linking launch whose claims may be changed."""
    auth = world.lms.begin_at(browser, person, course="course-1")
    if not changes:
        _, values = world.lms.authorize(auth.url)
        return world.post(browser, **values)
    claims = world.lms.claims_for(person, course="course-1", nonce=auth.nonce, **changes)
    return world.post(browser, auth.state, world.lms.sign(claims))


def asks(world: World, browser: FlaskClient, **changes: Any) -> str:
    """The same with other settings of the request; the path of the page to choose on."""
    return path_of(begin(world, browser, **settings(**changes)))


def settings(**changes: Any) -> dict[str, Any]:
    """The settings claim: one ltiResourceLink in a frame. None takes a value away."""
    good = {
        "deep_link_return_url": "http://localhost:9/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "data": "opaque ü \u3000",
    } | changes
    return {DEEP_LINK_SETTINGS: {name: value for name, value in good.items() if value is not None}}


def pick(browser: FlaskClient, choice: str, *activity_ids: int) -> TestResponse:
    """Send the page's form with these ticked."""
    return send(browser, choice, choice.replace("choose", "chosen"), activity_id=[str(each) for each in activity_ids])


def cancel(browser: FlaskClient, choice: str) -> TestResponse:
    """Press the page's other button."""
    return send(browser, choice, f"{choice}/cancel")


def send(browser: FlaskClient, page: str, address: str, **form: Any) -> TestResponse:
    """POST to `address` with the token of `page`."""
    token = csrf_of(browser.get(page, base_url=ORIGIN))
    return browser.post(address, data={**form, "csrf_token": token}, headers={"Origin": ORIGIN}, base_url=ORIGIN)


def answer_of(page: TestResponse) -> dict[str, Any]:
    """The claims of the response in the form that carries it back."""
    assert page.status_code == 200, page.get_data(as_text=True)
    _, values = form_of(page.get_data(as_text=True))
    claims: dict[str, Any] = jwt.decode(values["JWT"], options={"verify_signature": False})
    return claims


def items_of(page: TestResponse) -> list[dict[str, Any]]:
    """The content items of that response."""
    items: list[dict[str, Any]] = answer_of(page)[ITEMS]
    return items


def asked(**changes: Any) -> Asked:
    """Who asked, as a value: takes one ltiResourceLink in a frame."""
    values: dict[str, Any] = {
        "issuer": "https://lms", "client_id": "c", "deployment_id": "1", "return_url": "https://lms/r",
        "accept_types": ("ltiResourceLink",), "targets": ("iframe",), "accepts_line_item": True,
        "accepts_multiple": False, "is_auto_created": False, "data": None,
    } | changes  # fmt: skip
    return Asked(**values)
