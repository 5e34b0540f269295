"""OIDC login initiation (case list 2.1)."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from lti_tool.core import logs
from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Registration
from lti_tool.launch.browser import hash_of
from lti_tool.launch.edge import edge_of
from lti_tool.launch.models import LoginState
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.launch.rules.urls import client_address, with_query
from lti_tool.launch.services import logins
from lti_tool.launch.services.logins import prune
from tests.lms_client import AuthRequest
from tests.lti.world import CLIENT_ID, LAUNCH, ORIGIN, World, path_of
from tests.tenants.asking import counted

pytestmark = pytest.mark.shows("E-01")


def login(world: World, browser: FlaskClient, method: str = "POST", **changes: str | None) -> Any:
    form = world.lms.login_form("member1", "link-a", **changes)
    if method == "GET":
        return browser.get("/lti/login", query_string=form, base_url=ORIGIN)
    return browser.post("/lti/login", data=form, base_url=ORIGIN)


def follow(browser: FlaskClient, answer: Any) -> AuthRequest:
    """The authentication request behind the cookie probe."""
    assert (answer.status_code, path_of(answer)) == (303, "/lti/login/check")
    onward = browser.get(answer.headers["Location"], base_url=ORIGIN)
    assert onward.status_code == 302
    return AuthRequest.parse(onward.headers["Location"])


def add_registration(world: World, *, issuer: str | None = None, client_id: str, **changes: Any) -> int:
    base = world.lms.base_url
    form = {
        "issuer": issuer or base,
        "client_id": client_id,
        "auth_url": f"{base}/auth",
        "token_url": f"{base}/token",
        "jwks_url": f"{base}/jwks",
        "deployment_ids": ("9",),
        "tenant": "School",
    } | changes
    with world.runtime.database.writing() as session:
        return register(session, RegistrationForm.model_validate(form), world.runtime.clock.now()).id


def told(capsys: pytest.CaptureFixture[str], event: str) -> dict[str, Any]:
    """The one line of the log with this event."""
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if f'"event": "{event}"' in line]
    return dict(line)


def test_OL_01_login_is_told_by_its_ids_and_nothing_of_the_person(
    world: World, browser: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    login(world, browser, "GET", lti_message_hint="s3cret-hint")
    line = told(capsys, "login")
    assert (line["iss"], line["client_id"], line["deployment_id"]) == (world.lms.base_url, CLIENT_ID, "1")
    assert (line["deployment_known"], line["addr"]) == (True, "127.0.0.1")
    assert not any(secret in json.dumps(line) for secret in ("member1", "s3cret-hint", "login_hint"))


def test_OL_01_get_without_cookie_is_probed_and_with_cookie_goes_straight(world: World, browser: FlaskClient) -> None:
    auth = follow(browser, login(world, browser, "GET", lti_message_hint="kept on the server"))
    assert auth.parameters["lti_message_hint"] == "kept on the server"
    assert auth.url.startswith(f"{world.lms.base_url}/auth?")
    fixed = {name: auth.parameters[name] for name in ("scope", "response_type", "response_mode", "prompt")}
    assert fixed == {"scope": "openid", "response_type": "id_token", "response_mode": "form_post", "prompt": "none"}
    assert auth.parameters["client_id"] == CLIENT_ID
    assert auth.parameters["redirect_uri"] == LAUNCH
    assert auth.parameters["login_hint"] == "member1"
    assert min(len(auth.state), len(auth.nonce)) >= 43
    straight = login(world, browser, "GET")
    assert straight.status_code == 302
    assert straight.headers["Location"].startswith(f"{world.lms.base_url}/auth?")
    with world.runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(LoginState)) == 2


def test_OL_02_post_is_the_same_and_the_body_wins(world: World, browser: FlaskClient) -> None:
    form = world.lms.login_form("member1", "link-a")
    answer = browser.post(
        "/lti/login?iss=https://other.example&login_hint=somebody", data=form, base_url=ORIGIN,
        headers={"Origin": world.lms.base_url, "Sec-Fetch-Site": "cross-site"},
    )  # fmt: skip
    assert follow(browser, answer).parameters["login_hint"] == "member1"


def test_OL_02_what_stands_in_the_query_only_is_read_as_well(world: World, browser: FlaskClient) -> None:
    form = world.lms.login_form("member1", "link-a", lti_message_hint="from the query")
    query = {name: form.pop(name) for name in ("login_hint", "lti_message_hint")}
    by_both = browser.post("/lti/login", query_string=query, data=form, base_url=ORIGIN)
    by_get = world.browser()
    found = [
        follow(browser, by_both),
        follow(by_get, by_get.get("/lti/login", query_string=form | query, base_url=ORIGIN)),
    ]
    one, other = (
        {name: value for name, value in each.parameters.items() if name not in {"state", "nonce"}} for each in found
    )
    assert one == other  # POST and GET are the same but for what is drawn
    assert found[0].parameters["lti_message_hint"] == "from the query"


@pytest.mark.parametrize(
    "hint",
    [
        '{"cmid":5,"launchid":"ltilaunch1_77"}',
        "eyJhbGciOiJIUzI1NiJ9.eyJhIjoxfQ.c2ln-_",
        "opaque %2B+&= ü\t" + "x" * 2000,
    ],
)
def test_OL_03_message_hint_is_echoed_byte_for_byte(world: World, browser: FlaskClient, hint: str) -> None:
    auth = follow(browser, login(world, browser, lti_message_hint=hint))
    assert auth.parameters["lti_message_hint"] == hint


def test_OL_04_absent_message_hint_is_left_out(world: World, browser: FlaskClient) -> None:
    assert "lti_message_hint" not in follow(browser, login(world, browser, lti_message_hint=None)).parameters


@pytest.mark.parametrize("how", ["missing", "empty", "twice"])
def test_OL_05_bad_issuer(world: World, browser: FlaskClient, how: str) -> None:
    form = world.lms.login_form("member1", "link-a")
    issuers = {"missing": [], "empty": [""], "twice": [form["iss"], "https://other.example"]}[how]
    form.pop("iss")
    answer = browser.post("/lti/login", data={**form, "iss": issuers}, base_url=ORIGIN)
    world.refused(answer, 400, "repeated_parameter" if how == "twice" else "missing_iss")
    assert "LTI-OL-05" in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["login_hint", "target_link_uri"])
def test_OL_06_missing_hint_or_target(world: World, browser: FlaskClient, name: str) -> None:
    nothing: dict[str, Any] = {name: None}
    answer = login(world, browser, **nothing)
    world.refused(answer, 400, "missing_login_hint" if name == "login_hint" else "missing_target")


def test_OL_07_unknown_issuer(world: World, browser: FlaskClient) -> None:
    answer = login(world, browser, iss="https://<script>alert(1)</script>.example")
    world.refused(answer, 403, "unknown_issuer")
    assert "<script>alert" not in answer.get_data(as_text=True)


def test_OL_07_and_08_unknown_client_looks_like_an_unknown_issuer(world: World, browser: FlaskClient) -> None:
    database = world.runtime.database
    login(world, browser, iss="https://yet-another.example")  # what is made at the first refusal is there now
    with counted(database) as for_client:
        known = login(world, browser, client_id="somebody-else")
    world.refused(known, 403, "unknown_client")
    with counted(database) as for_issuer:
        unknown = login(world, browser, iss="https://other.example")
    assert for_client == for_issuer  # the database has as much to do, so neither takes longer
    assert dict(known.headers) | {"X-Request-ID": "", "Content-Security-Policy": ""} == dict(unknown.headers) | {
        "X-Request-ID": "", "Content-Security-Policy": "",
    }  # fmt: skip
    assert "frame-ancestors 'none'" in known.headers["Content-Security-Policy"]
    pages = [
        answer.get_data(as_text=True).replace(answer.headers["X-Request-ID"], "REF").split("<main")[1]
        for answer in (known, unknown)
    ]
    assert pages[0].split("<script")[0] == pages[1].split("<script")[0]


def test_OL_09_two_registrations_of_one_issuer(world: World, browser: FlaskClient) -> None:
    add_registration(world, client_id="second")
    auth = follow(browser, login(world, browser, client_id="second"))
    assert auth.parameters["client_id"] == "second"


def test_OL_10_without_client_id_the_deployment_decides(world: World, browser: FlaskClient) -> None:
    add_registration(world, client_id="second")
    found = follow(browser, login(world, browser, client_id=None, lti_deployment_id="9"))
    assert found.parameters["client_id"] == "second"
    for deployment in (None, "unknown"):
        answer = login(world, world.browser(), client_id=None, lti_deployment_id=deployment)
        world.refused(answer, 400, "client_needed")
    # A deployment ID that two of them have decides nothing.
    add_registration(world, client_id="third", deployment_ids=("9",))
    edge_of(world.runtime).registry.forget()
    answer = login(world, world.browser(), client_id=None, lti_deployment_id="9")
    world.refused(answer, 400, "client_needed")


def test_OL_11_client_id_is_optional_with_one_registration(world: World, browser: FlaskClient) -> None:
    assert follow(browser, login(world, browser, client_id=None)).parameters["client_id"] == CLIENT_ID


def test_OL_12_another_client_id_is_refused_with_one_registration(world: World, browser: FlaskClient) -> None:
    world.refused(login(world, browser, client_id=CLIENT_ID.upper()), 403, "unknown_client")


@pytest.mark.parametrize("change", [lambda iss: iss + "/", lambda iss: iss.upper(), lambda iss: f" {iss}"])
def test_OL_13_issuer_is_compared_exactly(world: World, browser: FlaskClient, change: Any) -> None:
    world.refused(login(world, browser, iss=change(world.lms.base_url)), 403, "unknown_issuer")


@pytest.mark.parametrize("change", [lambda iss: iss + "/", lambda iss: iss.upper(), lambda iss: f" {iss}"])
def test_OL_13_the_log_names_the_registration_that_nearly_matches(
    world: World, browser: FlaskClient, capsys: pytest.CaptureFixture[str], change: Any
) -> None:
    logs.configure("INFO")
    page = login(world, browser, iss=change(world.lms.base_url)).get_data(as_text=True)
    login(world, browser, iss="https://other.example")
    near, far = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "launch_refused" in line]
    assert (near["reason"], near["nearly"]) == ("unknown_issuer", world.lms.base_url)
    assert "nearly" not in far
    assert world.lms.base_url not in page  # the operator is told, not the visitor


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/", "//evil.example/lti/launch", "javascript:alert(1)", "http://127.0.0.1@evil.example/lti/launch",
        "http://evil@127.0.0.1/lti/launch", "http://127.0.0.1\\@evil.example/lti/launch", "http://127.0.0.1:81/lti/launch",
        "https://127.0.0.1/lti/launch", "http://127.0.0.1/nowhere", "http://127.0.0.1/lti/launch#x", "/lti/launch",
        "http://[::1/lti/launch", "http://127.0.0.1/lti/launch\r\nX: 1",
    ],
)  # fmt: skip
def test_OL_14_target_is_never_redirected_to(world: World, browser: FlaskClient, target: str) -> None:
    world.refused(login(world, browser, target_link_uri=target), 400, "bad_target")
    good = follow(browser, login(world, browser, target_link_uri=f"{LAUNCH}?lesson=2"))
    assert good.parameters["redirect_uri"] == LAUNCH


def test_OL_15_unknown_deployment_still_goes_on_and_is_told(
    world: World, browser: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    answer = login(world, browser, lti_deployment_id="77")
    line = told(capsys, "login")
    assert (line["deployment_id"], line["deployment_known"]) == ("77", False)
    follow(browser, answer)
    assert world.reasons() == []


def test_OL_16_query_of_the_authorization_endpoint_stays(world: World, browser: FlaskClient) -> None:
    add_registration(world, client_id="tenant-3", auth_url="https://lms.example/auth?tenant=3")
    answer = login(world, browser, client_id="tenant-3")
    onward = browser.get(answer.headers["Location"], base_url=ORIGIN).headers["Location"]
    query = parse_qsl(urlsplit(onward).query)
    assert onward.count("?") == 1
    assert query[0] == ("tenant", "3")
    assert ("client_id", "tenant-3") in query
    assert with_query("https://a/?", {"x": "1"}) == "https://a/?x=1"


def test_OL_17_limits_count_per_login_hint_and_failures_per_address(
    world: World, clock: FakeClock, browser: FlaskClient
) -> None:
    answers = [login(world, world.browser()).status_code for _ in range(21)]
    assert answers == [303] * 20 + [429]
    form = world.lms.login_form("member2", "link-a")
    assert browser.post("/lti/login", data=form, base_url=ORIGIN).status_code == 303
    for _ in range(60):
        assert login(world, world.browser(), iss="https://other.example").status_code == 403
    assert login(world, world.browser(), iss="https://other.example").status_code == 429
    # Others behind the same address still come in.
    assert world.launch(world.browser(), "member3").status_code == 303
    clock.advance(timedelta(seconds=61))
    assert login(world, browser).status_code in {302, 303}


def test_OL_17_states_go_when_their_time_is_over_and_used_ones_do_not_count_as_open(
    world: World, browser: FlaskClient, clock: FakeClock
) -> None:
    world.launch(browser)  # its state is used
    open_ones = [world.begin(world.browser(), person).state for person in ("member1", "member2")]
    with world.runtime.database.writing_core() as connection:
        registration = connection.execute(select(LoginState.registration_id)).scalars().first()
        assert registration is not None
        counting = select(func.count()).select_from(LoginState)
        prune(connection, registration, world.runtime.clock.now(), most_open=1)
        left = connection.execute(select(LoginState.state_hash, LoginState.used_at)).all()
        assert {(row.state_hash == hash_of(open_ones[1]), row.used_at is None) for row in left} == {
            (True, True), (False, False),
        }  # fmt: skip
        # Whoever it is for: what has run out goes with anybody's login.
        prune(connection, registration + 1, world.runtime.clock.now() + logins.LIFE)
        assert connection.execute(counting).scalar() == 2
        prune(connection, registration + 1, world.runtime.clock.now() + logins.LIFE + timedelta(seconds=1))
        assert connection.execute(counting).scalar() == 0


def test_OL_17_open_states_are_bounded_and_the_oldest_go_first(world: World, browser: FlaskClient) -> None:
    people = ("member1", "member2", "member3", "member4", "teacher")
    kept = [world.begin(world.browser(), person).state for person in people]
    with world.runtime.database.writing_core() as connection:
        registration = connection.execute(select(LoginState.registration_id)).scalars().first()
        assert registration is not None
        prune(connection, registration, world.runtime.clock.now(), most_open=3)
        assert connection.execute(select(func.count()).select_from(LoginState)).scalar() == 3
    world.refused(world.post(browser, kept[0], world.lms.sign(world.lms.claims_for("member1", "link-a", nonce="n"))), 403,
                  "state_unknown")  # fmt: skip


def test_OL_17_limit_of_a_session_counts_whoever_is_named(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    world.bound()
    clock.advance(timedelta(minutes=2))
    world.launch(browser)
    clock.advance(timedelta(minutes=2))
    answers = [login(world, browser, login_hint=f"person-{number}").status_code for number in range(21)]
    assert answers == [302] * 20 + [429]
    # Another browser is not stopped by it, and this one is let in a minute later.
    assert login(world, world.browser(), login_hint="person-0").status_code == 303
    clock.advance(timedelta(seconds=61))
    assert login(world, browser, login_hint="person-0").status_code == 302


def test_OL_17_logins_take_away_open_states_that_are_too_many(
    world: World, browser: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every hundredth login clears; 50,000 for one registration, and those that were used do not count."""
    assert logins.MOST_OPEN == 50_000
    cleared = list[int]()
    monkeypatch.setattr(logins, "prune", lambda _connection, registration_id, _now: cleared.append(registration_id))
    for number in range(100):
        login(world, world.browser(), login_hint=f"person-{number}")
    assert len(cleared) == 1


@pytest.mark.parametrize(("hops", "forwarded"), [(0, "127.0.0.1"), (1, "2.2.2.2"), (2, "1.1.1.1")])
def test_OL_17_setting_says_whose_failures_are_counted(
    world: World, browser: FlaskClient, hops: int, forwarded: str, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    world.runtime.settings = world.runtime.settings.model_copy(update={"trusted_proxies": hops})
    form = world.lms.login_form("member1", "link-a", iss="https://other.example")
    headers = {"X-Forwarded-For": "1.1.1.1, 2.2.2.2"}
    answers = [browser.post("/lti/login", data=form, headers=headers, base_url=ORIGIN).status_code for _ in range(61)]
    assert answers == [403] * 60 + [429]
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines() if "launch_refused" in line]
    assert {line["addr"] for line in lines} == {forwarded}
    # Somebody else: another hop before ours counts for another address, as far as the setting believes it.
    elsewhere = browser.post("/lti/login", data=form, headers={"X-Forwarded-For": "3.3.3.3, 4.4.4.4"}, base_url=ORIGIN)
    assert elsewhere.status_code == (403 if hops else 429)


def test_OL_17_forwarded_addresses_count_only_behind_trusted_proxies() -> None:
    assert client_address("10.0.0.1", "1.1.1.1, 2.2.2.2", 0) == "10.0.0.1"
    assert client_address("10.0.0.1", "1.1.1.1, 2.2.2.2", 1) == "2.2.2.2"
    assert client_address("10.0.0.1", "1.1.1.1, 2.2.2.2", 2) == "1.1.1.1"
    assert client_address("10.0.0.1", "", 2) == "10.0.0.1"


def test_OL_18_hostile_hints_are_encoded_and_escaped(world: World, browser: FlaskClient) -> None:
    hint = '"><script>alert(1)</script>\r\nSet-Cookie: a=b'
    answer = login(world, browser, login_hint=hint, lti_message_hint=hint)
    location = answer.headers["Location"]
    page = world.browser().get(location, base_url=ORIGIN)  # another browser: the cookie is missing
    assert page.status_code == 200
    assert "<script>alert" not in page.get_data(as_text=True)
    onward = browser.get(location, base_url=ORIGIN).headers["Location"]
    assert "\n" not in onward
    assert "<" not in onward
    assert hint in unquote(onward)


def test_OL_19_extra_parameters_are_ignored(world: World, browser: FlaskClient) -> None:
    extra = {"canvas_region": "x", "canvas_environment": "prod", "deployment_id": "1", "lti_storage_target": "_parent"}
    auth = follow(browser, login(world, browser, **extra))
    assert set(extra) & set(auth.parameters) == set()


@pytest.mark.parametrize("method", ["HEAD", "PUT"])
def test_OL_20_other_methods_are_405(world: World, browser: FlaskClient, method: str) -> None:
    answer = browser.open("/lti/login", method=method, base_url=ORIGIN)
    assert answer.status_code == 405
    assert "POST" in answer.headers["Allow"]


def test_OL_21_two_tabs_at_once(world: World, browser: FlaskClient) -> None:
    world.bound()
    first, second = world.begin(browser), world.begin(browser)
    for auth in (second, first):
        _, values = world.lms.authorize(auth.url)
        assert world.post(browser, values["state"], values["id_token"]).status_code == 303


def test_parameters_are_kept_only_while_the_probe_needs_them(world: World, browser: FlaskClient) -> None:
    login(world, browser)
    login(world, browser)
    with world.runtime.database.reading() as session:
        kept = [json.dumps(row) for row in session.scalars(select(LoginState.parameters).order_by(LoginState.id))]
        assert "member1" in kept[0]
        assert kept[1] == "{}"
        assert session.scalar(select(func.count()).select_from(Registration)) == 1
