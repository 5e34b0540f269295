"""The demo LMS is strict where real ones are lax: each row is a tool that a real LMS would let pass, and is refused here.

That the product is never refused is shown by tests/flows/test_strict_lms.py.
"""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from lti_tool.demo.names import (
    ASSERTION_TYPE,
    DEEP_LINK_DATA,
    DEEP_LINK_MESSAGE,
    SCOPE_SCORE,
    TYPE_LINE_ITEM,
    TYPE_LINE_ITEMS,
    TYPE_MEMBERS,
    TYPE_RESULTS,
    TYPE_SCORE,
)
from tests.demo.conftest import ISSUER, TOKEN_URL, KeyTool, Services, StillClock
from tests.demo.test_deeplink import ITEM, Picker, links
from tests.demo.test_login import auth_request
from tests.lms_client import LmsDriver

pytestmark = pytest.mark.once

MEMBERS = "/lti/nrps/course-1/memberships"
LINE_ITEMS = "/lti/ags/course-1/lineitems"


# Authorization


@pytest.mark.parametrize("missing", ["state", "nonce", "login_hint", "lti_message_hint", "response_mode", "prompt"])
def test_authentication_request_without_a_parameter_is_refused(lms: LmsDriver, missing: str) -> None:
    request = auth_request(lms.login_form("member1", "link-quiz"))
    assert "id_token" in lms.authorize(request.url)[1]
    _, values = lms.authorize(request.with_changes(**{missing: None}).url, person="member1")
    assert values["error"] == "invalid_request"
    assert len(lms.refusals()) == 1


# Tokens (Moodle checks neither aud nor jti; Open edX and lti1p3platform do not either)


def test_assertion_for_another_address_of_ours_is_refused(services: Services, tool: KeyTool) -> None:
    for audience in (ISSUER, f"{TOKEN_URL}/", [TOKEN_URL, ISSUER], TOKEN_URL.upper()):
        assert services.ask_token(tool.assertion(aud=audience)).json()["error"] == "invalid_client", audience
    assert services.ask_token(tool.assertion(aud=[TOKEN_URL])).status == 200


def test_assertion_that_is_used_again_is_refused_also_with_other_claims(services: Services, tool: KeyTool) -> None:
    assert services.ask_token(tool.assertion(jti="once")).status == 200
    assert services.ask_token(tool.assertion(jti="once", extra=1)).json()["error"] == "invalid_client"


@pytest.mark.parametrize("seconds", [301, 3600])
def test_assertion_that_lives_too_long_is_refused(
    services: Services, tool: KeyTool, clock: StillClock, seconds: int
) -> None:
    now = clock.now().timestamp()
    assert services.ask_token(tool.assertion(exp=now + seconds)).status == 400
    assert services.ask_token(tool.assertion(nbf=now + 120)).status == 400


def test_token_request_that_is_no_form_is_refused(services: Services, tool: KeyTool) -> None:
    asked = {
        "grant_type": "client_credentials", "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": tool.assertion(), "scope": SCOPE_SCORE,
    }  # fmt: skip
    browser = services.lms.browser(None)
    as_json = browser.request(
        "POST", TOKEN_URL, body=json.dumps(asked).encode(), headers={"Content-Type": "application/json"}
    )
    in_address = browser.request("POST", f"{TOKEN_URL}?scope={SCOPE_SCORE}", form=asked)
    assert [as_json.json()["error"], in_address.json()["error"]] == ["invalid_request"] * 2


# Media types


@pytest.mark.parametrize(
    ("path", "media"),
    [(LINE_ITEMS, TYPE_LINE_ITEMS), ("item", TYPE_LINE_ITEM), ("results", TYPE_RESULTS), (MEMBERS, TYPE_MEMBERS)],
)
def test_any_other_accept_than_the_exact_one_is_refused(services: Services, path: str, media: str) -> None:
    item = services.line_item("link-quiz")
    url = {"item": item, "results": f"{item}/results"}.get(path, path)
    for accept in ("*/*", "application/json", f"{media}, */*", f"{media};q=0.9", ""):
        assert services.call("GET", url, media=accept).status == 406, accept
    assert services.call("GET", url, media=media).status == 200


@pytest.mark.parametrize("media", ["application/json", f"{TYPE_SCORE}; charset=utf-8", f"{TYPE_SCORE}, {TYPE_SCORE}"])
def test_any_other_type_of_a_body_than_the_exact_one_is_refused(
    services: Services, clock: StillClock, media: str
) -> None:
    score = {"userId": "member1", "timestamp": clock.now().isoformat(timespec="milliseconds"), "scoreGiven": 1,
             "scoreMaximum": 1, "activityProgress": "Completed", "gradingProgress": "FullyGraded"}  # fmt: skip
    assert services.send_score(services.line_item("link-quiz"), score, media).status == 415
    column = {"label": "x", "scoreMaximum": 1}
    assert services.call("POST", LINE_ITEMS, body=column, media=media.replace(TYPE_SCORE, TYPE_LINE_ITEM)).status == 415
    assert services.send_score(services.line_item("link-quiz"), score).status == 200


# Scores


def test_time_without_a_fraction_or_to_come_is_refused(services: Services, clock: StillClock) -> None:
    for moment in ("2026-11-20T02:00:00Z", "2026-11-20T02:00:00.000", "2026-11-20T02:02:00.000Z"):
        assert services.score("link-quiz", at=clock.now(), timestamp=moment).status == 400, moment
    assert services.score("link-quiz", at=clock.now(), timestamp="2026-11-20T02:00:59.000Z").status == 200


# Deep linking

LAX_ITEMS: Mapping[str, dict[str, Any]] = {
    "a type that was not asked for": {"type": "html", "html": "<b>"},
    "null (PyLTI1p3)": ITEM | {"title": None},
    "another site": ITEM | {"url": "https://example.org/lti/launch"},
    "numbers in custom": ITEM | {"custom": {"activity": 5}},
    "a target that was not offered": ITEM | {"window": {}, "iframe": "yes"},
    "a time without a zone": ITEM | {"available": {"startDateTime": "2026-11-20T02:00:00"}},
    "no time": ITEM | {"submission": {"endDateTime": "soon"}},
    "a column without a maximum": ITEM | {"lineItem": {"label": "x"}},
    "a number for a name": ITEM | {"lineItem": {"scoreMaximum": 1, "resourceId": 7}},
}


@pytest.fixture
def picker(lms: LmsDriver, tool: KeyTool, clock: StillClock) -> Picker:
    return Picker(lms, tool, clock)


@pytest.mark.parametrize("item", LAX_ITEMS.values(), ids=LAX_ITEMS.keys())
def test_item_that_a_real_lms_would_take_is_refused(lms: LmsDriver, picker: Picker, item: dict[str, Any]) -> None:
    before = links(lms)
    assert picker.answer(item).status == 400
    assert links(lms) == before


def test_response_that_lives_too_long_or_says_odd_things_is_refused(picker: Picker, clock: StillClock) -> None:
    now = clock.now().timestamp()
    for changes in ({"exp": now + 601}, {"azp": "somebody"}, {"nonce": ""}, {"nonce": 5}, {DEEP_LINK_MESSAGE: 5}):
        assert picker.answer(ITEM, **changes).status == 400, changes
    assert picker.answer(ITEM, azp="dangke-demo").status == 200


def test_nonce_of_a_response_counts_once(lms: LmsDriver, tool: KeyTool, clock: StillClock) -> None:
    assert [Picker(lms, tool, clock).answer(nonce=nonce).status for nonce in ("a", "b", "a")] == [200, 200, 400]


def test_data_that_was_not_asked_for_is_refused(lms: LmsDriver, tool: KeyTool, clock: StillClock) -> None:
    lms.deep_linking(data=None)
    picker = Picker(lms, tool, clock)
    assert "data" not in picker.settings
    picker.settings["data"] = "left out below"
    for data in ("x", ""):
        assert picker.answer(ITEM, **{DEEP_LINK_DATA: data}).status == 400
    assert picker.answer(ITEM, **{DEEP_LINK_DATA: None}).status == 200


@pytest.mark.parametrize(
    ("settings", "items"),
    [
        ({"accept_multiple": False}, [ITEM, ITEM]),
        ({"accept_lineitem": False}, [ITEM]),
        ({"accept_presentation_document_targets": ["iframe"]}, [ITEM | {"window": {}}]),
        ({"accept_types": ["link"]}, [ITEM]),
    ],
)
def test_more_than_the_request_accepts_is_refused(
    lms: LmsDriver, tool: KeyTool, clock: StillClock, settings: dict[str, Any], items: list[dict[str, Any]]
) -> None:
    lms.deep_linking(**settings)
    picker = Picker(lms, tool, clock)
    assert picker.answer(*items).status == 400
    assert picker.answer().status == 200
