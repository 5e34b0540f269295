"""Who has come: subs, names and pictures as LMSs send them (case list 2.5; ID-01, 03 to 05, 08 and 09 stand with the launches)."""

from decimal import Decimal
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from lti_tool.identity.models import Enrolment, Member
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.ledger import services
from lti_tool.ledger.models import Result
from lti_tool.ledger.rules import Outcome
from tests.lti.world import ORIGIN, World

DEEP_LINKING = "LtiDeepLinkingRequest"
SETTINGS = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"


def subs(world: World) -> list[str]:
    with world.runtime.database.reading() as session:
        return list(session.scalars(select(Member.sub).order_by(Member.id)))


def test_ID_02_deep_linking_without_sub_is_refused(world: World, browser: FlaskClient) -> None:
    # Stricter than the specification: who chooses content is written down, so we have to know who it is (decision 9).
    settings: dict[str, Any] = {
        "deep_link_return_url": f"{world.lms.base_url}/back", "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
    }  # fmt: skip
    changed: dict[str, Any] = {SETTINGS: settings}
    answer = world.forge(browser, person="teacher", sub=None, message_type=DEEP_LINKING, **changed)
    world.refused(answer, 403, "anonymous")
    assert subs(world) == []


def test_ID_06_same_sub_under_two_deployments_is_one_person(world: World, browser: FlaskClient) -> None:
    registered(world, "dangke-test", ("1", "2"))
    for deployment in ("1", "2"):
        assert world.forge(world.browser(), sub="person", deployment_id=deployment).status_code == 303
    assert subs(world) == ["person"]


def test_ID_05_and_06_same_sub_and_email_under_two_client_ids_is_two_persons(world: World) -> None:
    """Launched, each by its own registration of the same issuer: neither sees what the other has."""
    registered(world, "another-client", ("1",))
    activity = world.bound()
    first, second = world.browser(), world.browser()
    same: dict[str, Any] = {"sub": "person", "email": "same@example.org"}
    assert world.forge(first, **same).status_code == 303
    auth = world.begin(second, client_id="another-client")
    claims = world.claims(auth.nonce, aud="another-client", azp="another-client", **same)
    landed = world.post(second, auth.state, world.lms.sign(claims))
    assert landed.status_code == 303
    with world.runtime.database.reading() as session:
        rows = session.execute(select(Member.registration_id, Member.sub).where(Member.sub == "person")).all()
    assert len({row.registration_id for row in rows}) == len(rows) == 2
    assert first.get(f"/probe/{activity.id}", base_url=ORIGIN).get_json()["role"] == "member"
    assert second.get(f"/probe/{activity.id}", base_url=ORIGIN).status_code == 404
    assert "/lti/waiting/" in landed.headers["Location"]


def registered(world: World, client_id: str, deployments: tuple[str, ...]) -> None:
    base = world.lms.base_url
    with world.runtime.database.writing() as session:
        form = RegistrationForm(
            issuer=base, client_id=client_id, auth_url=f"{base}/auth", token_url=f"{base}/token",
            jwks_url=f"{base}/jwks", deployment_ids=deployments, tenant="School",
        )  # fmt: skip
        register(session, form, world.runtime.clock.now())


def test_ID_07_subs_are_kept_exactly(world: World, browser: FlaskClient) -> None:
    odd = ["x" * 255, " a b ", "😀", "Person", "person", "PERSON", "é", "e\u0301", "a,b;c", "'; DROP TABLE member; --"]
    for sub in odd:
        assert world.forge(world.browser(), sub=sub).status_code == 303, sub
    assert subs(world) == odd
    for sub in odd[3:6]:
        world.forge(world.browser(), sub=sub)
    assert subs(world) == odd
    world.refused(world.forge(world.browser(), sub="x" * 256), 400, "sub")


@pytest.mark.parametrize(
    "picture", ["http://tracker.example/p.gif", "javascript:alert(1)", "data:image/png;base64,AAAA", 5]
)
def test_ID_10_picture_is_not_loaded(world: World, browser: FlaskClient, picture: Any) -> None:
    answer = world.forge(browser, picture=picture, user_image=picture)
    for address in (answer.headers["Location"], "/privacy"):
        page = browser.get(address, base_url=ORIGIN)
        assert page.status_code == 200
        assert str(picture) not in page.text or picture == 5
        assert "img-src 'self'" in page.headers["Content-Security-Policy"]
    with world.runtime.database.reading() as session:
        row = session.execute(select(*Member.__table__.c)).one()
    assert str(picture) not in {str(value) for value in row if isinstance(value, str)}


def test_ID_11_who_was_removed_and_comes_back_finds_what_they_reached(world: World, browser: FlaskClient) -> None:
    activity = world.bound()
    world.launch(browser)
    with world.runtime.database.writing() as session:
        member = session.scalars(select(Member.id).where(Member.sub == "member1")).one()
        services.record(
            session, activity_id=activity.id, member_id=member, verb="completed", source="probe:1",
            outcome=Outcome(Decimal(1), Decimal(8), completed=True), now=world.runtime.clock.now(),
        )  # fmt: skip
        session.execute(update(Enrolment).where(Enrolment.member_id == member).values(is_active=False))
    again = world.browser()
    page = again.get(world.launch(again).headers["Location"], base_url=ORIGIN).get_json()
    assert page["member"] == member
    with world.runtime.database.reading() as session:
        assert session.scalars(select(Enrolment.is_active).where(Enrolment.member_id == member)).one() is True
        assert session.scalars(select(Result.score)).one() == 8
