"""The dry run against the demo LMS: everything well, and each thing that can be wrong named."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update
from werkzeug.serving import make_server

from lti_tool.core.clock import FakeClock
from lti_tool.core.errors import NotFound
from lti_tool.core.http import Http
from lti_tool.core.i18n.language import Language, speaking
from lti_tool.identity.models import Deployment, Registration
from lti_tool.launch.dry_run import words
from lti_tool.launch.dry_run.rules import Outcome, Step, Verdict, first_fault
from lti_tool.launch.dry_run.walk import walk
from lti_tool.lms import key_life, tool_keys
from lti_tool.lms.models import AccessToken
from tests.lms_server import QuietHandler
from tests.lti.world import ORIGIN, World, tool_config


class Doctor:
    """Walks through the one registration of a world."""

    def __init__(self, world: World, clock: FakeClock) -> None:
        self.world, self.clock = world, clock
        self.http = Http(lenient=True)

    def walk(self) -> dict[str, Verdict]:
        runtime = self.world.runtime
        with runtime.database.reading() as session:
            registration_id = session.scalars(select(Registration.id)).first()
        assert registration_id is not None
        verdicts = walk(
            runtime.database, self.http, runtime.keys, registration_id=registration_id, public_url=ORIGIN,
            now=self.clock.now(),
        )  # fmt: skip
        return {verdict.step.value: verdict for verdict in verdicts}

    def codes(self) -> dict[str, str]:
        return {step: verdict.code for step, verdict in self.walk().items()}

    def change(self, **values: Any) -> None:
        with self.world.runtime.database.writing() as session:
            session.execute(update(Registration).values(**values))


@pytest.fixture
def doctor(world: World, clock: FakeClock) -> Iterator[Doctor]:
    """The LMS fetches our key set from a server of the application."""
    server = make_server("127.0.0.1", 0, world.app, threaded=True, request_handler=QuietHandler)
    serving = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    serving.start()
    world.lms.control(
        "POST", "seed", tool_config() | {"jwks_url": f"http://127.0.0.1:{server.server_port}/lti/jwks.json"}
    )
    yield Doctor(world, clock)
    server.shutdown()
    serving.join()
    server.server_close()


@pytest.mark.parametrize("launched", [False, True])
def test_all_is_well(doctor: Doctor, launched: bool) -> None:
    if launched:
        doctor.world.launch(doctor.world.browser())
    assert doctor.codes() == {
        "clock": "clock_good",
        "registration": "registered" if launched else "pending",
        "key_set": "key_set_good",
        "our_key": "key_good",
        "token": "token_good",
        "scopes": "scopes_all",
        "our_key_set": "ours_fetched",
        "redirect": "redirect_proved" if launched else "redirect_untold",
    }


def test_nothing_is_stored(doctor: Doctor) -> None:
    doctor.walk()
    with doctor.world.runtime.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(AccessToken)) == 0
        assert session.scalars(select(Registration.confirmed_at)).all() == [None]


def test_key_set_that_is_down(doctor: Doctor) -> None:
    doctor.world.lms.fault("jwks", "status", status=503)
    found = doctor.walk()
    assert (found["key_set"].code, first_fault(list(found.values()))) == ("key_set_status", found["key_set"])


def test_key_set_that_is_a_login_page(doctor: Doctor) -> None:
    doctor.world.lms.fault("jwks", "html")
    assert doctor.codes()["key_set"] == "key_set_page"


def test_token_endpoint_that_is_a_login_page(doctor: Doctor) -> None:
    doctor.world.lms.fault("token", "html")
    assert doctor.codes()["token"] == "token_page"


def test_moodle_that_may_not_fetch_our_key_set(doctor: Doctor) -> None:
    doctor.change(family="moodle")
    doctor.world.lms.fault("token", "status", status=404)
    found = doctor.walk()
    assert found["token"].code == "curl_block_list"
    assert "scopes" not in found
    assert found["our_key_set"].outcome is Outcome.hint


def test_broken_json_of_moodle_for_an_unknown_key_is_named_with_its_step_and_mend(doctor: Doctor) -> None:
    """Moodle holds a key set without our key, and puts the exception's words unquoted into its JSON."""
    doctor.world.lms.profile("moodle")
    doctor.world.lms.control("POST", "seed", tool_config() | {"jwks_url": f"{doctor.world.lms.base_url}/jwks"})
    doctor.change(family="moodle")
    found = doctor.walk()
    verdict = first_fault(list(found.values()))
    assert verdict is not None
    assert (verdict.step, verdict.code) == (Step.token, "kid_unknown_moodle")
    assert verdict.facts["said"] == '{"error" : ""kid" invalid, unable to lookup correct key"}'
    with speaking(Language.en):
        assert str(words.STEPS[verdict.step]) == "Access token"
        assert words.told(verdict) == (
            "the LMS does not find our key in the key set that it has. "
            'In Moodle edit the tool: "Public key type" must be "Keyset URL", and "Public keyset" the address that '
            "the step of our key set names."
        )
        assert f"{ORIGIN}/lti/jwks.json" in words.told(found["our_key_set"])
    assert "scopes" not in found


def test_client_id_that_the_lms_does_not_know(doctor: Doctor) -> None:
    doctor.change(client_id="somebody-else")
    found = doctor.codes()
    assert (found["token"], found["redirect"]) == ("invalid_client", "redirect_untold")


def test_audience_that_the_lms_does_not_take(doctor: Doctor) -> None:
    doctor.change(audience="https://elsewhere.example/token")
    assert doctor.codes()["token"] == "audience"


def test_clock_of_ours_that_is_fast(doctor: Doctor, clock: FakeClock) -> None:
    doctor.clock = FakeClock(clock.now() + timedelta(hours=1))
    found = doctor.codes()
    assert found["clock"] == "clock_behind"
    assert found["token"] in {"token_clock", "invalid_client"}


def test_scopes_that_are_refused_as_a_whole_are_tried_one_by_one(doctor: Doctor) -> None:
    doctor.world.lms.fault("token", "status", status=400, body='{"error": "invalid_scope"}', times=2)
    found = doctor.walk()
    assert (found["token"].code, found["scopes"].code) == ("token_good", "scopes_some")
    assert found["scopes"].facts["missing"] == "lineitem"


def test_registration_that_is_switched_off_or_has_no_deployment(doctor: Doctor) -> None:
    doctor.change(is_active=False)
    assert doctor.codes()["registration"] == "switched_off"
    doctor.change(is_active=True)
    with doctor.world.runtime.database.writing() as session:
        session.execute(update(Deployment).values(is_active=False))
    assert doctor.codes()["registration"] == "no_deployment"


def test_key_that_the_lms_keeps_by_value_is_named(doctor: Doctor, clock: FakeClock) -> None:
    runtime = doctor.world.runtime
    with runtime.database.writing() as session:
        registration_id = session.scalars(select(Registration.id)).one()
        kid = key_life.pin(session, registration_id, None, clock.now())
    found = doctor.walk()
    assert (found["our_key"].code, found["our_key"].facts["kid"]) == ("key_pinned", kid)


def test_secret_that_does_not_open_our_key(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tool_keys, "PURPOSE", "another purpose")
    found = doctor.codes()
    assert found["our_key"] == "key_locked"
    assert "token" not in found


def test_registration_that_is_not_there(doctor: Doctor) -> None:
    runtime = doctor.world.runtime
    with pytest.raises(NotFound):
        walk(
            runtime.database, doctor.http, runtime.keys, registration_id=999, public_url=ORIGIN, now=doctor.clock.now()
        )
