"""Launches and answers as Canvas, Open edX, Blackboard, Brightspace and Sakai send them, where that differs.

Moodle has a profile of the demo LMS of its own (tests/demo/test_moodle.py, tests/flows/test_moodle_journey.py).
"""

from urllib.parse import urljoin

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from lti_tool.identity.models import Context, Deployment, Enrolment, Member, Registration, Tenant
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.passback.rules import Answer, read_answer
from tests.lms_client import AuthRequest
from tests.lti.platforms import BRIGHTSPACE, CANVAS, SAMPLES, Sample
from tests.lti.world import ORIGIN, World


def add(world: World, sample: Sample, **more: str) -> None:
    """Register the LMS of a sample; its keys and its authorization endpoint are the demo LMS's, on another host."""
    lms = world.lms.base_url
    with world.runtime.database.writing() as session:
        register(
            session,
            RegistrationForm(
                issuer=sample.issuer, client_id=more.get("client_id", sample.client_id), auth_url=f"{lms}/auth",
                token_url=f"{lms}/token", jwks_url=f"{lms}/jwks", deployment_ids=(sample.deployment_id,),
                tenant=more.get("tenant", "School"),
            ),
            world.runtime.clock.now(),
        )  # fmt: skip


def begin(world: World, browser: FlaskClient, sample: Sample, client_id: str = "") -> AuthRequest:
    """The login as this LMS begins it, with the cookie probe, up to the authentication request."""
    asked = {
        "iss": sample.issuer, "target_link_uri": f"{ORIGIN}/lti/launch", "login_hint": "7",
        "client_id": client_id or sample.client_id, "lti_deployment_id": sample.deployment_id, **sample.login,
    }  # fmt: skip
    if sample.method == "POST":
        answer = browser.post("/lti/login", data=asked, base_url=ORIGIN)
    else:
        answer = browser.get("/lti/login", query_string=asked, base_url=ORIGIN)
    for _ in range(3):
        assert answer.status_code in (302, 303), answer.get_data(as_text=True)[:500]
        location = urljoin(ORIGIN, answer.headers["Location"])
        if location.startswith(world.lms.base_url):
            return AuthRequest.parse(location)
        answer = browser.get(location, base_url=ORIGIN)
    raise AssertionError("the login did not lead to the LMS")


def launch(world: World, browser: FlaskClient, sample: Sample, client_id: str = "") -> TestResponse:
    """A whole launch; the answer to the POST of the id_token."""
    auth = begin(world, browser, sample, client_id)
    now = int(world.runtime.clock.now().timestamp())
    claims = world.lms.claims_for(
        "member1", "link-a", nonce=auth.nonce, iss=sample.issuer, aud=client_id or sample.client_id, iat=now,
        exp=now + sample.lifetime, deployment_id=sample.deployment_id,
        **({"azp": None} | dict(sample.claims) | ({"azp": client_id} if client_id else {})),
    )  # fmt: skip
    return world.post(browser, auth.state, world.lms.sign(claims), **sample.launch)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_launch_as_the_lms_sends_it(world: World, browser: FlaskClient, sample: Sample) -> None:
    """OL-02, OL-03, TK-11, TK-14, RO-08, RO-18, ID-03, ID-04, CT-09, CP-01: nothing that a real LMS sends is too much."""
    add(world, sample)
    auth = begin(world, world.browser(), sample)
    assert auth.parameters.get("lti_message_hint") == sample.login.get("lti_message_hint")
    answer = launch(world, browser, sample)
    assert answer.status_code == 303, world.reasons()
    page = browser.get(answer.headers["Location"], base_url=ORIGIN)
    assert page.status_code == 200
    with world.runtime.database.reading() as session:
        row = session.execute(
            select(Member.sub, Member.name, Enrolment.role, Context.context_key)
            .join(Enrolment, Enrolment.member_id == Member.id)
            .join(Context, Context.id == Enrolment.context_id)
        ).one()
    assert (row.sub, row.role) == (sample.claims["sub"], sample.role)
    assert row.name.startswith(sample.person)
    assert row.context_key == f"c:{sample.claims['context']['id']}"


def test_two_schools_of_canvas_on_one_issuer_are_two_tenants(world: World) -> None:
    """OL-09, ID-06: the client id tells the schools apart; one `sub` in both is two people."""
    add(world, CANVAS, tenant="First")
    add(world, CANVAS, tenant="Second", client_id="170000000000777")
    for client_id in ("", "170000000000777"):
        assert launch(world, world.browser(), CANVAS, client_id).status_code == 303
    with world.runtime.database.reading() as session:
        schools = session.scalars(
            select(Tenant.name)
            .join(Deployment, Deployment.tenant_id == Tenant.id)
            .join(Registration, Registration.id == Deployment.registration_id)
            .where(Registration.issuer == CANVAS.issuer)
        ).all()
        people = session.scalars(select(Member.sub)).all()
    assert sorted(schools) == ["First", "Second"]
    assert people == [CANVAS.claims["sub"]] * 2


def test_canvas_without_client_id_is_asked_for_it_when_two_schools_share_the_issuer(world: World) -> None:
    """OL-10: the deployment is the same in both, so nothing decides."""
    add(world, CANVAS, tenant="First")
    add(world, CANVAS, tenant="Second", client_id="170000000000777")
    asked = {"iss": CANVAS.issuer, "target_link_uri": f"{ORIGIN}/lti/launch", "login_hint": "7",
             "lti_deployment_id": CANVAS.deployment_id}  # fmt: skip
    world.refused(world.browser().post("/lti/login", data=asked, base_url=ORIGIN), 400, "client_needed")


@pytest.mark.parametrize(
    "error",
    ["login_required", "unauthorized_client", "invalid_request_object", "launch_no_longer_valid", "access_denied"],
)
def test_SN_11_error_of_the_lms_is_a_page_that_says_what_to_do(world: World, browser: FlaskClient, error: str) -> None:
    add(world, CANVAS)
    auth = begin(world, browser, CANVAS)
    form = {"state": auth.state, "error": error, "error_description": "<b>x</b>"}
    answer = browser.post("/lti/launch", data=form, base_url=ORIGIN)
    assert answer.status_code == 403
    assert "<b>x</b>" not in answer.get_data(as_text=True)


def test_OL_13_school_of_brightspace_is_not_another_school(world: World, browser: FlaskClient) -> None:
    add(world, BRIGHTSPACE)
    asked = {"iss": "https://other.brightspace.com", "target_link_uri": f"{ORIGIN}/lti/launch", "login_hint": "7"}
    world.refused(browser.post("/lti/login", data=asked, base_url=ORIGIN), 403, "unknown_issuer")


@pytest.mark.parametrize(
    ("lms", "status", "body", "answer"),
    [
        ("Canvas: the same score again", 400, '{"errors": "Score timestamp is older"}', Answer.newer),
        ("Canvas: a teacher", 422, '{"errors": "User not found in course or is not a student"}', Answer.not_graded),
        ("Canvas: attempts", 422, "maximum number of allowed attempts has been reached", Answer.used_up),
        ("Canvas: over", 403, "This course has concluded", Answer.closed),
        ("Canvas: not published", 403, "Course not available for student", Answer.closed),
        ("Open edX: older", 400, '{"timestamp": ["Score was not updated, timestamp is older"]}', Answer.newer),
        ("Open edX: stored", 201, "", Answer.accepted),
        ("Open edX: token ended", 403, '{"detail": "Invalid token"}', Answer.forbidden),
        ("Blackboard: left", 400, "User could not be found: 561ac476", Answer.not_graded),
        ("Brightspace: left", 403, "User in requested score is not enrolled in the org unit", Answer.not_graded),
        ("Brightspace: unknown", 404, "User in requested score does not exist", Answer.not_graded),
        ("Brightspace: column deleted", 404, "Line item does not exist", Answer.gone),
        ("Moodle: teacher", 400, 'Incorrect score received{"timestamp":"2026-11-20T02:00:00.000Z"}', Answer.not_graded),
        ("Moodle: stored", 200, "", Answer.accepted),
        ("lti1p3platform: older", 409, "", Answer.newer),
    ],
)  # fmt: skip
def test_AG_26_answer_to_a_score_as_the_lms_gives_it(lms: str, status: int, body: str, answer: Answer) -> None:
    """Wording: each LMS's own code, and hypothesis/lms's service for LTI 1.3 grades, which met them all."""
    assert read_answer(status, "text/html", body.encode()) is answer, lms
    assert read_answer(status, "application/json", body.encode()) is answer
