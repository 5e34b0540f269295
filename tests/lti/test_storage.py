"""Launches without cookies: the LMS's storage (case list 2.15), the bearer, and what the pages of it may not do."""

import html
import re
import secrets
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from lti_tool.core.clock import FakeClock
from lti_tool.identity.actor import Carrier
from lti_tool.identity.models import BrowserSession
from tests.lms_client import AuthRequest, form_of
from tests.lti.test_state import values_of
from tests.lti.test_windows import SCRIPTS
from tests.lti.world import ORIGIN, World

OURS = {"Origin": ORIGIN, "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def browser(world: World) -> FlaskClient:
    """One that keeps no cookies."""
    return world.app.test_client(use_cookies=False)


def check_page(world: World, browser: FlaskClient, target: str = "_parent") -> tuple[str, Any]:
    """(login state, the page of the cookie probe) of a login that offers storage."""
    form = world.lms.login_form("member1", "link-a") | {"lti_storage_target": target}
    probe = browser.post("/lti/login", data=form, base_url=ORIGIN).headers["Location"]
    return probe.partition("s=")[2], browser.get(probe, base_url=ORIGIN)


def keep(browser: FlaskClient, state: str, secret: str, **headers: str) -> Any:
    form = {"s": state, "storage_secret": secret}
    return browser.post("/lti/login/storage", data=form, headers=OURS | headers, base_url=ORIGIN)


def stored(world: World, browser: FlaskClient) -> tuple[dict[str, str], str]:
    """(what the LMS posts to us, the secret in its storage)."""
    secret = secrets.token_hex(32)
    onward = keep(browser, check_page(world, browser)[0], secret)
    assert onward.status_code == 303
    return values_of(world, AuthRequest.parse(onward.headers["Location"])), secret


def send(browser: FlaskClient, values: dict[str, str], secret: str | None, **headers: str) -> Any:
    form = values if secret is None else values | {"storage_secret": secret}
    return browser.post("/lti/launch", data=form, headers=OURS | headers, base_url=ORIGIN)


def bearer_of(page: Any) -> str:
    found = re.search(r'data-bearer="([^"]+)"', page.get_data(as_text=True))
    assert found is not None, page.get_data(as_text=True)[:500]
    return found[1]


def test_SN_09_storage_is_chosen_before_the_authorization_redirect(world: World, browser: FlaskClient) -> None:
    state, page = check_page(world, browser)
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert f'data-key="lti_state_{state}"' in text
    assert f'data-origin="{world.lms.base_url}"' in text
    assert world.reasons() == []


def test_PS_01_login_goes_on_once_the_secret_is_kept(world: World, browser: FlaskClient) -> None:
    state, _ = check_page(world, browser)
    onward = keep(browser, state, secrets.token_hex(32))
    assert onward.status_code == 303
    assert AuthRequest.parse(onward.headers["Location"]).state == state
    # Once: whoever learns the state later cannot bind it to a secret of his own.
    world.refused(keep(browser, state, secrets.token_hex(32)), 409, "state_used")


@pytest.mark.parametrize("target", ["_parent", "platform-storage", "frame.1"])
def test_PS_02_frame_that_the_login_names_is_handed_to_the_page(
    world: World, browser: FlaskClient, target: str
) -> None:
    _, page = check_page(world, browser, target)
    assert f'data-frame="{target}"' in page.get_data(as_text=True)


@pytest.mark.parametrize("target", ["a b", "x" * 101, '"><script>', "名"])
def test_PS_02_target_that_no_frame_can_have_is_as_good_as_none(
    world: World, browser: FlaskClient, target: str
) -> None:
    _, page = check_page(world, browser, target)
    assert "data-frame" not in page.get_data(as_text=True)
    assert 'target="_blank"' in page.get_data(as_text=True)


def test_PS_03_secret_may_go_to_the_origin_of_the_authorization_endpoint_only(
    world: World, browser: FlaskClient
) -> None:
    values, _ = stored(world, browser)
    pages = [check_page(world, browser)[1], send(browser, values, None)]
    for page in pages:
        assert re.findall(r'data-origin="([^"]*)"', page.get_data(as_text=True)) == [world.lms.base_url]


def test_PS_04_launch_fetches_the_secret_and_opens_a_session_with_it(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    values, secret = stored(world, browser)
    page = send(browser, values, None, Origin=world.lms.base_url, **{"Sec-Fetch-Site": "cross-site"})
    action, fields = form_of(page.get_data(as_text=True))
    assert (page.status_code, action) == (200, "/lti/launch")
    assert {name: fields[name] for name in ("state", "id_token")} == values
    opened = send(browser, values, secret)
    assert opened.status_code == 200
    assert "Set-Cookie" not in opened.headers
    assert f'data-address="/probe/{activity.id}"' in opened.get_data(as_text=True)
    with world.runtime.database.reading() as session:
        carriers = session.scalars(select(BrowserSession.carrier).order_by(BrowserSession.id.desc())).first()
    assert carriers is Carrier.bearer
    world.refused(send(browser, values, secret), 409, "state_used")


@pytest.mark.parametrize("secret", ["", "x" * 64])
def test_PS_04_wrong_or_missing_secret_opens_nothing(world: World, browser: FlaskClient, secret: str) -> None:
    values, _ = stored(world, browser)
    before = world.sessions()
    world.refused(send(browser, values, secret), 403, "state_browser_mismatch")
    assert world.sessions() == before


def test_PS_05_page_offers_the_new_window_with_the_unused_login(world: World, browser: FlaskClient) -> None:
    _, page = check_page(world, browser)
    forms = re.findall(r'<form class="row" method="post" action="/lti/login" target="_blank">(.*?)</form>',
                       page.get_data(as_text=True), re.DOTALL)  # fmt: skip
    assert len(forms) == 1
    fields = {name: html.unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', forms[0])}
    assert fields["login_hint"] == "member1"
    assert "lti_storage_target" not in fields
    window = world.browser()
    again = window.post("/lti/login", data=fields, base_url=ORIGIN)
    onward = window.get(again.headers["Location"], base_url=ORIGIN)
    values = values_of(world, AuthRequest.parse(onward.headers["Location"]))
    assert world.post(window, values["state"], values["id_token"]).status_code == 303


def test_PS_06_launch_with_a_known_secret_from_another_site_opens_nothing(world: World, browser: FlaskClient) -> None:
    values, secret = stored(world, browser)
    before = world.sessions()
    for headers in (
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": world.lms.base_url, "Sec-Fetch-Site": "cross-site"},
        {"Origin": ""},
    ):
        world.refused(send(browser, values, secret, **headers), 403, "state_browser_mismatch")
    assert world.sessions() == before
    assert send(browser, values, secret).status_code == 200


def test_PS_06_login_is_bound_by_a_page_of_ours_only(world: World, browser: FlaskClient) -> None:
    state, _ = check_page(world, browser)
    foreign = keep(browser, state, secrets.token_hex(32), Origin="https://evil.example")
    world.refused(foreign, 403, "state_browser_mismatch")
    assert keep(browser, state, secrets.token_hex(32)).status_code == 303


def test_PS_07_target_is_remembered_from_the_login(world: World, browser: FlaskClient) -> None:
    secret = secrets.token_hex(32)
    state, _ = check_page(world, browser, "storage-frame")
    onward = keep(browser, state, secret)
    values = values_of(world, AuthRequest.parse(onward.headers["Location"]))
    assert 'data-frame="storage-frame"' in send(browser, values, None).get_data(as_text=True)


def test_PS_08_bearer_opens_pages_and_stands_in_no_address(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    values, secret = stored(world, browser)
    opened = send(browser, values, secret)
    bearer = bearer_of(opened)
    assert "Location" not in opened.headers
    frame = re.search(r'data-frame="(/lti/frame/\d+\?k=[\w-]+)"', opened.get_data(as_text=True))
    assert frame is not None
    assert bearer not in frame[1]
    shell = browser.get(frame[1], base_url=ORIGIN)
    assert shell.status_code == 200
    assert 'data-bearer=""' in shell.get_data(as_text=True)
    assert world.lms.base_url in shell.headers["Content-Security-Policy"].split("frame-ancestors")[1]
    assert browser.get(f"/probe/{activity.id}", base_url=ORIGIN).status_code == 404
    carried = browser.get(f"/probe/{activity.id}", headers={"Authorization": f"Bearer {bearer}"}, base_url=ORIGIN)
    assert carried.status_code == 200
    # What carries a bearer is no cookie, and the other way round.
    as_cookie = browser.get(f"/probe/{activity.id}", headers={"Cookie": f"__Host-dk={bearer}"}, base_url=ORIGIN)
    assert as_cookie.status_code == 404


@pytest.mark.once
def test_PS_08_no_module_keeps_anything_of_a_launch_beyond_its_frame() -> None:
    """A tab's own storage ends with the tab; localStorage would give the bearer to whoever sits there next."""
    modules = {path.name: path.read_text("utf-8") for path in SCRIPTS.glob("*.js")}
    carrying = {name for name, text in modules.items() if "bearer" in text.lower() or "storage_secret" in text}
    assert {"bearer-frame.js", "storage-put.js", "storage-get.js"} <= carrying
    assert [name for name in carrying if re.search(r"localStorage|indexedDB|document\.cookie", modules[name])] == []


def test_PS_08_and_WS_05_who_signs_out_leaves_a_bearer_that_opens_nothing(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    values, secret = stored(world, browser)
    carried = {"Authorization": f"Bearer {bearer_of(send(browser, values, secret))}"}
    assert browser.get(f"/probe/{activity.id}", headers=carried, base_url=ORIGIN).status_code == 200
    left = browser.post("/leave", headers=OURS | carried, base_url=ORIGIN)
    assert left.status_code == 200
    assert "Set-Cookie" not in left.headers
    assert browser.get(f"/probe/{activity.id}", headers=carried, base_url=ORIGIN).status_code == 404


def test_PS_08_frame_of_an_unknown_registration_is_404(world: World, browser: FlaskClient) -> None:
    assert browser.get("/lti/frame/999", base_url=ORIGIN).status_code == 404


def test_PS_08_frame_opens_by_the_address_of_a_launch_only(world: World, browser: FlaskClient) -> None:
    """A number that was guessed says nothing: the page's policy would name the LMS of another school."""
    values, secret = stored(world, browser)
    opened = send(browser, values, secret).get_data(as_text=True)
    frame = re.search(r'data-frame="(/lti/frame/(\d+)\?k=([\w-]+))"', opened)
    assert frame is not None
    assert browser.get(frame[1], base_url=ORIGIN).status_code == 200
    there, nowhere, key = f"/lti/frame/{frame[2]}", "/lti/frame/999", frame[3]
    for wrong in ("", "?k=", f"?k={key[:-1]}", f"?k={'x' * len(key)}", "?k=%C3%A9", f"?k={key}0"):
        answers = [browser.get(path + wrong, base_url=ORIGIN) for path in (there, nowhere)]
        assert [each.status_code for each in answers] == [404, 404], wrong
        assert not any(world.lms.base_url in each.headers["Content-Security-Policy"] for each in answers)
    assert browser.get(f"{nowhere}?k={key}", base_url=ORIGIN).status_code == 404


def test_PS_09_login_that_took_too_long(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    state, _ = check_page(world, browser)
    values, secret = stored(world, browser)
    clock.advance(timedelta(minutes=11))
    world.refused(keep(browser, state, secrets.token_hex(32)), 403, "state_expired")
    refused = send(browser, values, secret)
    assert refused.status_code == 403
    assert world.reasons()[-1] in {"state_expired", "token_expired"}


def test_PS_10_without_javascript_there_is_the_new_window(world: World, browser: FlaskClient) -> None:
    text = check_page(world, browser)[1].get_data(as_text=True)
    box = text.partition('id="window"')[2].partition("</div>")[0]
    assert "hidden" not in text.partition('id="window"')[2].partition(">")[0]
    assert "在新窗口打开" in box


def test_SN_11_error_of_the_platform_is_told_where_the_half_is_in_storage(world: World, browser: FlaskClient) -> None:
    state, _ = check_page(world, browser)
    assert keep(browser, state, secrets.token_hex(32)).status_code == 303
    answer = browser.post("/lti/launch", data={"error": "login_required", "state": state}, base_url=ORIGIN)
    world.refused(answer, 403, "oidc_error")


def test_storage_is_not_used_where_cookies_are_kept(world: World) -> None:
    browser = world.browser()
    form = world.lms.login_form("member1", "link-a") | {"lti_storage_target": "_parent"}
    probe = browser.post("/lti/login", data=form, base_url=ORIGIN)
    assert browser.get(probe.headers["Location"], base_url=ORIGIN).status_code == 302


def test_login_without_storage_cannot_be_bound_to_a_secret(world: World, browser: FlaskClient) -> None:
    form = world.lms.login_form("member1", "link-a")
    probe = browser.post("/lti/login", data=form, base_url=ORIGIN).headers["Location"]
    answer = keep(browser, probe.partition("s=")[2], secrets.token_hex(32))
    assert answer.status_code in {403, 409}
    assert "Location" not in answer.headers


@pytest.mark.parametrize("secret", ["", "short", "ü" * 40, "x" * 101])
def test_odd_secrets_bind_nothing(world: World, browser: FlaskClient, secret: str) -> None:
    world.refused(keep(browser, check_page(world, browser)[0], secret), 403, "state_browser_mismatch")
