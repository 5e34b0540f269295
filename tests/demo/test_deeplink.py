"""Deep linking: what comes back from the tool becomes links with columns of their own."""

import re
import secrets
from typing import Any

import jwt
import pytest

from lti_tool.demo.names import CONTENT_ITEMS, DEEP_LINK_DATA
from tests.demo.conftest import ISSUER, TOOL, KeyTool, StillClock
from tests.demo.test_login import auth_request
from tests.lms_client import CLAIM, DEEP_LINK_SETTINGS, ENDPOINT_CLAIM, LmsDriver, Reply, new_pem

pytestmark = pytest.mark.once

ITEM = {
    "type": "ltiResourceLink", "title": "第 2 讲", "text": "怎样<b>读</b>", "url": f"{TOOL}/lti/launch", "custom": {"activity": "b" * 32},
    "lineItem": {"label": "第 2 讲成绩", "scoreMaximum": 40, "resourceId": "b" * 32, "tag": "lesson"},
}  # fmt: skip


class Picker:
    """A tool that was opened for deep linking and answers."""

    def __init__(self, lms: LmsDriver, tool: KeyTool, clock: StillClock) -> None:
        self.lms, self.tool, self.clock = lms, tool, clock
        _, values = lms.authorize(auth_request(lms.deep_link_form("teacher", "course-1")).url)
        asked = jwt.decode(values["id_token"], options={"verify_signature": False})
        self.settings: dict[str, Any] = asked[DEEP_LINK_SETTINGS]

    def answer(self, *items: Any, pem: str | None = None, **changes: Any) -> Reply:
        now = self.clock.now().timestamp()
        claims = {
            "iss": "dangke-demo", "aud": ISSUER, "iat": now, "exp": now + 300, "nonce": secrets.token_hex(8),
            CLAIM + "message_type": "LtiDeepLinkingResponse", CLAIM + "version": "1.3.0", CLAIM + "deployment_id": "1",
            DEEP_LINK_DATA: self.settings["data"], CONTENT_ITEMS: list(items),
        } | changes  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        token = jwt.encode(claims, pem or self.tool.pem, "RS256", {"kid": self.tool.kid})
        url = self.settings["deep_link_return_url"]
        return self.lms.browser(None).request("POST", url, form={"JWT": token}, headers={"Origin": TOOL})


@pytest.fixture
def picker(lms: LmsDriver, tool: KeyTool, clock: StillClock) -> Picker:
    return Picker(lms, tool, clock)


def links(lms: LmsDriver) -> list[str]:
    return re.findall(r'data-link="([^"]+)"', lms.page("teacher", "/courses/course-1").text)


def test_picked_link_appears_with_its_own_column(lms: LmsDriver, picker: Picker) -> None:
    answer = picker.answer(ITEM)
    assert answer.status == 200
    assert 'href="/courses/course-1?added=1" target="_top" data-go-top' in answer.text
    claims = lms.claims_for("member1", links(lms)[-1])
    assert claims[CLAIM + "resource_link"]["title"] == "第 2 讲"
    assert claims[CLAIM + "custom"] == {"activity": "b" * 32}
    assert "lineitem" in claims[ENDPOINT_CLAIM]
    assert "第 2 讲成绩" in lms.page("teacher", "/courses/course-1/gradebook").text


def test_item_without_line_item_gets_no_column(lms: LmsDriver, picker: Picker) -> None:
    before = len(links(lms))
    assert picker.answer({"type": "ltiResourceLink"}).status == 200
    assert len(links(lms)) == before + 1
    assert "lineitem" not in lms.claims_for("member1", links(lms)[-1])[ENDPOINT_CLAIM]


def test_accepted_item_of_another_type_becomes_material(lms: LmsDriver, tool: KeyTool, clock: StillClock) -> None:
    lms.deep_linking(accept_types=["link", "html"])
    before = links(lms)
    items = {"type": "html", "html": "<b>&"}, {"type": "link", "url": f"{TOOL}/x", "title": "阅读"}
    assert Picker(lms, tool, clock).answer(*items).status == 200
    assert links(lms) == before
    page = lms.page("member1", "/courses/course-1").text
    assert "<code>&lt;b&gt;&amp;</code>" in page
    assert f'href="{TOOL}/x"' in page


@pytest.mark.parametrize("item", [{"type": "link"}, {"type": "link", "url": "javascript:x"}, {"type": "html"}])
def test_item_of_another_type_without_its_content_is_refused(
    lms: LmsDriver, tool: KeyTool, clock: StillClock, item: dict[str, Any]
) -> None:
    lms.deep_linking(accept_types=["link", "html"])
    assert Picker(lms, tool, clock).answer(item).status == 400


def test_several_links_are_listed_with_columns_and_dates(lms: LmsDriver, picker: Picker) -> None:
    dates = {
        "available": {"startDateTime": "2026-12-01T00:00:00Z"},
        "submission": {"endDateTime": "2026-12-08T00:00:00Z"},
    }
    custom = {"from": "$ResourceLink.available.startDateTime", "until": "$ResourceLink.submission.endDateTime",
              "none": "$ResourceLink.available.endDateTime"}  # fmt: skip
    page = picker.answer(ITEM, ITEM | {"title": "第 3 讲", "custom": custom, **dates}).text
    assert page.count('data-item="ltiResourceLink"') == 2
    assert "2026-12-08T00:00:00Z" in page
    claims = lms.claims_for("member1", links(lms)[-1])
    assert claims[CLAIM + "custom"] == {"from": "2026-12-01T00:00:00Z", "until": "2026-12-08T00:00:00Z", "none": ""}


def test_error_of_the_tool_is_shown_in_the_course(lms: LmsDriver, picker: Picker) -> None:
    assert (
        "lti_errormsg=late" in picker.answer(**{"https://purl.imsglobal.org/spec/lti-dl/claim/errormsg": "late"}).text
    )


def test_nothing_chosen_comes_back_with_the_message(lms: LmsDriver, picker: Picker) -> None:
    before = links(lms)
    assert "lti_msg=nothing" in picker.answer(**{"https://purl.imsglobal.org/spec/lti-dl/claim/msg": "nothing"}).text
    assert links(lms) == before


def test_response_counts_once(lms: LmsDriver, picker: Picker) -> None:
    before = len(links(lms))
    assert [picker.answer(ITEM).status for _ in range(2)] == [200, 400]
    assert len(links(lms)) == before + 1


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "somebody"}, {"aud": "somebody"}, {"nonce": None}, {"exp": None}, {"exp": 5}, {CLAIM + "message_type": "X"},
        {CLAIM + "version": "1.1"}, {CLAIM + "deployment_id": "2"}, {DEEP_LINK_DATA: None}, {CONTENT_ITEMS: "x"},
        {CONTENT_ITEMS: ["x"]}, {CONTENT_ITEMS: [ITEM | {"lineItem": {"scoreMaximum": 0}}]},
    ],
)  # fmt: skip
def test_bad_response_adds_nothing_and_may_be_mended(lms: LmsDriver, picker: Picker, changes: dict[str, Any]) -> None:
    before = len(links(lms))
    assert picker.answer(ITEM, **changes).status == 400
    assert len(links(lms)) == before
    assert picker.answer(ITEM).status == 200


def test_response_signed_by_somebody_else_is_refused(picker: Picker) -> None:
    assert picker.answer(ITEM, pem=new_pem()).status == 400


def test_old_or_unknown_request_is_refused(picker: Picker, clock: StillClock) -> None:
    clock.advance(minutes=31)
    assert picker.answer(ITEM).status == 400
    picker.settings["deep_link_return_url"] = f"{ISSUER}/lti/deep-link-return/unknown"
    assert picker.answer(ITEM).status == 400
