import json
from typing import Any

import pytest

from lti_tool.lms.connector import SCOPE_LINE_ITEM_READ, Connector, results_url, scores_url
from lti_tool.lms.errors import ForeignHost, ServiceFailed
from lti_tool.lms.platform import Platform
from tests.passback.gradebook import FakeGradebook

ITEMS = "https://lms.example/lineitems"


@pytest.mark.parametrize(
    ("line_item", "scores"),
    [
        ("https://lms.example/2/lineitems/5/lineitem?type_id=1", "https://lms.example/2/lineitems/5/lineitem/scores?type_id=1"),
        ("https://lms.example/lineitems/5", "https://lms.example/lineitems/5/scores"),
        ("https://lms.example/lineitems/5/", "https://lms.example/lineitems/5/scores"),
        ("https://lms.example/li?a=b&c=d%2F", "https://lms.example/li/scores?a=b&c=d%2F"),
    ],
)  # fmt: skip
def test_AG_08_scores_and_results_stand_in_the_path_before_the_query(line_item: str, scores: str) -> None:
    assert scores_url(line_item) == scores
    assert results_url(line_item) == scores.replace("/scores", "/results")


def item(number: int, link: str, **changes: Any) -> dict[str, Any]:
    return {"id": f"{ITEMS}/{number}", "label": "Quiz", "scoreMaximum": 100, "resourceLinkId": link} | changes


def test_AG_04_columns_are_filtered_here_as_well(
    connector: Connector, gradebook: FakeGradebook, platform: Platform
) -> None:
    gradebook.columns = [item(1, "other"), item(2, "mine"), item(3, "mine", scoreMaximum=None), item(4, "mine", id=7)]
    found = connector.columns(platform, ITEMS, {"resource_link_id": "mine"}, scopes=[SCOPE_LINE_ITEM_READ])
    assert [column.url for column in found] == [f"{ITEMS}/2"]
    gradebook.columns = [item(1, "mine", resourceId="theirs"), item(2, "mine", resourceId="ours"), item(3, "mine")]
    found = connector.columns(platform, ITEMS, {"resource_id": "ours"}, scopes=[SCOPE_LINE_ITEM_READ])
    assert [column.url for column in found] == [f"{ITEMS}/2"]


def test_AG_04_columns_are_asked_for_by_name_and_looked_for_on_every_page(
    connector: Connector, gradebook: FakeGradebook, platform: Platform
) -> None:
    """The next links of this LMS forget the filter."""
    gradebook.page_size = 2
    gradebook.columns = [item(number, "mine" if number == 5 else "other", resourceId="a&b") for number in range(6)]
    wanted = {"resource_link_id": "mine", "resource_id": "a&b"}
    found = connector.columns(platform, f"{ITEMS}?type_id=1", wanted, scopes=[SCOPE_LINE_ITEM_READ])
    assert [column.url for column in found] == [f"{ITEMS}/5"]
    asked = [call.url for call in gradebook.calls if "/lineitems" in call.url]
    assert asked == [
        f"{ITEMS}?type_id=1&resource_link_id=mine&resource_id=a%26b", f"{ITEMS}?from=2", f"{ITEMS}?from=4",
    ]  # fmt: skip


def test_AG_07_lists_and_columns_have_their_media_types(
    connector: Connector, gradebook: FakeGradebook, platform: Platform
) -> None:
    connector.columns(platform, f"{ITEMS}", {"resource_link_id": "a b"}, scopes=[SCOPE_LINE_ITEM_READ])
    assert gradebook.calls[-1].url == f"{ITEMS}?resource_link_id=a+b"
    assert gradebook.calls[-1].headers["Accept"] == "application/vnd.ims.lis.v2.lineitemcontainer+json"
    connector.create_column(platform, ITEMS, label=" 小测 ", maximum=20, resource_id="r", resource_link_id="l")
    call = gradebook.calls[-1]
    assert call.headers["Content-Type"] == call.headers["Accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert json.loads(call.body) == {"label": "小测", "scoreMaximum": 20, "resourceId": "r", "resourceLinkId": "l"}


def test_AG_06_label_is_cut_and_never_blank(connector: Connector, gradebook: FakeGradebook, platform: Platform) -> None:
    for label in ("x" * 300, "  "):
        connector.create_column(platform, ITEMS, label=label, maximum=20, resource_id="r", resource_link_id="l")
        assert 0 < len(json.loads(gradebook.calls[-1].body)["label"]) <= 100


@pytest.mark.parametrize("maximum", [1, 100])
def test_AG_06_column_says_a_whole_maximum_whose_link_it_is_and_its_resource(
    connector: Connector, gradebook: FakeGradebook, platform: Platform, maximum: int
) -> None:
    """Open edX refuses a fraction, and a column without resourceId; it cuts no tag, so none is sent."""
    connector.create_column(platform, ITEMS, label="小测", maximum=maximum, resource_id="r" * 32, resource_link_id="l")
    asked = json.loads(gradebook.calls[-1].body)
    assert asked == {"label": "小测", "scoreMaximum": maximum, "resourceId": "r" * 32, "resourceLinkId": "l"}
    assert isinstance(asked["scoreMaximum"], int)


def test_AG_29_list_that_is_a_web_page_is_a_failure(
    connector: Connector, gradebook: FakeGradebook, platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = (200, {"Content-Type": "text/html"}, b"<html>Log in")
    monkeypatch.setattr(gradebook, "_columns", lambda call: gradebook._say(call, page))
    with pytest.raises(ServiceFailed):
        connector.columns(platform, ITEMS, {"resource_link_id": "l"}, scopes=[SCOPE_LINE_ITEM_READ])


def test_TO_15_foreign_host_is_not_called(connector: Connector, gradebook: FakeGradebook, platform: Platform) -> None:
    with pytest.raises(ForeignHost):
        connector.post_score(platform, "https://elsewhere.example/lineitems/1", {}, lambda: True)
    assert gradebook.calls == []
