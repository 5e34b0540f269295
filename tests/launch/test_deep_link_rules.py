"""Laws of what goes back from deep linking, whatever was asked and picked."""

import json
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from lti_tool.launch.rules.deep_link import Picked, content_items, response
from tests.lti.linking import DATA, asked

TYPES = st.lists(st.sampled_from(["ltiResourceLink", "link", "html", "file", "image", "x"]), max_size=4)
TARGETS = st.lists(st.sampled_from(["iframe", "frame", "window", "embed"]), max_size=3)
MOMENTS = st.none() | st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have none
PICKED = st.builds(
    Picked, st.integers(1), st.sampled_from(["lesson", "quiz"]), st.text(max_size=200), st.text(max_size=200),
    st.text("0123456789abcdef", min_size=32, max_size=32), st.integers(1, 1000), MOMENTS, MOMENTS,
)  # fmt: skip
ASKED = st.builds(
    lambda types, targets, column, data, family: asked(
        accept_types=tuple(types), targets=tuple(targets), accepts_line_item=column, data=data, family=family
    ),
    TYPES, TARGETS, st.booleans(), st.none() | st.text(), st.sampled_from(["", "moodle", "canvas"]),
)  # fmt: skip


class Tags(HTMLParser):
    """The elements of a fragment, with their attributes, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def given_back(picked: list[Picked], who: Any) -> list[dict[str, Any]]:
    return content_items(picked, who, launch_url="https://t/lti/launch", open_url="https://t/lti/open/")


@given(st.lists(PICKED, max_size=5), ASKED)
def test_one_item_each_of_an_accepted_type_or_none_at_all(picked: list[Picked], who: Any) -> None:
    items = given_back(picked, who)
    assert len(items) == (len(picked) if who.item_type else 0)
    assert all(each["type"] in who.accept_types for each in items)


@given(PICKED, ASKED)
def test_nothing_is_null_or_empty_and_what_was_not_accepted_is_not_there(picked: Picked, who: Any) -> None:
    for item in given_back([picked], who):
        assert json.loads(json.dumps(item)) == item
        assert all(value not in (None, "", {}) for value in item.values())
        assert "lineItem" not in item or (who.accepts_line_item and item["lineItem"]["scoreMaximum"] > 0)
        assert "window" not in item or "window" in who.targets
        for name in ("available", "submission"):
            for moment in item.get(name, {}).values():
                assert datetime.fromisoformat(moment).utcoffset() is not None


@given(PICKED)
def test_fragment_is_one_paragraph_with_one_link_whatever_the_title(picked: Picked) -> None:
    (item,) = given_back([picked], asked(accept_types=("html",)))
    tags = Tags()
    tags.feed(item["html"])
    assert tags.found == [("p", ()), ("a", ("href", "target", "rel"))]


@given(ASKED, st.text(max_size=50), st.text(max_size=50))
def test_response_carries_data_as_it_came_and_lives_five_minutes(who: Any, message: str, error: str) -> None:
    now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    claims = response(who, [], nonce="n", now=now, message=message, error=error)
    assert claims.get(DATA) == who.data
    assert (DATA in claims) == (who.data is not None)
    assert claims["exp"] - claims["iat"] == 300
    assert None not in claims.values()
