"""The id_token (case list 2.3; TK-20 and TK-28 come later)."""

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from flask.testing import FlaskClient
from jwt.algorithms import RSAAlgorithm
from sqlalchemy import select

from lti_tool.core import logs
from lti_tool.core.clock import FakeClock
from lti_tool.identity.models import Deployment, Enrolment, Member, Registration
from lti_tool.launch.edge import edge_of
from lti_tool.launch.refused import Refused
from lti_tool.launch.registrations import add_deployments
from lti_tool.launch.rules.token import parse
from lti_tool.lms.key_sets import PAUSE, KeySets, NoKeySet, parse_key_set
from tests.forging import sample_pem
from tests.lms_client import CLAIM
from tests.lti.test_login import add_registration
from tests.lti.world import CLIENT_ID, ORIGIN, World

pytestmark = pytest.mark.shows("E-03")

NOW = 1_795_140_000  # the second at which the tests' clock stands


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw_launch(world: World, browser: FlaskClient, id_token: str | None) -> Any:
    return world.post(browser, world.begin(browser).state, id_token)


def set_ending(world: World, browser: FlaskClient) -> None:
    """The good launch still goes through after all the bad ones."""
    assert world.launch(browser).status_code == 303


def test_TK_01_no_kid(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, header={"kid": None}), 403, "kid_missing")


@pytest.mark.parametrize("kid", ["", "x" * 256, 5, ["a"], {}, True])
def test_TK_01_kid_of_an_odd_type_or_length(world: World, browser: FlaskClient, kid: Any) -> None:
    world.refused(world.forge(browser, header={"kid": kid}), 403, "kid_missing")


@pytest.mark.parametrize("length", [1, 255])
def test_TK_02_shortest_and_longest_kid_are_only_unknown(world: World, browser: FlaskClient, length: int) -> None:
    world.refused(world.forge(browser, header={"kid": "x" * length}), 403, "kid_unknown")


def test_TK_02_unknown_kid_is_asked_for_once_a_minute(world: World, browser: FlaskClient, clock: FakeClock) -> None:
    fetched = count_fetches(world)
    set_ending(world, browser)
    for _ in range(3):
        world.refused(world.forge(browser, header={"kid": "nobody"}), 403, "kid_unknown")
    assert fetched == ["jwks", "jwks"]
    clock.advance(timedelta(seconds=61))
    world.refused(world.forge(browser, header={"kid": "nobody"}), 403, "kid_unknown")
    assert len(fetched) == 3


def test_TK_02_unknown_kids_of_one_lms_do_not_hold_up_another(world: World, browser: FlaskClient) -> None:
    fetched = count_fetches(world)
    add_registration(world, client_id="second", deployment_ids=("1",))
    set_ending(world, browser)
    for _ in range(2):
        world.refused(world.forge(world.browser(), header={"kid": "nobody"}), 403, "kid_unknown")
    assert len(fetched) == 2
    world.lms.rotate(keep_old=False)
    # The first one has to wait for its minute; the second, asked for the first time, has the new keys at once.
    world.refused(world.launch(world.browser()), 403, "kid_unknown")
    other = world.browser()
    auth = world.begin(other, client_id="second")
    claims = world.claims(auth.nonce, aud="second", azp="second")
    assert world.post(other, auth.state, world.lms.sign(claims)).status_code == 303
    assert len(fetched) == 3


def count_fetches(world: World) -> list[str]:
    """Where every fetched key set is noted; the fetches themselves are real."""
    edge, noted = edge_of(world.runtime), list[str]()
    real = edge.key_sets._get

    def counted(url: str) -> Any:
        noted.append(url.rsplit("/", 1)[1])
        return real(url)

    edge.key_sets = KeySets(counted)
    return noted


def test_TK_03_key_rotated_between_two_launches(world: World, browser: FlaskClient) -> None:
    fetched = count_fetches(world)
    set_ending(world, browser)
    world.lms.rotate(keep_old=False)
    set_ending(world, browser)
    assert len(fetched) == 2


@pytest.mark.shows("F-01")
def test_TK_04_wrong_key(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, pem=sample_pem("somebody else")), 403, "signature")


@pytest.mark.shows("F-01")
def test_TK_04_tampered_payload(world: World, browser: FlaskClient) -> None:
    auth = world.begin(browser)
    header, _, signature = world.lms.sign(world.claims(auth.nonce)).split(".")
    other = b64(json.dumps(world.claims(auth.nonce, "teacher")).encode())
    world.refused(world.post(browser, auth.state, f"{header}.{other}.{signature}"), 403, "signature")


@pytest.mark.shows("F-01")
@pytest.mark.parametrize("alg", ["none", "HS256", "RS512", "ES256", "PS256", "rs256", "RS256 ", "", 5, None])
def test_TK_05_any_algorithm_but_rs256(world: World, browser: FlaskClient, alg: Any) -> None:
    world.refused(world.forge(browser, header={"alg": alg}), 403, "algorithm")


def test_TK_05_extensions_that_must_be_understood(world: World, browser: FlaskClient) -> None:
    for crit in (["exp"], [], "b64", None):
        header = {"crit": crit} if crit is not None else {"b64": False}
        answer = world.forge(world.browser(), header=header)
        if crit is None:
            assert answer.status_code == 303  # not critical, so not ours to know
        else:
            world.refused(answer, 403, "algorithm")


def test_TK_06_keys_in_the_header_are_ignored(world: World, browser: FlaskClient) -> None:
    pem = sample_pem("somebody else")
    public = serialization.load_pem_private_key(pem.encode(), None).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    own = {
        "jwk": RSAAlgorithm.to_jwk(public, as_dict=True),
        "jku": "http://127.0.0.1:1/jwks",
        "x5u": "http://127.0.0.1:1/",
    }
    world.refused(world.forge(browser, header=own, pem=pem), 403, "signature")
    assert world.forge(browser, header=own).status_code == 303


def test_TK_07_entries_that_are_no_signature_keys_are_ignored() -> None:
    def entry(bits: int = 2048, **changes: Any) -> dict[str, Any]:
        public = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
        return {**RSAAlgorithm.to_jwk(public, as_dict=True), "use": "sig", "alg": "RS256", **changes}

    found = parse_key_set({"keys": [
        entry(kid="good"), entry(kid="encrypts", use="enc"), entry(bits=1024, kid="short"), entry(kid="alg", alg="RS512"),
        {"kty": "oct", "kid": "secret", "k": "AAAA"}, entry(), entry(kid=7), {"kty": "RSA", "kid": "empty"}, "text", None,
        {"kty": "RSA", "kid": "odd", "n": 5, "e": []},
    ]})  # fmt: skip
    assert list(found) == ["good"]
    odd: tuple[Any, ...] = ([], {}, {"keys": {}}, None, "x")
    for document in odd:
        with pytest.raises(NoKeySet):
            parse_key_set(document)


@pytest.mark.parametrize(
    ("kind", "plan"),
    [("status", {"status": 500}), ("html", {}), ("close", {})],
)
def test_TK_08_key_set_cannot_be_had(
    world: World, browser: FlaskClient, clock: FakeClock, kind: str, plan: dict[str, Any]
) -> None:
    world.lms.fault("jwks", kind, **plan)
    world.refused(world.launch(browser), 502, "keys_unreachable")
    world.lms.behave()
    clock.advance(PAUSE)
    set_ending(world, browser)
    world.lms.fault("jwks", kind, **plan)
    clock.advance(timedelta(hours=23))
    set_ending(world, browser)  # the last good set serves for 24 hours
    clock.advance(timedelta(hours=1, seconds=1))
    world.refused(world.launch(world.browser()), 502, "keys_unreachable")


@pytest.mark.shows("F-01")
def test_TK_09_exp_past(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, exp=NOW - 61, iat=NOW - 120), 403, "expired")


@pytest.mark.parametrize("name", ["exp", "iat"])
def test_TK_10_exp_or_iat_missing(world: World, browser: FlaskClient, name: str) -> None:
    changes: dict[str, Any] = {name: None}
    world.refused(world.forge(browser, **changes), 403, "time_missing")


@pytest.mark.parametrize(
    ("iat", "exp"), [(NOW - 3600, NOW + 60), (NOW, NOW + 100 * 365 * 86400), (NOW, NOW + 86401), (NOW - 661, NOW + 60)]
)
def test_TK_11_issued_long_ago_or_valid_for_ever(world: World, browser: FlaskClient, iat: int, exp: int) -> None:
    world.refused(world.forge(browser, iat=iat, exp=exp), 403, "too_old")


def test_TK_12_a_minute_of_leeway(world: World, browser: FlaskClient) -> None:
    assert world.forge(browser, iat=NOW + 59, exp=NOW + 3600, nbf=NOW + 59).status_code == 303
    assert world.forge(browser, iat=NOW - 120, exp=NOW - 59).status_code == 303
    world.refused(world.forge(browser, iat=NOW + 62, exp=NOW + 3600), 403, "not_yet_valid")
    world.refused(world.forge(browser, nbf=NOW + 62), 403, "not_yet_valid")


@pytest.mark.parametrize(
    ("value", "status", "reason"),
    [
        (str(NOW + 60), 400, "time_malformed"), (True, 400, "time_malformed"), ([NOW], 400, "time_malformed"),
        (-5, 403, "expired"), (1e30, 403, "too_old"), (float("inf"), 400, "malformed"), (float("nan"), 400, "malformed"),
    ],
)  # fmt: skip
def test_TK_13_exp_of_odd_types(world: World, browser: FlaskClient, value: Any, status: int, reason: str) -> None:
    auth = world.begin(browser)
    claims = world.claims(auth.nonce)
    claims["exp"] = value
    world.refused(world.post(browser, auth.state, world.lms.sign(claims)), status, reason)


def test_TK_13_exp_as_a_float_is_truncated(world: World, browser: FlaskClient) -> None:
    assert world.forge(browser, exp=NOW + 60.9).status_code == 303


@pytest.mark.parametrize("aud", [CLIENT_ID, [CLIENT_ID]])
def test_TK_14_audience_as_text_or_list(world: World, browser: FlaskClient, aud: Any) -> None:
    assert world.forge(browser, aud=aud, azp=None).status_code == 303


def test_TK_15_two_audiences_with_azp(world: World, browser: FlaskClient) -> None:
    assert world.forge(browser, aud=["https://other.example", CLIENT_ID], azp=CLIENT_ID).status_code == 303


def test_TK_16_two_audiences_without_azp(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, aud=[CLIENT_ID, "other"], azp=None), 403, "azp")


@pytest.mark.parametrize("aud", [CLIENT_ID, [CLIENT_ID], [CLIENT_ID, "third"]])
def test_TK_16_azp_that_is_not_us(world: World, browser: FlaskClient, aud: Any) -> None:
    world.refused(world.forge(browser, aud=aud, azp="other"), 403, "azp")


@pytest.mark.shows("F-01")
def test_TK_16_azp_that_is_another_audience(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, aud=[CLIENT_ID, "other"], azp="other"), 403, "unknown_client")


@pytest.mark.parametrize("aud", [None, [], 5, {}, "", [5], [CLIENT_ID, None]])
def test_TK_17_audience_missing_or_odd(world: World, browser: FlaskClient, aud: Any) -> None:
    world.refused(world.forge(browser, aud=aud, azp=None), 400, "missing_claim")


@pytest.mark.shows("F-01")
def test_TK_18_issuer_is_another_one(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, iss="https://other.example"), 403, "unknown_issuer")


@pytest.mark.parametrize("value", [None, "", "x" * 256, "部署", 1, "a\x00b"])
def test_TK_19_deployment_id_missing_or_odd(world: World, browser: FlaskClient, value: Any) -> None:
    world.refused(world.forge(browser, deployment_id=value), 400, "deployment_id")


def test_TK_20_unknown_deployment_is_refused_and_named(world: World, browser: FlaskClient) -> None:
    answer = world.forge(browser, deployment_id="77 <b>")
    world.refused(answer, 403, "unknown_deployment")
    page = answer.get_data(as_text=True)
    assert "部署 77 &lt;b&gt; 还没有在这里登记" in page
    assert "<b>" not in page
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Deployment.deployment_id)).all() == ["1"]  # a launch registers nothing
    assert world.sessions() == 0


def test_TK_20_deployment_that_was_registered_meanwhile_is_known_at_once(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, deployment_id="77"), 403, "unknown_deployment")
    with world.runtime.database.writing() as session:
        registration = session.scalars(select(Registration)).one()
        add_deployments(session, registration, ["77"])
    assert world.forge(world.browser(), deployment_id="77").status_code == 303


@pytest.mark.parametrize("value", [None, "1.3", "11.3", 1.3, "1.3.0 "])
def test_TK_21_version(world: World, browser: FlaskClient, value: Any) -> None:
    world.refused(world.forge(browser, version=value), 400, "version")


@pytest.mark.parametrize("value", [None, "LtiContextLaunchRequest", "ltiresourcelinkrequest", 5])
def test_TK_22_message_type(world: World, browser: FlaskClient, value: Any) -> None:
    world.refused(world.forge(browser, message_type=value), 400, "message_type")


def test_TK_23_target_link_uri_missing_or_another_than_at_login(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, target_link_uri=None), 400, "target_claim")
    world.refused(world.forge(browser, target_link_uri=f"{ORIGIN}/lti/launch?x"), 403, "target_mismatch")


@pytest.mark.parametrize("value", [None, {}, {"id": ""}, {"id": "x" * 256}, {"id": 5}, "3", ["3"], {"id": "\ud800"}])
def test_TK_24_resource_link_missing_or_odd(world: World, browser: FlaskClient, value: Any) -> None:
    world.refused(world.forge(browser, resource_link=value), 400, "resource_link")


def test_TK_25_roles_missing(world: World, browser: FlaskClient) -> None:
    world.refused(world.forge(browser, roles=None), 400, "roles_malformed")


MALFORMED = [
    "", "x", "a.b", "a.b.c.d.e", "..", f"{b64(b'{}')}.{b64(b'[]')}.AAAA", f"{b64(b'[]')}.{b64(b'{}')}.AAAA",
    f"{b64(b'{}')}.{b64(bytes([0xFF, 0xFE, 0x7B]))}.AAAA", f'{b64(b"{}")}.{b64(b"[" * 50_000)}.AAAA',
    f'{b64(b"{}")}.{b64(b"1" * 5_000)}.AAAA', "a b.c.d", "é.é.é", "A.A.A",
]  # fmt: skip


@pytest.mark.parametrize("number", range(len(MALFORMED)))
def test_TK_26_not_a_jwt(number: int) -> None:
    with pytest.raises(Refused, match="malformed"):
        parse(MALFORMED[number])


def test_TK_26_malformed_tokens_are_400(world: World, browser: FlaskClient) -> None:
    world.refused(raw_launch(world, browser, None), 400, "token_missing")
    for token in MALFORMED:
        world.refused(raw_launch(world, world.browser(), token), 400, "malformed")
    bad = world.lms.sign({"name": "badltilaunch"})
    world.refused(raw_launch(world, browser, bad), 400, "nonce_missing")


def test_TK_26_duplicate_members(world: World, browser: FlaskClient) -> None:
    auth = world.begin(browser)
    good = json.dumps(world.claims(auth.nonce))
    twice = good[:-1] + ', "sub": "teacher"}'
    world.refused(world.post(browser, auth.state, world.lms.sign(twice.encode())), 400, "malformed")


@pytest.mark.parametrize("junk", ["=", "==", "\n", " ", "+", "/", "~", "\x00", "é"])
@pytest.mark.parametrize("part", [0, 1, 2])
def test_TK_26_characters_outside_the_alphabet_are_not_skipped(junk: str, part: int) -> None:
    """Lenient decoders leave them out, so that many texts would be one token."""
    good = ["e30", b64(b'{"a":1}'), b64(b"signature")]
    assert parse(".".join(good)).claims == {"a": 1}
    for text in (good[part] + junk, junk + good[part], good[part][:2] + junk + good[part][2:]):
        with pytest.raises(Refused, match="malformed"):
            parse(".".join([*good[:part], text, *good[part + 1 :]]))


def test_TK_26_oversized_body(world: World, browser: FlaskClient) -> None:
    assert raw_launch(world, browser, "x" * 1_000_000).status_code == 413


def test_TK_27_unknown_claims_are_ignored(world: World, browser: FlaskClient) -> None:
    more: dict[str, Any] = {"https://example.org/new": {"a": [1]}, CLAIM + "new": "x"}
    assert world.forge(browser, **more).status_code == 303


MIGRATION = {
    "unknown key": {"oauth_consumer_key": "nobody", "oauth_consumer_key_sign": "bm8=", "user_id": "teacher"},
    "no signature": {"oauth_consumer_key": "179248902", "user_id": "teacher", "resource_link_id": "link-b"},
    "wrong type": "179248902",
    "null": [None],
}


@pytest.mark.parametrize("claim", MIGRATION.values(), ids=list(MIGRATION))
def test_TK_28_migration_claim_neither_fails_a_launch_nor_links_anybody(
    world: World, browser: FlaskClient, claim: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.launch(world.browser(), "teacher")
    logs.configure("INFO")
    assert world.forge(browser, lti1p1=claim).status_code == 303
    (line,) = [json.loads(line) for line in capsys.readouterr().err.splitlines() if '"event": "launch"' in line]
    assert line["migration"] == "ignored"
    assert world.launch(world.browser(), "member2").status_code == 303
    assert "migration" not in capsys.readouterr().err  # without the claim, no word about it
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Member.sub).order_by(Member.sub)).all() == ["member1", "member2", "teacher"]
        rows = session.execute(select(Enrolment.role).join(Member).where(Member.sub == "member1")).scalars().all()
        assert [role.value for role in rows] == ["member"]


@pytest.mark.parametrize("what", [Registration, Deployment])
def test_TK_29_switched_off_after_the_login_began(world: World, browser: FlaskClient, what: Any) -> None:
    auth = world.begin(browser)
    _, values = world.lms.authorize(auth.url)
    with world.runtime.database.writing() as session:
        for row in session.scalars(select(what)):
            row.is_active = False
    world.refused(world.post(browser, values["state"], values["id_token"]), 403, "registration_inactive")
    assert world.sessions() == 0


def test_TK_30_token_in_the_query(world: World, browser: FlaskClient) -> None:
    auth = world.begin(browser)
    token = world.lms.sign(world.claims(auth.nonce))
    for method in ("GET", "POST"):
        answer = browser.open(
            "/lti/launch", method=method, query_string={"id_token": token, "state": auth.state}, base_url=ORIGIN
        )
        world.refused(answer, 400, "token_in_url")


@pytest.mark.parametrize("which", ["access_token", "deep_link_response", "typed"])
def test_TK_31_other_jwts_are_no_id_tokens(world: World, browser: FlaskClient, which: str) -> None:
    if which == "access_token":
        answer = world.forge(browser, aud="https://lms.example/services", azp=None)
        world.refused(answer, 403, "unknown_client")
    elif which == "deep_link_response":
        world.refused(world.forge(browser, message_type="LtiDeepLinkingResponse"), 403, "token_type")
    else:
        world.refused(world.forge(browser, header={"typ": "at+jwt"}), 403, "token_type")


@pytest.mark.parametrize("typ", [None, "jwt", "JWT"])
def test_TK_31_the_type_of_a_token_may_be_left_out(world: World, browser: FlaskClient, typ: str | None) -> None:
    assert world.forge(browser, header={"typ": typ}).status_code == 303


def test_TK_32_certification_missing_claims(world: World, browser: FlaskClient) -> None:
    for name in ("iss", "aud", "sub", "deployment_id", "roles"):
        changes: dict[str, Any] = {name: None}
        assert world.forge(world.browser(), **changes).status_code in {400, 403}
    answer = world.forge(browser, iss=None, aud=None, azp=None, sub=None, deployment_id=None, roles=None)
    world.refused(answer, 400, "missing_claim")
    assert world.sessions() == 0


def test_nothing_secret_or_personal_is_logged(
    world: World, browser: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.configure("INFO")
    auth = world.begin(browser)
    token = world.lms.sign(world.claims(auth.nonce), kid="nobody")
    world.post(browser, auth.state, token)
    told = capsys.readouterr().err
    line = next(json.loads(line) for line in told.splitlines() if "launch_refused" in line)
    assert line["reason"] == "kid_unknown"
    assert line["kid"] == "nobody"
    assert len(line["nonce"]) == 12
    for secret in (token, auth.nonce, auth.state, "member1", "小明", "school.example", "launchid"):
        assert secret not in told
    assert jwt.get_unverified_header(token)["kid"] == "nobody"
