"""Deep linking (case list 2.9), end to end with the demo LMS, and the pure response."""

import dataclasses
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.launch.rules.custom import HISTORY
from lti_tool.launch.rules.dates import DATES
from lti_tool.launch.rules.deep_link import Picked, content_items, response
from lti_tool.ledger.models import Activity, ActivityStatus
from tests.lms_client import CLAIM, form_of
from tests.lti.linking import (
    DATA,
    ERROR,
    ERROR_LOG,
    ITEMS,
    MESSAGE,
    PICKED,
    answer_of,
    asked,
    asks,
    begin,
    cancel,
    items_of,
    pick,
    send,
    settings,
)
from tests.lti.world import CLIENT_ID, LAUNCH, ORIGIN, World, csrf_of, path_of

WHEN = datetime(2026, 11, 20, 2, tzinfo=UTC)
OPEN = f"{ORIGIN}/lti/open/"


def item(picked: Picked = PICKED, **changes: Any) -> dict[str, Any]:
    (only,) = content_items([picked], asked(**changes), launch_url=LAUNCH, open_url=OPEN)
    return only


@pytest.mark.once
def test_DL_10_column_says_behind_which_scores_there_is_work_to_look_at() -> None:
    assert item()["lineItem"]["submissionReview"] == {
        "reviewableStatus": ["InProgress", "Submitted", "Completed"], "url": LAUNCH,
    }  # fmt: skip


@pytest.mark.once
def test_DL_04_no_item_where_nothing_of_ours_is_accepted() -> None:
    found = content_items([PICKED], asked(accept_types=("file",)), launch_url=LAUNCH, open_url=OPEN)
    assert found == []


@pytest.mark.once
def test_DL_18_fragment_of_an_activity_without_title_shows_its_address() -> None:
    nameless = dataclasses.replace(PICKED, title="")
    address = OPEN + PICKED.token
    assert f">{address}</a>" in item(nameless, accept_types=("html",))["html"]
    assert ">A</a>" in item(accept_types=("html",))["html"]


def test_DL_01_picked_activity_appears_in_the_course_with_its_own_column(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity(title="Reading <sources>", maximum=12)
    page = pick(browser, choice, activity.id)
    assert page.status_code == 200
    address, values = form_of(page.get_data(as_text=True))
    assert set(values) == {"JWT"}
    assert urlsplit(address or "").path.startswith("/lti/deep-link-return/")
    (only,) = items_of(page)
    assert only["type"] == "ltiResourceLink"
    assert only["title"] == "Reading <sources>"


@pytest.mark.parametrize("roles", [["Learner"], ["TeachingAssistant"]])
def test_DL_02_who_does_not_teach_is_refused(world: World, browser: FlaskClient, roles: Any) -> None:
    world.refused(begin(world, browser, roles=roles), 403, "not_allowed")


@pytest.mark.parametrize("roles", [[], None])
def test_DL_03_without_roles_there_are_no_rights(world: World, browser: FlaskClient, roles: Any) -> None:
    world.refused(begin(world, browser, roles=roles), 403, "not_allowed")


@pytest.mark.parametrize("types", [["file"], ["image", "file"], [], ["LTIRESOURCELINK"]])
def test_DL_04_nothing_of_ours_is_accepted(world: World, browser: FlaskClient, types: list[str]) -> None:
    choice = asks(world, browser, accept_types=types)
    page = browser.get(choice, base_url=ORIGIN)
    assert page.status_code == 200
    assert "activity_id" not in page.get_data(as_text=True)
    claims = answer_of(cancel(browser, choice))
    assert claims[ITEMS] == []
    assert claims[MESSAGE]
    assert "accept_types" in claims[ERROR_LOG]


@pytest.mark.parametrize("types", [["link", "html"], ["file", "link"], ["link", "image"]])
def test_DL_04_place_that_takes_links_gets_one_that_opens(world: World, browser: FlaskClient, types: list[str]) -> None:
    choice = asks(world, browser, accept_types=types, accept_presentation_document_targets=["iframe", "window"])
    activity = world.activity(title="Reading <sources>")
    (only,) = items_of(pick(browser, choice, activity.id))
    assert only == {
        "type": "link",
        "title": "Reading <sources>",
        "url": f"{ORIGIN}/lti/open/{activity.token}",
        "window": {"targetName": "_blank"},
    }
    assert path_of(browser.get(only["url"])) == f"/probe/{activity.id}"


@pytest.mark.parametrize("name", ["accept_types", "accept_presentation_document_targets"])
def test_DL_05_required_settings(world: World, browser: FlaskClient, name: str) -> None:
    world.refused(begin(world, browser, **settings(**{name: None})), 400, "deep_linking")


@pytest.mark.parametrize(
    ("targets", "window"),
    [
        (["window"], {"targetName": "_blank"}),
        (["iframe", "window"], None),
        (["iframe"], None),
        (["frame", "overlay"], None),
        ([], None),
    ],
)
def test_DL_06_window_where_no_frame_is_accepted(
    world: World, browser: FlaskClient, targets: list[str], window: Any
) -> None:
    choice = asks(world, browser, accept_presentation_document_targets=targets)
    (only,) = items_of(pick(browser, choice, world.activity().id))
    assert only.get("window") == window
    assert "iframe" not in only


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", 'http://h/"><b x="', "ftp://h/", "//h/x", "", 5])
def test_DL_07_return_url(world: World, browser: FlaskClient, url: Any) -> None:
    world.refused(begin(world, browser, **settings(deep_link_return_url=url)), 400, "deep_linking")


def test_DL_07_form_may_be_sent_to_the_return_url_and_nowhere_else(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, deep_link_return_url="https://lms.example:8443/r?a=1&b='2'")
    page = pick(browser, choice, world.activity().id)
    policy = page.headers["Content-Security-Policy"].split("form-action")[1].split(";")[0].split()
    assert [each for each in policy if each != "'self'"] == ["https://lms.example:8443"]
    assert 'action="https://lms.example:8443/r?a=1&amp;b=&#39;2&#39;"' in page.get_data(as_text=True)


@pytest.mark.parametrize("value", [False, None, "false", "yes", 1, "False"])
def test_DL_08_only_one_where_several_are_not_accepted(world: World, browser: FlaskClient, value: Any) -> None:
    choice = asks(world, browser, accept_multiple=value)
    ids = [world.activity(title=f"Part {number}").id for number in (1, 2)]
    assert 'type="checkbox"' not in browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert pick(browser, choice, *ids).status_code == 400
    assert len(items_of(pick(browser, choice, ids[1]))) == 1


@pytest.mark.parametrize("value", [True, "true"])
def test_DL_08_several_in_the_order_of_the_course(world: World, browser: FlaskClient, value: Any) -> None:
    choice = asks(world, browser, accept_multiple=value)
    activities = [world.activity(title=f"Part {number}", maximum=number) for number in (1, 2, 3)]
    assert 'type="checkbox"' in browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert pick(browser, choice).status_code == 400
    items = items_of(pick(browser, choice, activities[2].id, activities[0].id, activities[2].id))
    assert [each["title"] for each in items] == ["Part 1", "Part 3"]
    assert [each["lineItem"]["scoreMaximum"] for each in items] == [1, 3]


def test_DL_08_too_many_at_once_are_refused_and_none_is_published(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    ids = [world.activity(title=f"Part {number}").id for number in range(51)]
    assert pick(browser, choice, *ids).status_code == 400
    assert len(items_of(pick(browser, choice, *ids[:50]))) == 50


@pytest.mark.parametrize(
    ("value", "is_there"), [(False, False), ("false", False), (None, True), (True, True), ("true", True)]
)
def test_DL_09_column_unless_none_is_accepted(world: World, browser: FlaskClient, value: Any, is_there: bool) -> None:
    choice = asks(world, browser, accept_lineitem=value)
    (only,) = items_of(pick(browser, choice, world.activity().id))
    assert ("lineItem" in only) == is_there


def test_DL_10_line_item(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_multiple=True)
    first, second = world.activity(title="Reading <sources>", maximum=12), world.activity(title="Notes")
    items = items_of(pick(browser, choice, first.id, second.id))
    columns = [dict(each["lineItem"]) for each in items]
    assert [each.pop("submissionReview")["url"] for each in columns] == [LAUNCH, LAUNCH]
    assert columns == [
        {"scoreMaximum": 12, "label": "Reading <sources>", "resourceId": first.token, "tag": "probe"},
        {"scoreMaximum": 100, "label": "Notes", "resourceId": second.token, "tag": "probe"},
    ]


def test_SR_05_column_says_what_can_be_reviewed(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser)
    (item,) = items_of(pick(browser, choice, world.activity().id))
    assert item["lineItem"]["submissionReview"] == {
        "reviewableStatus": ["InProgress", "Submitted", "Completed"],
        "url": LAUNCH,
    }


@pytest.mark.parametrize("data", ["opaque ü \u3000", "</form><script>", " " * 4096, "党" * 4096, "", "null"])
def test_DL_11_data_goes_back_unchanged(world: World, browser: FlaskClient, data: str) -> None:
    choice = asks(world, browser, data=data)
    assert answer_of(pick(browser, choice, world.activity().id))[DATA] == data


def test_DL_12_absent_data_stays_absent(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, data=None)
    assert DATA not in answer_of(pick(browser, choice, world.activity().id))
    assert DATA not in response(asked(), [], nonce="n", now=WHEN)


def test_DL_13_response_as_the_specification_has_it(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    published = browser.get("/lti/jwks.json", base_url=ORIGIN).get_data()
    found, nonces = dict[str, Any](), set[str]()
    for _ in range(2):
        choice = path_of(begin(world, browser))
        _, values = form_of(pick(browser, choice, world.activity().id).get_data(as_text=True))
        header = jwt.get_unverified_header(values["JWT"])
        assert header["alg"] == "RS256"
        keys = jwt.PyJWKSet.from_json(published.decode())
        found = jwt.decode(values["JWT"], keys[header["kid"]], ["RS256"], audience=world.lms.base_url,
                           issuer=CLIENT_ID, options={"verify_exp": False, "verify_iat": False})  # fmt: skip
        nonces.add(found["nonce"])
    assert len(nonces) == 2
    assert set(found) == {
        "iss", "aud", "iat", "exp", "nonce", CLAIM + "message_type", CLAIM + "version", CLAIM + "deployment_id",
        ITEMS, DATA,
    }  # fmt: skip
    assert (found["iat"], found["exp"]) == (int(clock.now().timestamp()), int(clock.now().timestamp()) + 300)
    assert found[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert (found[CLAIM + "version"], found[CLAIM + "deployment_id"]) == ("1.3.0", "1")


def test_DL_14_cancelled(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    claims = answer_of(cancel(browser, choice))
    assert claims[ITEMS] == []
    assert claims[MESSAGE]
    assert ERROR not in claims
    assert browser.get(choice, base_url=ORIGIN).status_code == 409


def test_DL_15_signed_when_it_is_sent_however_long_it_took(
    world: World, browser: FlaskClient, clock: FakeClock
) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    page = browser.get(choice, base_url=ORIGIN)
    (awake,) = re.findall(r'data-awake="([^"]+)"', page.get_data(as_text=True))
    for _ in range(36):
        clock.advance(timedelta(minutes=5))
        assert browser.get(awake, base_url=ORIGIN).status_code == 204
    claims = answer_of(pick(browser, choice, activity.id))
    assert claims["iat"] == int(clock.now().timestamp())
    assert claims["exp"] == claims["iat"] + 300


def test_DL_15_choice_that_ran_out_is_told_to_the_lms(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    token = csrf_of(browser.get(choice, base_url=ORIGIN))
    for _ in range(10):
        clock.advance(timedelta(minutes=50))
        browser.get(f"/probe/{activity.id}", base_url=ORIGIN)
    page = browser.get(choice, base_url=ORIGIN)
    assert page.status_code == 409
    assert f'action="{choice}/cancel"' in page.get_data(as_text=True)
    form = {"csrf_token": token, "activity_id": str(activity.id)}
    late = browser.post(choice.replace("choose", "chosen"), data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert late.status_code == 409
    claims = answer_of(cancel(browser, choice))
    assert claims[ITEMS] == []
    assert claims[ERROR]
    assert "DK-409-CHOICE" in claims[ERROR_LOG]
    assert cancel(browser, choice).status_code == 409


def test_DL_16_second_submit(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    form = {"activity_id": str(activity.id), "csrf_token": csrf_of(browser.get(choice, base_url=ORIGIN))}
    first, second = [
        browser.post(choice.replace("choose", "chosen"), data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
        for _ in range(2)
    ]
    assert (first.status_code, second.status_code) == (200, 409)
    assert "JWT" not in second.get_data(as_text=True)
    assert "已经选过了" in second.get_data(as_text=True)
    assert browser.get(choice, base_url=ORIGIN).status_code == 409  # "back" shows the same
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Activity.id)).all() == [activity.id]


def test_DL_17_address_is_ours_and_the_lesson_travels_in_custom(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity(title="<b>Bold</b>", summary="20 <i>questions</i>")
    (only,) = items_of(pick(browser, choice, activity.id))
    assert only["url"] == LAUNCH
    assert only["custom"] == {"activity": activity.token, **HISTORY, **DATES}
    assert (only["title"], only["text"]) == ("<b>Bold</b>", "20 <i>questions</i>")
    assert "icon" not in only


def test_DL_17_moodle_is_asked_for_the_variable_only_that_it_fills_in() -> None:
    assert item(family="moodle")["custom"] == {
        "activity": PICKED.token, "context_id_history": "$Context.id.history",
    }  # fmt: skip


def test_DL_18_fragment_is_one_escaped_link(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, accept_types=["html", "file"])
    activity = world.activity(title='<script>x</script>"&')
    (only,) = items_of(pick(browser, choice, activity.id))
    assert only == {
        "type": "html",
        "title": '<script>x</script>"&',
        "html": f'<p><a href="{OPEN}{activity.token}" target="_blank" rel="noopener">'
        "&lt;script&gt;x&lt;/script&gt;&quot;&amp;</a></p>",
    }


def test_DL_19_windows_with_their_zone(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity(opens_at=WHEN, due_at=WHEN + timedelta(days=3), closes_at=WHEN + timedelta(days=7))
    (only,) = items_of(pick(browser, choice, activity.id))
    assert only["available"] == {"startDateTime": "2026-11-20T02:00:00Z"}
    assert only["submission"] == {"startDateTime": "2026-11-20T02:00:00Z", "endDateTime": "2026-11-27T02:00:00Z"}


def test_DL_19_due_date_after_which_one_may_be_late_closes_nothing(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    (only,) = items_of(pick(browser, choice, world.activity(due_at=WHEN).id))
    assert "available" not in only
    assert "submission" not in only


def test_DL_20_members_without_a_value_are_left_out() -> None:
    bare = item(Picked(1, "lesson", "", "", "t" * 32, 10, None, None))
    assert set(bare) == {"type", "url", "custom", "lineItem"}
    for types in (("ltiResourceLink",), ("link",), ("html",)):
        found = item(accept_types=types)
        assert found["type"] == types[0]
        assert None not in found.values()
        assert "" not in found.values()


def empty_members(value: Any, path: str = "") -> list[str]:
    """Where something stands that says nothing: null, no text, no members."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = [each for name, inner in inside for each in empty_members(inner, f"{path}/{name}")]
    return [*found, path] if value is None or value in ("", {}, []) else found


@pytest.mark.parametrize(
    ("accepts", "members"),
    [
        ({"accept_types": ["ltiResourceLink"]}, {"type", "url", "custom", "lineItem"}),
        ({"accept_types": ["ltiResourceLink"], "accept_lineitem": False}, {"type", "url", "custom"}),
        ({"accept_types": ["link"]}, {"type", "url"}),
        ({"accept_types": ["html"]}, {"type", "html"}),
    ],
    ids=["launch with column", "launch", "link", "html"],
)
@pytest.mark.parametrize("title", ["", "Reading sources"])
def test_DL_20_signed_answer_has_no_null_and_nothing_empty_whatever_the_activity_lacks(
    world: World, browser: FlaskClient, accepts: dict[str, Any], members: set[str], title: str
) -> None:
    choice = asks(world, browser, data=None, **accepts)
    activity = world.activity(title=title, summary="", opens_at=None, closes_at=None)
    claims = answer_of(pick(browser, choice, activity.id))
    assert empty_members(claims) == []
    (only,) = claims[ITEMS]
    assert set(only) == members | ({"title"} if title else set())
    assert only.get("custom", {"activity": activity.token})["activity"] == activity.token
    assert DATA not in claims
    assert MESSAGE not in claims


def test_DL_21_answer_cannot_break_out_of_its_form(world: World, browser: FlaskClient) -> None:
    choice = asks(world, browser, data='"></form><script>alert(1)</script>')
    page = pick(browser, choice, world.activity(title="</form>").id).get_data(as_text=True)
    assert len(re.findall(r'<input type="hidden" name="JWT" value="[\w.-]+">', page)) == 1
    assert "alert(1)" not in page
    form = page[page.index("<form") : page.index("</form>")]
    assert "<button" in form


def test_DL_22_choice_of_somebody_else_or_after_the_session(
    world: World, browser: FlaskClient, clock: FakeClock
) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    token = csrf_of(browser.get(choice, base_url=ORIGIN))
    stranger = world.browser()
    world.launch(stranger, "member1", "link-a")
    assert stranger.get(choice, base_url=ORIGIN).status_code == 404
    assert send(stranger, "/privacy", choice.replace("choose", "chosen"), activity_id=activity.id).status_code == 404
    assert send(stranger, "/privacy", f"{choice}/cancel").status_code == 404
    clock.advance(timedelta(minutes=61))
    assert browser.get(choice, base_url=ORIGIN).status_code == 404
    form = {"activity_id": str(activity.id), "csrf_token": token}
    late = browser.post(choice.replace("choose", "chosen"), data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)
    assert late.status_code == 409
    assert "JWT" not in late.get_data(as_text=True)


@pytest.mark.parametrize(("value", "asks_again"), [(True, False), ("true", False), (False, True), (None, True)])
def test_DL_23_auto_create_changes_words_only(world: World, browser: FlaskClient, value: Any, asks_again: bool) -> None:
    choice = asks(world, browser, auto_create=value)
    activity = world.activity()
    page = browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert ("请在那里保存" in page) == asks_again
    sent = pick(browser, choice, activity.id)
    assert "data-submits" in sent.get_data(as_text=True)
    assert len(items_of(sent)) == 1


def test_DL_23_what_was_created_for_one_place_goes_back_without_another_page(
    world: World, browser: FlaskClient
) -> None:
    choice = asks(world, browser, auto_create=True)
    activity = world.activity()
    with world.runtime.database.writing() as session:
        session.merge(activity).status = ActivityStatus.draft
    done = browser.get(f"{choice.replace('choose', 'chosen')}?activity={activity.id}", base_url=ORIGIN,
                       headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
    assert len(items_of(done)) == 1


def test_DL_24_created_link_leads_to_the_activity(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    (only,) = items_of(pick(browser, choice, activity.id))
    launched = world.forge(world.browser(), link="link-b", custom=only["custom"])
    assert path_of(launched) == f"/probe/{activity.id}"


def test_TO_18_published_keys_are_public_only(world: World, browser: FlaskClient) -> None:
    answer = browser.get("/lti/jwks.json", base_url=ORIGIN)
    assert answer.mimetype == "application/json"
    assert "max-age" in answer.headers["Cache-Control"]
    (key,) = answer.get_json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}
