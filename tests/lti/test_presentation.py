"""How a launch wants to be shown: language, target, and the way back (case list 2.8, LP-01 to LP-07)."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.identity.models import Grant
from lti_tool.launch.rules.urls import way_back
from tests.lti.world import ORIGIN, World, path_of

BACK = "https://lms.example/mod/lti/return.php?course=2&sesskey=a%2Bb#top"


def waiting(world: World, browser: FlaskClient, *, headers: dict[str, str] | None = None, **presentation: Any) -> str:
    """The page "not set up yet" of a launch with this presentation."""
    answer = world.forge(browser, launch_presentation=presentation)
    assert path_of(answer).startswith("/lti/waiting/")
    return browser.get(answer.headers["Location"], base_url=ORIGIN, headers=headers or {}).text


def language_of(page: str) -> str:
    found = re.search(r'<html lang="([^"]+)"', page)
    assert found is not None
    return found[1]


def way_of(page: str) -> str:
    """The address behind "back to your platform"; "" without one."""
    found = re.search(r'href="([^"]*)" target="_top"', page)
    return found[1].replace("&amp;", "&") if found else ""


@pytest.mark.parametrize(
    ("locale", "accepted", "language"),
    [
        ("zh-CN", "", "zh-CN"),
        ("zh_CN", "en", "zh-CN"),
        ("zh-Hans-CN", "en", "zh-CN"),
        ("en-US", "zh-CN", "en"),
        ("en_GB", "zh-CN", "en"),
        ("xx", "en-US,en;q=0.9", "en"),
        ("xx", "", "zh-CN"),
        (None, "en", "en"),
        (None, "fr", "zh-CN"),
        ("", "", "zh-CN"),
        (5, "en", "en"),
    ],
)
def test_LP_01_locale(world: World, browser: FlaskClient, locale: Any, accepted: str, language: str) -> None:
    shown = {} if locale is None else {"locale": locale}
    page = waiting(world, browser, headers={"Accept-Language": accepted} if accepted else {}, **shown)
    assert language_of(page) == language


@pytest.mark.parametrize("target", ["iframe", "window", "frame", None, "popup", 5])
def test_LP_02_document_target_is_for_the_layout_only(world: World, browser: FlaskClient, target: Any) -> None:
    activity = world.bound()
    shown = {"locale": "en"} | ({} if target is None else {"document_target": target})
    answer = world.forge(browser, launch_presentation=shown)
    assert path_of(answer) == f"/probe/{activity.id}"
    assert browser.get(answer.headers["Location"], base_url=ORIGIN).get_json()["role"] == "member"
    with world.runtime.database.reading() as session:
        stored = session.scalars(select(Grant.document_target).order_by(Grant.id.desc())).first()
    assert stored == (target if target in {"iframe", "window", "frame"} else "")


@pytest.mark.parametrize(("target", "scheme"), [("iframe", "light"), ("frame", "light"), ("window", "auto")])
def test_LP_02_own_windows_follow_the_persons_scheme(
    world: World, browser: FlaskClient, target: str, scheme: str
) -> None:
    assert f'data-scheme="{scheme}"' in waiting(world, browser, document_target=target)


def test_LP_03_way_back_keeps_its_query_and_says_what_happened(world: World, browser: FlaskClient) -> None:
    address = way_of(waiting(world, browser, return_url=BACK, locale="en"))
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://lms.example/mod/lti/return.php"
    assert parts.fragment == "top"
    said = parse_qs(parts.query)
    assert parts.query.startswith("course=2&sesskey=a%2Bb&")
    assert said["lti_msg"] == ["Not set up yet"]
    assert said["lti_log"][0].startswith("placement ")


def test_LP_03_refusal_after_verification_tells_the_lms(world: World, browser: FlaskClient) -> None:
    answer = world.forge(browser, sub=None, launch_presentation={"return_url": BACK, "locale": "zh-CN"})
    world.refused(answer, 403, "anonymous")
    said = parse_qs(urlsplit(way_of(answer.text)).query)
    assert said["course"] == ["2"]
    assert said["lti_errormsg"][0] in answer.text.replace("&#39;", "'")
    assert re.fullmatch(r"LTI-\S+ \S+", said["lti_errorlog"][0])


@pytest.mark.parametrize(
    ("url", "said", "expected"),
    [
        ("", {"message": "x"}, ""),
        ("https://l/?a=b", {}, "https://l/?a=b"),
        ("https://l/", {"message": "尚未 & ok"}, "https://l/?lti_msg=%E5%B0%9A%E6%9C%AA%20%26%20ok"),
        ("https://l/?a=b#c", {"message": "m", "log": "l"}, "https://l/?a=b&lti_msg=m&lti_log=l#c"),
        ("https://l/?a", {"message": "m", "log": "l", "is_error": True}, "https://l/?a&lti_errormsg=m&lti_errorlog=l"),
    ],
)
def test_LP_03_addresses(url: str, said: dict[str, Any], expected: str) -> None:
    assert way_back(url, **said) == expected


def test_LP_05_without_a_way_back_the_window_may_be_closed(world: World, browser: FlaskClient) -> None:
    page = waiting(world, browser, locale="en", document_target="window")
    assert way_of(page) == ""
    assert "You can close this tab and go on in your course." in page
    assert "data-close-tab hidden" in page
    with_way = waiting(world, world.browser(), locale="en", return_url=BACK)
    assert "You can close this tab" not in with_way


@pytest.mark.parametrize(
    "size", [{}, {"height": 300, "width": 200}, {"height": "x", "width": None}, {"height": -1, "width": 10**30}]
)
def test_LP_07_height_and_width_change_nothing(world: World, browser: FlaskClient, size: dict[str, Any]) -> None:
    page = waiting(world, browser, locale="en", **size)
    assert "Not set up yet" in page
    assert 'content="width=device-width' in page
