"""A demo LMS on a port of its own, registered at the tool; a driver; a probe kind that says who is there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Blueprint, Flask, jsonify
from flask.testing import FlaskClient

from lti_tool.core.clock import FakeClock
from lti_tool.core.web import Runtime, runtime
from lti_tool.identity.actor import Can
from lti_tool.launch.registrations import RegistrationForm, register
from lti_tool.ledger.access import open_activity
from lti_tool.ledger.kinds import Kind
from tests import tool_key
from tests.lms_client import LmsDriver
from tests.lms_server import running_lms
from tests.lti.world import CLIENT_ID, World, tool_config


@pytest.fixture
def more_routes() -> Callable[[Flask], None]:
    """The probe's."""
    return add_probe


def add_probe(app: Flask) -> None:
    """Pages of an activity that are JSON: role, name, right to author."""
    blueprint = Blueprint("probe", __name__)

    @blueprint.get("/probe/<int:activity_id>")
    def show(activity_id: int) -> Any:
        with runtime().database.reading() as session:
            actor, activity = open_activity(session, activity_id)
        return jsonify(
            role=actor.role.value,
            name=actor.name,
            title=activity.title,
            may_author=actor.can(Can.author),
            member=actor.member_id,
            gradable=actor.gradable,
        )

    @blueprint.post("/probe/<int:activity_id>")
    def save(activity_id: int) -> Any:
        with runtime().database.reading() as session:
            actor, _ = open_activity(session, activity_id, Can.author)
        return jsonify(role=actor.role.value)

    @blueprint.get("/probe/new/<int:choice>")
    def create(choice: int) -> Any:
        return jsonify(choice=choice)

    app.register_blueprint(blueprint)


@pytest.fixture
def probe(app: Flask) -> None:
    """A kind of activity whose pages are the probe's."""
    found: Runtime = app.extensions["dangke"]
    found.kinds["probe"] = Kind(
        name="probe",
        label="Probe",
        icon="lesson",
        criteria=lambda code, target: f"{code} {target}",
        show="probe.show",
        create="probe.create",
        review="probe.show",
    )


@pytest.fixture
def lms(tmp_path: Path, clock: FakeClock) -> Iterator[LmsDriver]:
    """The demo LMS, on the clock of the test."""
    with running_lms(tmp_path / "lms", tool_config(), clock=clock) as driver:
        yield driver


@pytest.fixture
def world(app: Flask, lms: LmsDriver, probe: None) -> World:
    """The tool with this LMS registered and our key made."""
    found: Runtime = app.extensions["dangke"]
    tool_key.install(found)
    with found.database.writing() as session:
        register(
            session,
            RegistrationForm(
                issuer=lms.base_url,
                client_id=CLIENT_ID,
                auth_url=f"{lms.base_url}/auth",
                token_url=f"{lms.base_url}/token",
                jwks_url=f"{lms.base_url}/jwks",
                deployment_ids=("1",),
                tenant="School",
                family="dangke-demo",
            ),
            found.clock.now(),
        )
    return World(app, lms)


@pytest.fixture
def browser(app: Flask) -> FlaskClient:
    """A browser that has never been here."""
    return app.test_client()
