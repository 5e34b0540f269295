"""The demo LMS in this process, by the book and as Moodle, and its first course as launches would have brought it in."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from lti_tool.core.clock import FakeClock
from lti_tool.core.http import Headers, Http, Response, TimedOut
from lti_tool.core.web import Runtime
from lti_tool.demo import lms_of, seed
from lti_tool.identity.models import Member, Registration
from lti_tool.ledger.models import Activity, LineItem, LineItemState, Placement
from lti_tool.lms import tool_keys
from lti_tool.lms.connector import Connector
from lti_tool.lms.tokens import Tokens
from lti_tool.passback.drain import Drain
from tests import tool_key
from tests.demo.conftest import ISSUER, TOKEN_URL, TOOL, tool_config
from tests.lms_client import ENDPOINT_CLAIM, LmsDriver
from tests.lms_server import make_lms
from tests.school import School


class WsgiHttp(Http):
    """The outbound HTTP class, led into the demo LMS in this process."""

    def __init__(self, lms: LmsDriver) -> None:
        self._lms = lms

    def request(
        self, method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Response:
        try:
            reply = self._lms.browser(None).request(method, url, body=body, headers=headers)
        except ConnectionResetError as error:
            raise TimedOut("localhost") from error
        return Response(reply.status, Headers(reply.headers.items()), reply.text.encode(), url)

    def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> Response:
        return self.request("POST", url, body, headers)


@pytest.fixture
def lms(tmp_path: Path, clock: FakeClock, runtime: Runtime) -> Iterator[LmsDriver]:
    tool_key.install(runtime)

    def published(url: str) -> bytes:
        assert url == f"{TOOL}/lti/jwks"
        with runtime.database.reading_core() as connection:
            return json.dumps(tool_keys.public_jwks(connection)).encode()

    app = make_lms(tmp_path / "lms", issuer=ISSUER, clock=clock, fetch=published)
    seed(lms_of(app), tool_config())
    yield LmsDriver.over_wsgi(app)
    lms_of(app).store.close()


@pytest.fixture(params=["plain", "moodle"])
def kind(request: pytest.FixtureRequest, lms: LmsDriver) -> str:
    """Each test runs against an LMS by the book and against one that does what Moodle does."""
    lms.profile(request.param)
    return str(request.param)


@pytest.fixture
def connector(runtime: Runtime, clock: FakeClock, lms: LmsDriver) -> Connector:
    http = WsgiHttp(lms)
    return Connector(http, Tokens(runtime.database, runtime.keys, http, clock), clock)


@pytest.fixture
def drain(runtime: Runtime, clock: FakeClock, connector: Connector) -> Iterator[Drain]:
    # One at a time: the LMS in this process is not asked by several threads of one test client.
    drain = Drain(runtime.database, clock, connector, concurrency=1, chance=lambda: 1.0)
    yield drain
    drain.close()


class Course:
    """The demo LMS's first course as launches would have brought it in."""

    def __init__(self, school: School, lms: LmsDriver) -> None:
        self.school, self.lms = school, lms
        with school.database.writing() as session:
            session.execute(
                update(Registration)
                .where(Registration.id == school.registration_id)
                .values(client_id="dangke-demo", issuer=ISSUER, token_url=TOKEN_URL)
            )
            for person, sub in ((school.member, "member1"), (school.member2, "member2")):
                shown = lms.sub_of(sub)
                session.execute(update(Member).where(Member.id == person.member_id).values(sub=shown))

    def link(self, link: str = "link-quiz", maximum: int = 20) -> tuple[Activity, int]:
        """An activity behind a link, with the column that the claim names."""
        activity = self.school.activity("quiz", "小测", maximum=maximum)
        column = self.school.placement(activity, column=False, resource_link_id=link)
        self.claim(column, link)
        return activity, column

    def claim(self, column: int, link: str) -> None:
        """What a launch brings: the line item if there is one, the list, the scopes."""
        endpoint: dict[str, Any] = self.lms.claims_for("member1", link)[ENDPOINT_CLAIM]
        with self.school.database.writing() as session:
            item = session.get_one(LineItem, column)
            placement = session.get_one(Placement, item.placement_id)
            placement.lineitems_url, placement.scopes = endpoint["lineitems"], endpoint["scope"]
            if "lineitem" in endpoint:
                item.url, item.state = endpoint["lineitem"], LineItemState.ready


@pytest.fixture
def course(school: School, lms: LmsDriver, kind: str) -> Course:
    return Course(school, lms)
