"""The moodle profile: what Moodle 4.5 was seen to send and to answer, where that differs from the plain reading."""

import json
import urllib.error
from datetime import timedelta
from typing import Any

import pytest

from lti_tool.demo.moodle import OUTCOME_CLAIM
from lti_tool.demo.names import (
    DEEP_LINK_DATA,
    GRADE_SCOPES,
    ROSTER_CLAIM,
    TYPE_LINE_ITEM,
    TYPE_LINE_ITEMS,
    TYPE_MEMBERS,
    TYPE_RESULTS,
)
from tests.demo.conftest import KeyTool, Services, StillClock
from tests.demo.test_deeplink import ITEM, Picker, links
from tests.demo.test_login import auth_request
from tests.lms_client import CLAIM, CONTEXT_ROLE, DEEP_LINK_SETTINGS, ENDPOINT_CLAIM, LmsDriver, form_of

pytestmark = pytest.mark.once

LINE_ITEMS = "/lti/ags/course-1/lineitems"


@pytest.fixture
def lms(lms: LmsDriver) -> LmsDriver:
    lms.profile("moodle")
    return lms


def test_claims_are_spelled_as_moodle_does(lms: LmsDriver) -> None:
    claims = lms.claims_for("member1", "link-quiz")
    assert claims["sub"].isdigit()
    assert claims["aud"] == "dangke-demo"
    assert "azp" not in claims
    assert (claims["name"], claims["given_name"], claims["family_name"]) == ("小明 李", "小明", "李")
    assert claims[CLAIM + "roles"] == [CONTEXT_ROLE + "Learner"]
    assert claims[CLAIM + "context"]["type"] == ["CourseSection"]
    assert claims[CLAIM + "ext"] == {"lms": "moodle-2", "user_username": "member1"}
    assert claims[CLAIM + "lis"]["person_sourcedid"] == "IDmember1"
    assert claims[CLAIM + "launch_presentation"]["locale"] == "zh_cn"
    assert claims[CLAIM + "tool_platform"]["product_family_code"] == "moodle"
    assert claims[ROSTER_CLAIM]["service_versions"] == ["1.0", "2.0"]
    assert OUTCOME_CLAIM in claims


def test_custom_has_unknown_variables_as_they_are_and_the_services_addresses(lms: LmsDriver) -> None:
    custom = lms.claims_for("member1", "link-home")[CLAIM + "custom"]
    assert custom["who"] == lms.sub_of("member1")
    assert custom["odd"] == "$Nobody.knows"
    assert "{link_id}" in custom["link_setting_url"]
    assert all(isinstance(value, str) for value in custom.values())


def test_column_is_there_when_allowed_empty_when_deleted_and_missing_when_there_are_two(services: Services) -> None:
    lms = services.lms
    late = lms.claims_for("member1", "link-late")
    assert late[ENDPOINT_CLAIM]["scope"] == list(GRADE_SCOPES)
    assert "lineitem" not in late[ENDPOINT_CLAIM]
    assert OUTCOME_CLAIM not in late
    lms.allow_grades("link-late")
    assert lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]["lineitem"].endswith("/lineitem?type_id=1")
    second = {"label": "x", "scoreMaximum": 5, "resourceLinkId": "link-late"}
    made = services.call("POST", LINE_ITEMS, body=second, media=TYPE_LINE_ITEM).json()["id"]
    assert "lineitem" not in lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]
    own = services.call("GET", LINE_ITEMS, media=TYPE_LINE_ITEMS).json()[-2]["id"]
    for url in (made, own):
        assert services.call("DELETE", url, media="*/*").status == 204
    assert lms.claims_for("member1", "link-late")[ENDPOINT_CLAIM]["lineitem"] == ""


@pytest.mark.parametrize("spoil", [{"redirect_uri": "http://127.0.0.1:9081/other"}, {"scope": "openid profile"}, {}])
def test_authorization_that_moodle_breaks_on_is_a_404_page(lms: LmsDriver, spoil: dict[str, str | None]) -> None:
    request = auth_request(lms.login_form("member1", "link-quiz"), **spoil)
    if not spoil:
        lms.authorize(request.url)
    reply = lms.authorize_reply(request.url)
    assert (reply.status, form_of(reply.text)) == (404, (None, {}))


def test_deep_linking_asks_for_no_data_and_does_not_say_line_items(
    lms: LmsDriver, tool: KeyTool, clock: StillClock
) -> None:
    claims = lms.claims_for("teacher", course="course-1")
    settings = claims[DEEP_LINK_SETTINGS]
    assert not {"data", "accept_lineitem"} & set(settings)
    assert (settings["accept_multiple"], settings["auto_create"]) == (True, False)
    assert claims[CLAIM + "launch_presentation"] == {"locale": "zh_cn"}
    assert set(json.loads(lms.deep_link_form("teacher", "course-1")["lti_message_hint"])) == {"launchid"}
    lms.deep_linking(data="x")  # the picker of these tests answers with it
    picker = Picker(lms, tool, clock)
    before = links(lms)
    offered = picker.answer(ITEM, **{DEEP_LINK_DATA: "x"})
    assert (offered.status, links(lms)) == (200, before), "the teacher has not pressed Save"
    action, _ = form_of(offered.text)
    assert action is not None
    assert [lms.post(person, action).status for person in ("member1", "teacher", "teacher")] == [404, 303, 404]
    assert len(links(lms)) == len(before) + 1
    assert "第 2 讲成绩" not in lms.page("teacher", "/courses/course-1/gradebook").text
    assert "lineitem" in lms.claims_for("member1", links(lms)[-1])[ENDPOINT_CLAIM]


# Token endpoint


def test_token_comes_as_html_and_errors_as_broken_json(
    services: Services, lms: LmsDriver, tool: KeyTool, clock: StillClock
) -> None:
    answer = services.ask_token()
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.json()["token_type"] == "Bearer"
    unknown = services.ask_token(tool.assertion(kid="never-published"))
    assert (unknown.status, unknown.text) == (400, '{"error" : ""kid" invalid, unable to lookup correct key"}')
    ahead = services.ask_token(tool.assertion(iat=clock.now().timestamp() + 30))
    assert ahead.status == 400
    assert services.ask_token(scope="x").json()["error"] == "invalid_scope"


def test_key_set_that_may_not_be_fetched_is_a_404_page_without_a_reason(
    services: Services, lms: LmsDriver, tool: KeyTool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def blocked(url: str) -> bytes:
        raise urllib.error.URLError("blocked")

    monkeypatch.setattr(services.lms._app.extensions["demo_lms"].tool_keys, "_fetch", blocked)
    answer = services.ask_token()
    assert (answer.status, answer.headers["Content-Type"].split(";")[0]) == (404, "text/html")


# Services


def test_any_accept_does_but_for_the_list_of_line_items(services: Services, lms: LmsDriver) -> None:
    item = services.line_item("link-quiz")
    for url in (item, item.replace("/lineitem?", "/lineitem/results?"), "/lti/nrps/course-1/memberships"):
        assert services.call("GET", url, media="*/*").status == 200, url
    assert services.call("GET", LINE_ITEMS, media="*/*").status == 400
    assert services.call("GET", LINE_ITEMS, media=TYPE_LINE_ITEMS).status == 200


def test_link_header_of_line_items_has_a_typesetters_quotes(services: Services, lms: LmsDriver) -> None:
    link = services.call("GET", f"{LINE_ITEMS}?type_id=1&limit=1", media=TYPE_LINE_ITEMS).headers["Link"]
    assert "rel=“next”" in link.encode("latin-1").decode()
    assert "&amp;" in link
    assert "Link" not in services.call("GET", LINE_ITEMS, media=TYPE_LINE_ITEMS).headers


def test_results_break_when_paged(services: Services, lms: LmsDriver, clock: StillClock) -> None:
    assert services.score("link-quiz", at=clock.now()).status == 200
    url = services.line_item("link-quiz").replace("/lineitem?", "/lineitem/results?")
    [only] = services.call("GET", f"{url}&user_id={lms.sub_of('member1')}", media=TYPE_RESULTS).json()
    assert (only["userId"], only["resultScore"]) == (lms.sub_of("member1"), 16)
    broken = services.call("GET", f"{url}&limit=1", media=TYPE_RESULTS)
    assert (broken.status, broken.headers["Content-Type"].split(";")[0]) == (404, "text/html")


def test_members_have_short_roles_and_the_next_page_forgets_the_role(services: Services, lms: LmsDriver) -> None:
    url = "/lti/nrps/course-1/memberships"
    answer = services.call("GET", f"{url}?role=Learner&limit=2", media=TYPE_MEMBERS)
    [first, _] = answer.json()["members"]
    assert first["user_id"].isdigit()
    assert first["roles"] == ["Learner"]
    assert (first["lis_person_sourcedid"], first["ext_user_username"]) == ("IDboth", "both")
    assert "role" not in answer.headers["Link"]


def test_refusal_says_why_in_the_status_line(services: Services, lms: LmsDriver, clock: StillClock) -> None:
    """Over WSGI the status line is not seen: asked of the application itself."""
    services.score("link-quiz", at=clock.now())
    url = services.line_item("link-quiz").replace("/lineitem?", "/lineitem/scores?")
    client = lms._app.test_client()
    score: dict[str, Any] = {"userId": lms.sub_of("member1"), "timestamp": "2026-11-20T02:00:00.500Z", "scoreGiven": 1,
                             "scoreMaximum": 1, "activityProgress": "Completed", "gradingProgress": "FullyGraded"}  # fmt: skip
    answer = client.post(
        url, data=json.dumps(score), content_type="application/vnd.ims.lis.v1.score+json",
        headers={"Authorization": f"Bearer {services.token()}"},
    )  # fmt: skip
    assert answer.status == "409 Refusing score with an earlier timestamp"
    assert services.score("link-quiz", "nobody", at=clock.now()).status == 502


def test_what_is_taken_away_may_be_given_again_at_an_earlier_time(
    services: Services, lms: LmsDriver, clock: StillClock
) -> None:
    moment = clock.now()
    clock.advance(seconds=10)
    services.score("link-quiz", at=clock.now())
    services.score("link-quiz", at=clock.now().replace(second=11), gradingProgress="PendingManual")
    assert services.score("link-quiz", at=moment).status == 200


def test_grade_that_a_teacher_has_typed_stays_and_a_locked_one_is_a_500(
    services: Services, lms: LmsDriver, clock: StillClock
) -> None:
    services.score("link-quiz", at=clock.now())
    cell = lms.gradebook()["小测", "member1"]
    lms.type_over("member1", cell["line_item"], 3)
    assert services.score("link-quiz", given=10, at=clock.now() + timedelta(seconds=1)).status == 200
    assert lms.gradebook()["小测", "member1"]["score"] == 3
    lms.type_over("member1", cell["line_item"], 3, locked=True)
    assert services.score("link-quiz", given=10, at=clock.now() + timedelta(seconds=2)).status == 500
    assert services.score("link-quiz", "member2", at=clock.now()).status == 200


def test_dates_of_a_new_column_are_echoed_and_forgotten(services: Services, lms: LmsDriver) -> None:
    asked = {"label": "x", "scoreMaximum": 5, "startDateTime": "2026-11-20T02:00:00Z"}
    made = services.call("POST", LINE_ITEMS, body=asked, media=TYPE_LINE_ITEM).json()
    assert made["startDateTime"] == asked["startDateTime"]
    assert "startDateTime" not in services.call("GET", made["id"], media=TYPE_LINE_ITEM).json()
    services.call("PUT", made["id"], body=asked, media=TYPE_LINE_ITEM)
    assert "startDateTime" in services.call("GET", made["id"], media=TYPE_LINE_ITEM).json()


def test_registration_page_names_moodle(lms: LmsDriver) -> None:
    described = lms.page(None, "/.well-known/openid-configuration").json()
    assert described["https://purl.imsglobal.org/spec/lti-platform-configuration"]["product_family_code"] == "moodle"
