"""Line items: filters, pages, media types, and who may change what."""

import re
from typing import Any

import pytest

from lti_tool.demo.names import SCOPE_LINE_ITEM_READ, TYPE_LINE_ITEM, TYPE_LINE_ITEMS
from tests.demo.conftest import Services, StillClock
from tests.lms_client import ENDPOINT_CLAIM

pytestmark = pytest.mark.once

ITEMS = "/lti/ags/course-1/lineitems"
NEW = {"label": "讨论", "scoreMaximum": 50, "resourceId": "r-1", "tag": "forum", "gradesReleased": True}


def create(services: Services, **changes: Any) -> dict[str, Any]:
    answer = services.call("POST", ITEMS, body=NEW | changes, media=TYPE_LINE_ITEM)
    assert answer.status == 201
    made: dict[str, Any] = answer.json()
    return made


def labels(services: Services, query: str = "") -> list[str]:
    return [item["label"] for item in services.call("GET", ITEMS + query, media=TYPE_LINE_ITEMS).json()]


def test_links_with_grades_have_columns(services: Services) -> None:
    assert labels(services) == ["课程主页", "小测"]
    services.lms.allow_grades("link-late")
    assert labels(services) == ["课程主页", "小测", "讨论"]


def test_created_column_can_be_found_by_each_filter(services: Services) -> None:
    made = create(services, resourceLinkId="link-quiz")
    assert made["gradesReleased"] is True
    for query in ("?resource_id=r-1", "?tag=forum", "?resource_link_id=link-quiz&tag=forum"):
        assert labels(services, query) == ["讨论"]
    assert labels(services, "?tag=other") == []
    assert services.call("GET", made["id"], media=TYPE_LINE_ITEM).json() == made


def test_link_with_two_columns_claims_none(services: Services) -> None:
    create(services, resourceLinkId="link-quiz")
    assert "lineitem" not in services.lms.claims_for("member1", "link-quiz")[ENDPOINT_CLAIM]


def test_pages_follow_the_link_header_and_keep_the_filter(services: Services) -> None:
    for number in range(5):
        create(services, label=f"列 {number}")
    url, seen = f"{ITEMS}?tag=forum&limit=2", []
    while url:
        answer = services.call("GET", url, media=TYPE_LINE_ITEMS)
        seen.append([item["label"] for item in answer.json()])
        found = re.fullmatch(r'<([^>]+)>; rel="next"', answer.headers.get("Link", ""))
        url = found[1] if found else ""
    assert seen == [["列 0", "列 1"], ["列 2", "列 3"], ["列 4"]]


def test_put_replaces_and_rescales(services: Services, clock: StillClock) -> None:
    url = services.line_item("link-quiz")
    services.score("link-quiz", at=clock.now())
    body = {"label": "小测（改）", "scoreMaximum": 200, "resourceLinkId": "link-quiz"}
    assert services.call("PUT", url, body=body, media=TYPE_LINE_ITEM).status == 200
    assert services.lms.gradebook()["小测（改）", "member1"]["score"] == 160


def test_deleted_column_is_gone(services: Services) -> None:
    made = create(services)
    assert services.call("DELETE", made["id"]).status == 204
    assert services.call("GET", made["id"], media=TYPE_LINE_ITEM).status == 404
    assert services.call("DELETE", made["id"]).status == 404


@pytest.mark.parametrize(
    "changes",
    [{"label": ""}, {"label": None}, {"label": "长" * 256}, {"scoreMaximum": 0}, {"scoreMaximum": "50"},
     {"scoreMaximum": True}, {"tag": 7}],
)  # fmt: skip
def test_bad_line_item_is_400(services: Services, changes: dict[str, Any]) -> None:
    assert services.call("POST", ITEMS, body=NEW | changes, media=TYPE_LINE_ITEM).status == 400


@pytest.mark.parametrize("link", ["link-other", "nothing", "link-late"])
def test_column_for_a_foreign_or_ungraded_link_is_403(services: Services, link: str) -> None:
    assert services.call("POST", ITEMS, body=NEW | {"resourceLinkId": link}, media=TYPE_LINE_ITEM).status == 403


def test_media_types_are_exact(services: Services) -> None:
    assert services.call("GET", ITEMS, media="application/json").status == 406
    assert services.call("GET", ITEMS, media="*/*").status == 406
    assert services.call("POST", ITEMS, body=NEW, media="application/json").status == 415
    assert services.call("GET", ITEMS, media=TYPE_LINE_ITEMS).headers["Content-Type"] == TYPE_LINE_ITEMS


def test_reading_scope_does_not_write(services: Services) -> None:
    token = services.token(SCOPE_LINE_ITEM_READ)
    assert services.call("GET", ITEMS, media=TYPE_LINE_ITEMS, token=token).status == 200
    assert services.call("POST", ITEMS, body=NEW, media=TYPE_LINE_ITEM, token=token).status == 403
    assert services.call("DELETE", services.line_item("link-quiz"), token=token).status == 403


def test_column_of_another_course_is_404(services: Services) -> None:
    url = services.line_item("link-quiz").replace("course-1", "course-2")
    assert services.call("GET", url, media=TYPE_LINE_ITEM).status == 404
