"""State and nonce (case list 2.2; SN-09 is platform storage)."""

import json
import re
import threading
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from lti_tool.core import logs
from lti_tool.core.clock import FakeClock
from lti_tool.core.database import Database
from lti_tool.launch.browser import MOST, PREFIX
from tests.lms_client import AuthRequest, form_of
from tests.lti.test_login import add_registration
from tests.lti.world import CLIENT_ID, ORIGIN, World, path_of

pytestmark = pytest.mark.shows("E-02")


def values_of(world: World, auth: AuthRequest) -> dict[str, str]:
    return world.lms.authorize(auth.url)[1]


def cookie_names(browser: FlaskClient) -> set[str]:
    return {cookie.key for cookie in (browser._cookies or {}).values()}


def test_SN_01_valid_state_opens_a_session_and_rotates_its_token(world: World, browser: FlaskClient) -> None:
    world.bound()
    first = world.launch(browser)
    assert first.status_code == 303
    token = browser.get_cookie("__Host-dk", domain="127.0.0.1")
    assert token is not None
    assert world.launch(browser).status_code == 303
    again = browser.get_cookie("__Host-dk", domain="127.0.0.1")
    assert again is not None
    assert again.value != token.value
    assert not [name for name in cookie_names(browser) if name.startswith(PREFIX)]
    old = world.browser()
    old.set_cookie("__Host-dk", token.value, domain="127.0.0.1")
    assert old.get(first.headers["Location"], base_url=ORIGIN).status_code == 404


@pytest.mark.shows("F-01")
def test_SN_02_the_same_post_again(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    world.bound()
    values = values_of(world, world.begin(browser))
    assert world.post(browser, values["state"], values["id_token"]).status_code == 303
    before = world.sessions()
    for _ in range(2):
        again = world.post(browser, values["state"], values["id_token"])
        world.refused(again, 409, "state_used")
        assert f"{world.lms.base_url}/courses/" in again.get_data(as_text=True)  # the way back to the course
        clock.advance(timedelta(hours=2))  # the second time the token has run out as well
    assert world.sessions() == before


@pytest.mark.shows("F-01")
def test_SN_03_old_token_with_a_fresh_state(world: World, browser: FlaskClient) -> None:
    world.bound()
    old = values_of(world, world.begin(browser))
    world.post(browser, old["state"], old["id_token"])
    fresh = world.begin(browser)
    world.refused(world.post(browser, fresh.state, old["id_token"]), 403, "nonce_mismatch")


@pytest.mark.parametrize("state", [None, "", "A" * 43, "x" * 5000, "state with blanks, 日本 and more ..."])
def test_SN_04_state_that_we_never_made(world: World, browser: FlaskClient, state: str | None) -> None:
    token = world.lms.sign(world.lms.claims_for("member1", "link-a", nonce="n" * 43))
    answer = world.post(browser, state, token)
    world.refused(answer, *((403, "state_unknown") if state else (400, "state_missing")))


def test_SN_05_state_past_its_ten_minutes(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    auth = world.begin(browser)
    clock.advance(timedelta(minutes=10, seconds=1))
    values = values_of(world, auth)
    world.refused(world.post(browser, values["state"], values["id_token"]), 403, "state_expired")


@pytest.mark.parametrize("has_own", [False, True])
def test_SN_06_state_of_another_browser(world: World, browser: FlaskClient, has_own: bool) -> None:
    attackers = values_of(world, world.begin(browser))
    victim = world.browser()
    if has_own:
        world.begin(victim)
    world.refused(world.post(victim, attackers["state"], attackers["id_token"]), 403, "state_browser_mismatch")
    assert world.sessions() == 0


def test_SN_06_cookie_of_the_right_name_with_another_secret(world: World, browser: FlaskClient) -> None:
    """Names of state cookies can be reckoned from the state; what proves the browser is the value."""
    attackers = values_of(world, world.begin(browser))
    victim = world.browser()
    (name,) = [name for name in cookie_names(browser) if name.startswith(PREFIX)]
    right = browser.get_cookie(name, domain="127.0.0.1")
    assert right is not None
    for forged in ("x" * len(right.value), right.value[:-1], right.value.swapcase()):
        victim.set_cookie(name, forged, domain="127.0.0.1")
        world.refused(world.post(victim, attackers["state"], attackers["id_token"]), 403, "state_browser_mismatch")
    assert world.sessions() == 0


@pytest.mark.shows("F-01")
def test_SN_07_token_of_another_registration(world: World, browser: FlaskClient) -> None:
    add_registration(world, client_id="second", deployment_ids=("1",))
    auth = world.begin(browser)
    claims = world.lms.claims_for("member1", "link-a", nonce=auth.nonce, aud="second", azp="second")
    answer = world.post(browser, auth.state, world.lms.sign(claims))
    world.refused(answer, 403, "state_registration_mismatch")


@pytest.mark.shows("F-01")
def test_SN_07_and_TK_18_well_signed_token_of_another_lms_that_is_registered_here(
    world: World, browser: FlaskClient
) -> None:
    """The mix-up: Y is a good LMS of its own, with the same client id and deployment; X began the login."""
    add_registration(world, issuer="https://y.example", client_id=CLIENT_ID, deployment_ids=("1",))
    auth = world.begin(browser)
    claims = world.lms.claims_for("member1", "link-a", nonce=auth.nonce, iss="https://y.example")
    answer = world.post(browser, auth.state, world.lms.sign(claims))
    world.refused(answer, 403, "state_registration_mismatch")
    assert world.sessions() == 0
    # The login of X is not used up by it.
    assert world.post(browser, auth.state, world.lms.sign(world.claims(auth.nonce))).status_code == 303


def test_SN_08_token_without_a_nonce(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, nonce=None), 400, "nonce_missing")


@pytest.mark.shows("E-06")
def test_SN_10_cookie_did_not_come_back(world: World, browser: FlaskClient, capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("INFO")
    form = world.lms.login_form("member1", "link-a")
    probe = browser.post("/lti/login", data=form, base_url=ORIGIN).headers["Location"]
    no_cookies = world.app.test_client(use_cookies=False)
    page = no_cookies.get(probe, base_url=ORIGIN)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert 'target="_blank"' in text
    assert world.lms.base_url in page.headers["Content-Security-Policy"].split("frame-ancestors")[1]
    assert "member1" not in probe
    assert "cookie_blocked" in [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()]
    action, fields = form_of(text)
    assert action == "/lti/login"
    assert {name: value for name, value in fields.items() if name in form} == form  # original, unused
    # In the window of its own the cookie is kept, and the launch goes through.
    window = world.browser()
    again = window.post("/lti/login", data=fields, base_url=ORIGIN)
    onward = window.get(again.headers["Location"], base_url=ORIGIN)
    values = values_of(world, AuthRequest.parse(onward.headers["Location"]))
    assert world.post(window, values["state"], values["id_token"]).status_code == 303
    # Where even that window keeps no cookie, the page says so instead of going round in a circle.
    lost = no_cookies.post("/lti/login", data=fields, base_url=ORIGIN)
    world.refused(no_cookies.get(lost.headers["Location"], base_url=ORIGIN), 400, "cookies_off")


@pytest.mark.shows("E-06")
def test_SN_10_launch_without_cookie_never_begins_a_login_again(world: World, browser: FlaskClient) -> None:
    values = values_of(world, world.begin(browser))
    answer = world.post(world.app.test_client(use_cookies=False), values["state"], values["id_token"])
    world.refused(answer, 403, "state_browser_mismatch")
    assert "/lti/login" not in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("code", "logged"),
    [(code, code) for code in (
        "login_required", "unauthorized_client", "invalid_request_object", "launch_no_longer_valid", "invalid_request",
        "invalid_scope", "unsupported_response_type", "access_denied",
    )] + [("<script>", "other"), ("", "other"), ("login_required\n", "other"), ("x" * 5000, "other")],
)  # fmt: skip
def test_SN_11_error_answer_of_the_platform(
    world: World, browser: FlaskClient, code: str, logged: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    auth = world.begin(browser)
    form = {"error": code, "error_description": "<script>alert(1)</script>", "state": auth.state}
    answer = browser.post("/lti/launch", data=form, base_url=ORIGIN)
    world.refused(answer, 403, "oidc_error")
    assert "alert(1)" not in answer.get_data(as_text=True)
    assert "请重新登录学校平台" in answer.get_data(as_text=True)
    err = capsys.readouterr().err
    (line,) = [json.loads(line) for line in err.splitlines() if "launch_refused" in line]
    assert (line["reason"], line["oidc_error"]) == ("oidc_error", logged)
    assert (line["iss"], line["client_id"]) == (world.lms.base_url, CLIENT_ID)
    # It is seen where it happens: in the frame of the LMS that began this login.
    assert f"frame-ancestors {world.lms.base_url}" in answer.headers["Content-Security-Policy"]
    assert "alert(1)" not in err
    values = values_of(world, auth)
    world.refused(world.post(browser, values["state"], values["id_token"]), 409, "state_used")


def test_SN_04_refusals_before_a_token_is_read_show_in_the_frame_of_the_lms_whose_login_it_was(
    world: World, browser: FlaskClient
) -> None:
    """Without it the browser shows an empty frame, and the sentence that says what to do is seen by nobody."""
    auth = world.begin(browser)
    for state, id_token, reason, ancestors in (
        (auth.state, "no.token", "malformed", world.lms.base_url),
        (auth.state, None, "token_missing", world.lms.base_url),
        ("A" * 43, None, "token_missing", "'none'"),
        ("too short", "no.token", "state_unknown", "'none'"),
    ):
        answer = world.post(browser, state, id_token)
        assert world.reasons()[-1] == reason
        assert f"frame-ancestors {ancestors};" in f"{answer.headers['Content-Security-Policy']};"
    values = values_of(world, auth)
    assert world.post(browser, values["state"], values["id_token"]).status_code == 303  # nothing of it used it up


def test_SN_12_get_on_the_launch_address_explains(world: World, browser: FlaskClient) -> None:
    answer = browser.get("/lti/launch", base_url=ORIGIN)
    assert answer.status_code == 200
    assert "从课程里打开" in answer.get_data(as_text=True)


def test_SN_13_exactly_one_of_two_posts_at_once_wins(world: World, browser: FlaskClient) -> None:
    world.bound()
    before = world.sessions()
    values = values_of(world, world.begin(browser))
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in (browser._cookies or {}).values())
    start, answers = threading.Barrier(2), list[TestResponse]()

    def post() -> None:
        mine = world.app.test_client(use_cookies=False)
        start.wait()
        answers.append(
            mine.post("/lti/launch", data=values, base_url=ORIGIN, headers={"Cookie": cookies})
        )  # fmt: skip

    threads = [threading.Thread(target=post) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [303, 409]
    assert world.sessions() == before + 1


def test_SN_14_database_down(world: World, browser: FlaskClient) -> None:
    values = values_of(world, world.begin(browser))
    good, gone = world.runtime.database, Database("postgresql+psycopg://nobody@127.0.0.1:1/none")
    world.runtime.database = gone
    try:
        answer = world.post(browser, values["state"], values["id_token"])
        login = world.browser().post("/lti/login", data=world.lms.login_form("member1", "link-a"), base_url=ORIGIN)
    finally:
        world.runtime.database = good
        gone.dispose()
    assert (answer.status_code, login.status_code) == (503, 503)
    for page in (answer.get_data(as_text=True), login.get_data(as_text=True)):
        assert "nobody@" not in page
        assert "Traceback" not in page
    assert "Set-Cookie" not in answer.headers
    assert world.sessions() == 0


def test_at_most_twenty_state_cookies_and_the_oldest_go(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    first = world.begin(browser, "member1")
    for number in range(MOST + 3):
        clock.advance(timedelta(seconds=20 if number else 1))
        world.begin(browser, ("member2", "member3")[number % 2])
    assert len([name for name in cookie_names(browser) if name.startswith(PREFIX)]) <= MOST
    values = values_of(world, first)
    world.refused(world.post(browser, values["state"], values["id_token"]), 403, "state_browser_mismatch")


def test_state_cookie_is_host_only_partitioned_and_short(world: World, browser: FlaskClient) -> None:
    form = world.lms.login_form("member1", "link-a")
    cookie = browser.post("/lti/login", data=form, base_url=ORIGIN).headers["Set-Cookie"]
    assert cookie.startswith(PREFIX)
    for part in ("Secure", "HttpOnly", "Path=/", "SameSite=None", "Partitioned", "Max-Age=600"):
        assert part in cookie
    assert "Domain" not in cookie


def test_probe_does_not_show_a_login_that_was_used(world: World, browser: FlaskClient) -> None:
    form = world.lms.login_form("member1", "link-a", client_id=CLIENT_ID)
    answer = browser.post("/lti/login", data=form, base_url=ORIGIN)
    probe = answer.headers["Location"]
    assert path_of(answer) == "/lti/login/check"
    onward = browser.get(probe, base_url=ORIGIN).headers["Location"]
    values = values_of(world, AuthRequest.parse(onward))
    world.post(browser, values["state"], values["id_token"])
    used = browser.get(probe, base_url=ORIGIN)
    world.refused(used, 409, "state_used")
    assert not re.search("member1", used.get_data(as_text=True))
