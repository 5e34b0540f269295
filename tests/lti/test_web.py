"""The embedded web application, for the routes that exist (case list 2.17, WS-01 to WS-07)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Response
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_tool.core import security
from lti_tool.core.clock import FakeClock
from lti_tool.launch.models import DeepLinkRequest
from lti_tool.ledger.models import Placement
from tests.lti.linking import send
from tests.lti.world import ORIGIN, World, csrf_of, path_of

pytestmark = pytest.mark.shows("E-05")


def test_WS_01_session_cookie(world: World, browser: FlaskClient) -> None:
    world.bound()
    cookies = world.launch(browser).headers.getlist("Set-Cookie")
    cookie = next(each for each in cookies if each.startswith("__Host-dk="))
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned"):
        assert part in cookie
    assert "Domain" not in cookie
    value = cookie.split(";")[0].partition("=")[2]
    assert len(cookie) < 4096
    assert len(value) == 43  # 256 random bits and nothing else


def test_WS_02_what_changes_something_needs_token_and_origin(world: World, browser: FlaskClient) -> None:
    answer = world.launch(browser, "teacher")
    activity = world.activity()
    choose = answer.headers["Location"]
    chosen = choose.replace("choose", "chosen")
    token = csrf_of(browser.get(choose, base_url=ORIGIN))
    good = {"activity_id": str(activity.id), "csrf_token": token}
    for form, headers in (
        ({**good, "csrf_token": ""}, {"Origin": ORIGIN}),
        ({**good, "csrf_token": token[:-1] + "x"}, {"Origin": ORIGIN}),
        (good, {"Origin": "https://evil.example"}),
        (good, {"Origin": "null"}),
        (good, {"Origin": ORIGIN, "Sec-Fetch-Site": "cross-site"}),
    ):
        assert browser.post(chosen, data=form, headers=headers, base_url=ORIGIN).status_code == 403
    # The GET at the end of "create" is no way around it.
    by_link = browser.get(f"{chosen}?activity={activity.id}", base_url=ORIGIN, headers={"Sec-Fetch-Site": "cross-site"})
    assert by_link.status_code == 404
    assert browser.post(chosen, data=good, headers={"Origin": ORIGIN}, base_url=ORIGIN).status_code == 303


def test_WS_03_frames_and_policy(world: World, browser: FlaskClient) -> None:
    world.bound()
    landed = world.launch(browser)
    unset = browser.get(landed.headers["Location"], base_url=ORIGIN)
    outside = browser.get("/lti/launch", base_url=ORIGIN)
    for answer, ancestors in ((landed, world.lms.base_url), (unset, world.lms.base_url), (outside, "'none'")):
        policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
        assert policy["frame-ancestors"] == ancestors
        assert policy["object-src"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert "'nonce-" in policy["script-src"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "X-Frame-Options" not in answer.headers


def test_WS_03_pages_of_what_is_stored_are_framed_by_the_persons_own_lms_and_nobody_else(
    world: World, browser: FlaskClient
) -> None:
    """Decided: who is sent to these pages is in the LMS's frame, and a window of its own would have no session.

    What cannot be undone there is a wish that the operator carries out, or asks for a name to be typed.
    """
    world.bound()
    world.launch(browser)
    pages = [browser.get(path, base_url=ORIGIN) for path in ("/data", "/data/requests/999")]
    assert [each.status_code for each in pages] == [200, 404]
    for each in pages:
        assert f"frame-ancestors {world.lms.base_url};" in f"{each.headers['Content-Security-Policy']};"
    assert "frame-ancestors 'none'" in world.browser().get("/data", base_url=ORIGIN).headers["Content-Security-Policy"]


def test_WS_04_only_https_is_asked_for_where_the_tool_has_it(world: World) -> None:
    for https, expected in ((True, "max-age=31536000"), (False, None)):
        with world.app.test_request_context():
            answer = security.harden(Response(), https=https)
        assert answer.headers.get("Strict-Transport-Security") == expected


def test_WS_04_headers(world: World, browser: FlaskClient) -> None:
    for answer in (world.launch(browser, "teacher"), browser.get("/lti/launch", base_url=ORIGIN)):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] in {"no-referrer", "same-origin"}
        assert answer.headers["Cache-Control"] == "no-store"


def test_WS_05_another_person_in_the_same_browser(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    page = f"/probe/{activity.id}"
    world.launch(browser, "teacher")
    old_tab = csrf_of(browser.get("/privacy", base_url=ORIGIN))
    world.launch(browser, "member1")
    assert browser.get(page, base_url=ORIGIN).get_json()["role"] == "member"
    answer = browser.post(
        page, data={"csrf_token": old_tab, "body": "what I had typed"}, headers={"Origin": ORIGIN}, base_url=ORIGIN
    )
    assert answer.status_code == 409
    assert "what I had typed" in answer.get_data(as_text=True)
    assert "DK-409-SESSION" in answer.get_data(as_text=True)


def test_WS_05_old_tab_of_the_same_person_still_works(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    world.launch(browser, "teacher")
    old_tab = csrf_of(browser.get("/privacy", base_url=ORIGIN))
    world.launch(browser, "teacher")
    answer = browser.post(
        f"/probe/{activity.id}", data={"csrf_token": old_tab}, headers={"Origin": ORIGIN}, base_url=ORIGIN
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(("busy", "hours"), [(False, 1.01), (True, 12.01)])
def test_WS_05_idle_and_longest_session(
    world: World, browser: FlaskClient, clock: FakeClock, busy: bool, hours: float
) -> None:
    activity = world.bound()
    world.launch(browser)
    page, end = f"/probe/{activity.id}", clock.now() + timedelta(hours=hours)
    while busy and clock.now() + timedelta(minutes=50) < end:
        clock.advance(timedelta(minutes=50))
        assert browser.get(page, base_url=ORIGIN).status_code == 200
    clock.set(end)
    ended = browser.get(page, base_url=ORIGIN)
    assert ended.status_code == 404
    # The page that says what to do is seen in the frame where it happened; to a token that never was, nothing is told.
    assert "请回到课程里，再点开一次" in ended.get_data(as_text=True)
    assert f"frame-ancestors {world.lms.base_url};" in f"{ended.headers['Content-Security-Policy']};"
    stranger = world.browser()
    stranger.set_cookie("__Host-dk", "x" * 43, domain="127.0.0.1")
    assert "frame-ancestors 'none'" in stranger.get(page, base_url=ORIGIN).headers["Content-Security-Policy"]


def test_WS_05_who_signs_out_is_out_in_every_tab_and_nobody_else_is(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    page = f"/probe/{activity.id}"
    choice = path_of(world.launch(browser, "teacher", "link-b"))
    colleague, elsewhere = world.browser(), world.browser()
    world.launch(colleague, "member1")
    world.launch(elsewhere, "teacher")
    held = browser.get_cookie("__Host-dk", domain="127.0.0.1")
    assert held is not None
    before, shown = world.sessions(), browser.get("/privacy", base_url=ORIGIN)
    assert 'action="/leave"' in shown.get_data(as_text=True)
    form = {"csrf_token": csrf_of(shown)}
    assert (
        browser.post("/leave", data=form, headers={"Origin": "https://evil.example"}, base_url=ORIGIN).status_code
        == 403
    )
    left = browser.post("/leave", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    text = left.get_data(as_text=True)
    assert (left.status_code, "已经退出登录" in text, "王" in text) == (200, True, False)
    assert world.lms.base_url in left.headers["Content-Security-Policy"].split("frame-ancestors")[1]
    gone = next(each for each in left.headers.getlist("Set-Cookie") if each.startswith("__Host-dk="))
    for part in ("Max-Age=0", "Secure", "Path=/", "SameSite=None", "Partitioned"):
        assert part in gone
    assert world.sessions() == before - 1
    # The token is worth nothing any more, whoever has kept it.
    browser.set_cookie("__Host-dk", held.value, domain="127.0.0.1")
    assert [browser.get(each, base_url=ORIGIN).status_code for each in (page, choice)] == [404, 404]
    again = browser.post("/leave", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert "DK-409-ENDED" in again.get_data(as_text=True)
    assert [each.get(page, base_url=ORIGIN).status_code for each in (colleague, elsewhere)] == [200, 200]
    # The LMS opens another session.
    world.launch(browser, "teacher")
    assert browser.get(page, base_url=ORIGIN).status_code == 200


def test_WS_06_what_is_not_yours_is_404(world: World, browser: FlaskClient) -> None:
    first = world.bound()
    world.bound("link-c", "course-2", "teacher2")
    unset = world.launch(world.browser(), "teacher", "link-b")
    choice = path_of(unset)
    with world.runtime.database.reading() as session:
        link_b = session.scalar(select(Placement.id).where(Placement.resource_link_id == "link-b"))
    others = {"other course": ("teacher2", "link-c"), "member": ("member1", "link-a"), "colleague": ("both", "link-c")}
    for person, link in others.values():
        stranger = world.browser()
        world.launch(stranger, person, link)
        assert stranger.get(choice, base_url=ORIGIN).status_code == 404
        assert send(stranger, "/privacy", f"{choice}/cancel").status_code == 404
        chosen = choice.replace("choose", "chosen")
        assert stranger.get(f"{chosen}?activity={first.id}", base_url=ORIGIN).status_code == 404
        if link == "link-c":
            assert stranger.get(f"/probe/{first.id}", base_url=ORIGIN).status_code == 404
            assert stranger.get(f"/lti/waiting/{link_b}", base_url=ORIGIN).status_code == 404
    assert browser.get(choice, base_url=ORIGIN).status_code == 404
    assert browser.get("/lti/choose/1", base_url=ORIGIN).status_code == 404
    with world.runtime.database.reading() as session:
        assert session.scalar(
            select(func.count()).select_from(DeepLinkRequest).where(DeepLinkRequest.used_at.is_(None))
        ) == 1  # fmt: skip


@pytest.mark.parametrize(
    "extra", [{"role": "instructor"}, {"roles": "Instructor"}, {"gradable": "1", "context_id": "1"}]
)
def test_WS_07_roles_from_the_browser_mean_nothing(world: World, browser: FlaskClient, extra: dict[str, Any]) -> None:
    activity = world.bound()
    auth = world.begin(browser)
    _, values = world.lms.authorize(auth.url)
    assert world.post(browser, **values, **extra).status_code == 303
    answer = browser.get(f"/probe/{activity.id}", query_string=extra, base_url=ORIGIN)
    assert answer.get_json()["role"] == "member"
    form = {"csrf_token": csrf_of(browser.get("/privacy", base_url=ORIGIN)), **extra}
    saved = browser.post(f"/probe/{activity.id}", data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert saved.status_code == 404
