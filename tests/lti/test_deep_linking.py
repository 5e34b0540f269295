"""Deep linking (case list 2.9, as far as it is built), end to end with the demo LMS, and the pure response."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import jwt
import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.launch.rules.custom import HISTORY
from lti_tool.launch.rules.deep_link import Asked, Picked, content_item, response
from lti_tool.ledger.models import ActivityStatus
from tests.lms_client import CLAIM, DEEP_LINK_SETTINGS, form_of
from tests.lti.world import CLIENT_ID, LAUNCH, ORIGIN, World, csrf_of, path_of

ITEMS = "https://purl.imsglobal.org/spec/lti-dl/claim/content_items"
DATA = "https://purl.imsglobal.org/spec/lti-dl/claim/data"
WHEN = datetime(2026, 11, 20, 2, tzinfo=UTC)


def begin(world: World, browser: FlaskClient, person: str = "teacher", **changes: Any) -> TestResponse:
    """A deep linking launch whose claims may be changed."""
    auth = world.lms.begin_at(browser, person, course="course-1")
    if not changes:
        _, values = world.lms.authorize(auth.url)
        return world.post(browser, **values)
    claims = world.lms.claims_for(person, course="course-1", nonce=auth.nonce, **changes)
    return world.post(browser, auth.state, world.lms.sign(claims))


def settings(**changes: Any) -> dict[str, Any]:
    good = {
        "deep_link_return_url": "http://localhost:9/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
        "data": "opaque ü \u3000",
    } | changes
    return {DEEP_LINK_SETTINGS: {name: value for name, value in good.items() if value is not None}}


def pick(world: World, browser: FlaskClient, choice: str, activity_id: int) -> TestResponse:
    page = browser.get(choice, base_url=ORIGIN)
    form = {"activity_id": str(activity_id), "csrf_token": csrf_of(page)}
    return browser.post(choice.replace("choose", "chosen"), data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN)


def answer_of(page: TestResponse) -> dict[str, Any]:
    """The claims of the response in the form that carries it back."""
    _, values = form_of(page.get_data(as_text=True))
    claims: dict[str, Any] = jwt.decode(values["JWT"], options={"verify_signature": False})
    return claims


def test_DL_01_picked_activity_appears_in_the_course_with_its_own_column(world: World, browser: FlaskClient) -> None:
    # The LMS fetches our key set over HTTP; here it is handed the one that we publish.
    published = browser.get("/lti/jwks.json", base_url=ORIGIN).get_data()
    choice = path_of(begin(world, browser))
    activity = world.activity(title="Reading <sources>", maximum=12)
    page = pick(world, browser, choice, activity.id)
    assert page.status_code == 200
    address, values = form_of(page.get_data(as_text=True))
    assert address is not None
    assert world.lms.base_url in page.headers["Content-Security-Policy"].split("form-action")[1].split(";")[0]
    kid = jwt.get_unverified_header(values["JWT"])["kid"]
    keys = jwt.PyJWKSet.from_json(published.decode())
    claims = jwt.decode(values["JWT"], keys[kid], ["RS256"], audience=world.lms.base_url, issuer=CLIENT_ID,
                        options={"verify_exp": False, "verify_iat": False})  # fmt: skip
    (item,) = claims[ITEMS]
    assert item["lineItem"] == {"scoreMaximum": 12, "label": "Reading <sources>", "resourceId": activity.token}
    assert item["custom"] == {"activity": activity.token, **HISTORY}
    assert item["url"] == LAUNCH
    assert claims[CLAIM + "message_type"] == "LtiDeepLinkingResponse"
    assert (claims["exp"] - claims["iat"], claims[CLAIM + "deployment_id"]) == (300, "1")
    assert urlsplit(address).path.startswith("/lti/deep-link-return/")


@pytest.mark.parametrize("roles", [["Learner"], ["TeachingAssistant"], [], None])
def test_DL_02_and_03_only_instructors(world: World, browser: FlaskClient, roles: Any) -> None:
    world.refused(begin(world, browser, roles=roles), 403, "not_allowed")


def test_DL_04_nothing_of_ours_is_accepted(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser, **settings(accept_types=["file"])))
    page = browser.get(choice, base_url=ORIGIN)
    assert page.status_code == 200
    claims = answer_of(page)
    assert claims[ITEMS] == []
    assert "https://purl.imsglobal.org/spec/lti-dl/claim/msg" in claims


@pytest.mark.parametrize("name", ["accept_types", "accept_presentation_document_targets"])
def test_DL_05_required_settings(world: World, browser: FlaskClient, name: str) -> None:
    world.refused(begin(world, browser, **settings(**{name: None})), 400, "deep_linking")


@pytest.mark.parametrize("url", [None, "javascript:alert(1)", 'http://h/"><b x="', "ftp://h/", "//h/x", 5])
def test_DL_07_return_url(world: World, browser: FlaskClient, url: Any) -> None:
    world.refused(begin(world, browser, **settings(deep_link_return_url=url)), 400, "deep_linking")


def test_DL_09_no_column_where_none_is_accepted(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser, **settings(accept_lineitem=False)))
    page = pick(world, browser, choice, world.activity().id)
    assert "lineItem" not in answer_of(page)[ITEMS][0]


@pytest.mark.parametrize("data", ["opaque ü \u3000", "</form><script>", None])
def test_DL_11_and_12_data_goes_back_unchanged(world: World, browser: FlaskClient, data: str | None) -> None:
    choice = path_of(begin(world, browser, **settings(data=data)))
    claims = answer_of(pick(world, browser, choice, world.activity().id))
    assert claims.get(DATA) == data
    assert (DATA in claims) == (data is not None)


def test_DL_14_cancelled(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    assert answer_of(browser.get(f"{choice}/cancel", base_url=ORIGIN))[ITEMS] == []
    assert browser.get(choice, base_url=ORIGIN).status_code == 409


def test_DL_16_second_submit(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    form = {"activity_id": str(activity.id), "csrf_token": csrf_of(browser.get(choice, base_url=ORIGIN))}
    codes = [
        browser.post(
            choice.replace("choose", "chosen"), data=form, headers={"Origin": ORIGIN}, base_url=ORIGIN
        ).status_code
        for _ in range(2)
    ]
    assert codes == [200, 409]


def test_DL_24_created_link_leads_to_the_activity(world: World, browser: FlaskClient) -> None:
    choice = path_of(begin(world, browser))
    activity = world.activity()
    item = answer_of(pick(world, browser, choice, activity.id))[ITEMS][0]
    launched = world.forge(world.browser(), link="link-b", custom=item["custom"])
    assert path_of(launched) == f"/probe/{activity.id}"


def test_TO_18_published_keys_are_public_only(world: World, browser: FlaskClient) -> None:
    answer = browser.get("/lti/jwks.json", base_url=ORIGIN)
    assert answer.mimetype == "application/json"
    assert "max-age" in answer.headers["Cache-Control"]
    (key,) = answer.get_json()["keys"]
    assert set(key) == {"kty", "n", "e", "kid", "alg", "use"}


def test_activity_created_for_the_choice_is_published_and_bound(world: World, browser: FlaskClient) -> None:
    choice = path_of(world.launch(browser, "teacher"))
    activity = world.activity()
    with world.runtime.database.writing() as session:
        session.merge(activity).status = ActivityStatus.draft
    done = browser.get(f"{choice.replace('choose', 'chosen')}?activity={activity.id}", base_url=ORIGIN,
                       headers={"Sec-Fetch-Site": "same-origin"})  # fmt: skip
    assert path_of(done) == f"/probe/{activity.id}"
    member = world.browser()
    page = member.get(world.launch(member).headers["Location"], base_url=ORIGIN)
    assert page.get_json()["title"] == activity.title


def test_choice_page_lists_what_the_course_has(world: World, browser: FlaskClient) -> None:
    choice = path_of(world.launch(browser, "teacher"))
    world.activity(title="Reading <sources>")
    page = browser.get(choice, base_url=ORIGIN).get_data(as_text=True)
    assert "Reading &lt;sources&gt;" in page
    assert re.search(r'href="/probe/new/\d+"', page)


def asked(**changes: Any) -> Asked:
    values: dict[str, Any] = {
        "issuer": "https://lms", "client_id": "c", "deployment_id": "1", "return_url": "https://lms/r",
        "accepts_links": True, "targets": ("iframe",), "accepts_line_item": True, "data": None,
    } | changes  # fmt: skip
    return Asked(**values)


PICKED = Picked(1, "lesson", "A", "", "t" * 32, 10, None, None)


def test_DL_06_window_only() -> None:
    assert content_item(PICKED, asked(targets=("window",)), LAUNCH)["window"] == {"targetName": "_blank"}
    assert "window" not in content_item(PICKED, asked(targets=("iframe", "window")), LAUNCH)


def test_DL_19_and_20_windows_with_zone_and_no_nulls() -> None:
    item = content_item(Picked(1, "quiz", "A", "20 questions", "t" * 32, 10, WHEN, WHEN), asked(targets=()), LAUNCH)
    assert item["available"] == {"startDateTime": "2026-11-20T02:00:00Z"}
    assert item["submission"] == {"endDateTime": "2026-11-20T02:00:00Z"}
    bare = content_item(PICKED, asked(), LAUNCH)
    assert None not in bare.values()
    assert set(bare) == {"type", "title", "url", "custom", "lineItem"}


def test_response_names_the_deployment_and_leaves_absent_data_out() -> None:
    claims = response(asked(), [], nonce="n", now=WHEN)
    assert claims[CLAIM + "deployment_id"] == "1"
    assert DATA not in claims
    assert (claims["iss"], claims["aud"]) == ("c", "https://lms")
